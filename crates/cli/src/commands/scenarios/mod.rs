//! `farebox scenarios`: questions that people ask first, each computed.
//!
//! The questions and their answers are in `farebox_calculator::scenario`; here is how they are shown.

use crate::args::catalogue::CatalogueArgs;
use crate::cli::Global;
use crate::error::CliError;
use crate::exit::Exit;
use crate::output;
use clap::Args;
use farebox_calculator::scenario::{Preset, ScenarioDocument, ScenarioError, presets};
use farebox_report::Format;
use farebox_report::grid::{Cell, Column, Grid};
use farebox_report::numbers::{plain, usd};
use serde_json::Value;

/// Estimate what people ask first: a chatbot, summaries, code, retrieval, an agent, reasoning.
///
/// Every figure of a scenario can be changed with --set, and every sentence about it is computed.
#[derive(Debug, Clone, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ScenariosArgs {
    /// One scenario; all without it
    #[arg(value_name = "NAME")]
    name: Option<String>,
    /// Change a figure: gpu, tp, isl, osl, concurrency, model, precision, users ...
    #[arg(long, value_name = "KEY=VALUE", requires = "name")]
    set: Vec<String>,
    #[command(flatten)]
    catalogue: CatalogueArgs,
}

const EXAMPLES: &str = "\
Examples:
  farebox scenarios
  farebox scenarios chatbot --set gpu=l4 --set concurrency=8
  farebox scenarios reasoning --set tp=4 --format json";

/// Answers the scenarios asked for.
pub(crate) fn run(args: &ScenariosArgs, global: Global) -> Result<Exit, CliError> {
    let catalogue = args.catalogue.open()?;
    let presets = presets(args.name.as_deref(), &args.set)?;
    let answer = |preset| ScenarioDocument::of(preset, &catalogue, usd);
    let documents = presets.iter().map(answer).collect::<Result<Vec<_>, ScenarioError>>()?;
    let values = documents.iter().map(serde_json::to_value);
    let values = values.collect::<Result<Vec<Value>, _>>().map_err(CliError::failed)?;
    let told = presets.iter().zip(&values);
    output::data(&match (global.format, documents.as_slice()) {
        (Format::Json, [one]) if args.name.is_some() => output::json("farebox.scenario/1", one)?,
        (Format::Json, many) => output::json_list("farebox.scenarios/1", "scenarios", many)?,
        (Format::Csv, _) => {
            let rows = told
                .flat_map(|(preset, document)| rows(preset, document, |value| value.to_string()))
                .collect();
            Grid { columns: columns(), rows, footers: Vec::new() }
                .to_csv()
                .map_err(CliError::failed)?
        }
        (Format::Markdown, _) => told.map(|(p, d)| text(p, d, Format::Markdown)).collect(),
        (Format::Human, _) => told.map(|(p, d)| text(p, d, Format::Human)).collect(),
    })?;
    let fits = |value: &Value| value["estimate"]["memory"]["fits"] != Value::Bool(false);
    if values.iter().any(fits) {
        return Ok(Exit::Done);
    }
    Err(CliError::no("this scenario does not fit on its machine")
        .hint("--set gpu=h100, --set tp=2 or --set concurrency=8 changes it"))
}

fn columns() -> Vec<Column> {
    vec![
        Column::words("scenario"),
        Column::words("figure"),
        Column::numbers("value", ""),
        Column::words("unit"),
    ]
}

/// The figures that matter, a line each.
fn rows(preset: &Preset, document: &Value, show: fn(f64) -> String) -> Vec<Vec<Cell>> {
    let row = |(label, path, unit): (&str, &str, &str)| {
        let value = document["estimate"].pointer(path).and_then(Value::as_f64)?;
        let cells = [preset.name.clone(), label.to_owned(), show(value), unit.to_owned()];
        Some(cells.map(Cell::Text).to_vec())
    };
    FIGURES.into_iter().filter_map(row).collect()
}

/// One scenario for people: what is asked, the figures that matter, what to make of them.
fn text(preset: &Preset, document: &Value, format: Format) -> String {
    // One scenario names itself in its title.
    let unnamed = |mut row: Vec<Cell>| row.split_off(1);
    let lines = document["insights"].as_array().into_iter().flatten();
    let grid = Grid {
        columns: columns().split_off(1),
        rows: rows(preset, document, |value| plain(round(value)))
            .into_iter()
            .map(unnamed)
            .collect(),
        footers: lines.filter_map(|line| line.as_str().map(str::to_owned)).collect(),
    };
    let (name, title, asked) = (&preset.name, &preset.title, preset.asked());
    match format {
        Format::Markdown => format!("### {name}: {title}\n\n{asked}\n\n{}\n", grid.to_markdown()),
        _ => format!("{name}: {title}\n{asked}\n\n{}\n", grid.to_human()),
    }
}

/// What a person looks at: label, where it stands in the document, unit.
const FIGURES: [(&str, &str, &str); 10] = [
    ("requests at most", "/memory/max_concurrency", "in flight"),
    ("time to first token", "/prefill/ttft_ms", "ms"),
    ("time per output token", "/decode/tpot_ms", "ms"),
    ("whole answer", "/system/e2e_ms", "ms"),
    ("throughput", "/system/output_tok_per_s", "output tok/s"),
    ("input", "/price/usd_per_mtok_input", "$/Mtok"),
    ("output", "/price/usd_per_mtok_output", "$/Mtok"),
    ("a request", "/price/usd_per_request", "$"),
    ("all users", "/price/usd_per_hour", "$/h"),
    ("all users", "/price/usd_per_month", "$/month"),
];

/// Four significant figures.
fn round(value: f64) -> f64 {
    if value == 0.0 {
        return 0.0;
    }
    let scale = 10_f64.powi(3 - value.abs().log10().floor() as i32);
    (value * scale).round() / scale
}
