//! The bill of a hosted model: per request, per hour, per month and per user.

use super::args::EstimateArgs;
use crate::cli::Global;
use crate::error::CliError;
use crate::exit::Exit;
use crate::output;
use farebox_catalog::Catalogue;
use farebox_catalog::hosted::{ApiModel, Tokens};
use farebox_report::Format;
use farebox_report::grid::{Cell, Column, Grid};
use farebox_report::numbers::dollars;
use serde_json::{Value, json};

/// Hours of a month: a year's, divided by twelve.
const HOURS_PER_MONTH: f64 = 730.0;

/// Bills `name`.
pub(super) fn run(
    name: &str,
    args: &EstimateArgs,
    catalogue: &Catalogue,
    global: Global,
) -> Result<Exit, CliError> {
    if !args.machine.gpu.is_empty() {
        return Err(CliError::usage(format_args!(
            "api:{name} runs on its owner's machines: leave out --gpu"
        )));
    }
    let hosted = catalogue.hosted().map_err(CliError::usage)?;
    let model = hosted.find(name).map_err(CliError::usage)?;
    let billed = Billed {
        isl: args.workload.isl,
        osl: args.workload.osl,
        users: args.workload.users,
        requests_per_user_hour: args.workload.requests_per_user_hour,
    };
    let document = document(model, billed)?;
    output::data(&match global.format {
        Format::Json => serde_json::to_string_pretty(&document).map_err(CliError::failed)? + "\n",
        format => {
            let grid = card(model, &document);
            match format {
                Format::Csv => grid.to_csv().map_err(CliError::failed)?,
                Format::Markdown => grid.to_markdown(),
                Format::Human | Format::Json => grid.to_human(),
            }
        }
    })?;
    Ok(Exit::Done)
}

/// What a hosted model is billed for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Billed {
    /// Input tokens of a request.
    pub(crate) isl: u32,
    /// Its output tokens.
    pub(crate) osl: u32,
    /// Users, for a bill per hour.
    pub(crate) users: Option<u32>,
    /// Requests of each per hour; one where only users are given.
    pub(crate) requests_per_user_hour: Option<f64>,
}

/// The bill as a document.
pub(crate) fn document(model: &ApiModel, billed: Billed) -> Result<Value, CliError> {
    let Billed { isl, osl, .. } = billed;
    let tokens = Tokens { input: isl.into(), cached_input: 0.0, output: osl.into() };
    let bill = model.bill(&tokens).map_err(CliError::usage)?;
    let request = bill.total_usd();
    let users = billed.users.map(f64::from);
    let per_user = users.map(|_| billed.requests_per_user_hour.unwrap_or(1.0) * request);
    let hour = users.zip(per_user).map(|(users, each)| users * each);
    Ok(json!({
        "schema": "farebox.estimate/1",
        "model": { "id": format!("api:{}", model.id), "context_length": model.context_window },
        "deployment": { "kind": "hosted", "provider": model.provider },
        "workload": { "isl": isl, "osl": osl },
        "price": {
            "usd_per_mtok_input": model.prices.input,
            "usd_per_mtok_cached_input": model.prices.cached_input,
            "usd_per_mtok_output": model.prices.output,
            "usd_per_request": request,
            "usd_per_request_input": bill.input_usd,
            "usd_per_request_output": bill.output_usd,
            "usd_per_user_hour": per_user,
            "usd_per_hour": hour,
            "usd_per_month": hour.map(|hour| hour * HOURS_PER_MONTH),
            "as_of": model.as_of.to_string(),
            "status": model.status,
            "source": model.source,
        },
        // Nobody publishes a latency that could be dated and cited.
        "prefill": Value::Null,
        "decode": Value::Null,
    }))
}

fn card(model: &ApiModel, document: &Value) -> Grid {
    let price = &document["price"];
    let line = |label: &str, field: &str| {
        let usd = price[field].as_f64()?;
        Some(vec![Cell::Text(label.to_owned()), Cell::Text(dollars(usd))])
    };
    let rows = [
        ("input, per Mtok", "usd_per_mtok_input"),
        ("output, per Mtok", "usd_per_mtok_output"),
        ("a request", "usd_per_request"),
        ("a user, per hour", "usd_per_user_hour"),
        ("all users, per hour", "usd_per_hour"),
        ("all users, per month", "usd_per_month"),
    ];
    let mut footers = vec![format!("{} as of {}, from {}.", model.id, model.as_of, model.source)];
    if let Some(on) = model.retired_on {
        footers.push(format!("Its provider retires it on {on}."));
    }
    if model.disagreements().next().is_some() {
        footers.push(format!("Other catalogues disagree: farebox catalog apis {}.", model.id));
    }
    footers.push("Latency is unknown: no dated figure exists.".to_owned());
    Grid {
        columns: vec![Column::words(&model.id), Column::numbers("price", "$")],
        rows: rows.into_iter().filter_map(|(label, field)| line(label, field)).collect(),
        footers,
    }
}
