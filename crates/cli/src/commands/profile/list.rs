//! `farebox profile --list`: what comes with this program.

use crate::error::CliError;
use crate::exit::Exit;
use crate::output;
use farebox_report::Format;
use farebox_report::grid::{Cell, Column, Grid};
use farebox_workload::catalogue::{Entry, entries};
use serde_json::{Value, json};

/// Prints names, with what is known of each.
pub(super) fn run(format: Format) -> Result<Exit, CliError> {
    let entries = entries().map(|entry| row(&entry)).collect::<Result<Vec<_>, CliError>>()?;
    output::data(&match format {
        Format::Json => output::json_list("farebox.profiles/1", "profiles", &entries)?,
        Format::Csv => grid(&entries).to_csv().map_err(CliError::failed)?,
        Format::Markdown => grid(&entries).to_markdown(),
        Format::Human => grid(&entries).to_human(),
    })?;
    Ok(Exit::Done)
}

fn row(entry: &Entry) -> Result<Value, CliError> {
    Ok(match entry {
        Entry::Profile(embedded) => {
            let traffic = embedded.traffic().map_err(CliError::failed)?;
            json!({"name": embedded.name, "kind": "profile", "requests": traffic.requests,
                "isl_mean": traffic.isl_tokens.mean.round(),
                "osl_mean": traffic.osl_tokens.mean.round(),
                "source": traffic.about.source})
        }
        Entry::Recipe(recipe) => json!({"name": recipe.name, "kind": "recipe",
            "source": format!("{} ({}): {}", recipe.dataset, recipe.split, recipe.note)}),
    })
}

fn grid(entries: &[Value]) -> Grid {
    let number = |value: &Value| match value.as_f64() {
        Some(number) => Cell::Text(format!("{number:.0}")),
        None => Cell::Unknown,
    };
    let text = |value: &Value| Cell::Text(value.as_str().unwrap_or_default().to_owned());
    // What follows the first comma is in the JSON and in the profile itself.
    let brief = |value: &Value| {
        let whole = value.as_str().unwrap_or_default();
        Cell::Text(whole.split([',', ';']).next().unwrap_or(whole).to_owned())
    };
    let row = |entry: &Value| {
        vec![
            text(&entry["name"]),
            text(&entry["kind"]),
            number(&entry["requests"]),
            number(&entry["isl_mean"]),
            number(&entry["osl_mean"]),
            brief(&entry["source"]),
        ]
    };
    Grid {
        columns: vec![
            Column::words("name"),
            Column::words("kind"),
            Column::numbers("requests", ""),
            Column::numbers("ISL mean", "tokens"),
            Column::numbers("OSL mean", "tokens"),
            Column::words("source"),
        ],
        rows: entries.iter().map(row).collect(),
        footers: vec![
            "A recipe is fetched from the Hub and counted with --tokenizer: its lengths depend on \
             it."
            .to_owned(),
        ],
    }
}
