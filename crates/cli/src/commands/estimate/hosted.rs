//! The bill of a hosted model: per request, per hour, per month and per user.

use super::args::EstimateArgs;
use super::pretty;
use crate::args::users::UsersArgs;
use crate::cli::Global;
use crate::error::CliError;
use crate::exit::Exit;
use crate::flat;
use crate::output;
use farebox_calculator::scenario::retirement;
use farebox_calculator::{Billed, HostedDocument};
use farebox_catalog::Catalogue;
use farebox_catalog::hosted::ApiModel;
use farebox_report::Format;
use farebox_report::grid::{Cell, Column, Grid};
use farebox_report::numbers::dollars;
use serde::Serialize;
use serde_json::Value;

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
    let model = hosted.find(name);
    let model =
        model.map_err(|error| CliError::usage(error).hint("`farebox catalog apis` lists all"))?;
    let bill = |billed| HostedDocument::of(model, billed).map_err(CliError::usage);
    if !args.promises.promises()?.is_empty() {
        return Err(CliError::usage(format_args!(
            "api:{name} has no machine whose load could be found: leave out --slo"
        )));
    }
    let bills = billed(args)?.into_iter().map(bill).collect::<Result<Vec<_>, _>>()?;
    let documents: Vec<Value> = bills
        .iter()
        .map(serde_json::to_value)
        .collect::<Result<_, _>>()
        .map_err(CliError::failed)?;
    output::data(&match (global.format, documents.as_slice()) {
        (Format::Json, [_]) => pretty(&bills[0])?,
        (Format::Json, _) => output::json_list("farebox.estimates/1", "estimates", &bills)?,
        (Format::Csv, many) => flat::table(many, &[]).to_csv().map_err(CliError::failed)?,
        (Format::Markdown, [one]) => card(model, one).to_markdown(),
        (Format::Markdown, many) => table(model, many).to_markdown(),
        (Format::Human, [one]) => card(model, one).to_human(),
        (Format::Human, many) => table(model, many).to_human(),
    })?;
    Ok(Exit::Done)
}

/// A bill for every pair of lengths.
fn billed(args: &EstimateArgs) -> Result<Vec<Billed>, CliError> {
    let UsersArgs { users, requests_per_user_hour } = args.workload.users;
    let bill = |lengths| Billed { lengths, users, requests_per_user_hour };
    Ok(args.workload.asked()?.into_iter().map(|asked| bill(asked.lengths)).collect())
}

/// A hosted model beside a machine of one's own.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Alternative {
    /// `api:provider/model`.
    pub(super) id: String,
    /// The same request there, in USD.
    pub(super) usd_per_request: f64,
    /// All users, where they were named.
    pub(super) usd_per_hour: Option<f64>,
    /// When the prices were read.
    pub(super) as_of: String,
}

/// What `names` ask for the first pair of lengths.
pub(super) fn alternatives(
    names: &[String],
    args: &EstimateArgs,
    catalogue: &Catalogue,
) -> Result<Vec<Alternative>, CliError> {
    let of = |name: &String| {
        let hosted = catalogue.hosted().map_err(CliError::usage)?;
        let found = hosted.find(name);
        let model = found.map_err(|error| CliError::usage(format_args!("--against: {error}")))?;
        let [billed] = billed(args)?[..] else {
            return Err(CliError::usage("--against takes one --isl and one --osl"));
        };
        let bill = HostedDocument::of(model, billed).map_err(CliError::usage)?;
        Ok(Alternative {
            id: bill.model.id,
            usd_per_request: bill.price.usd_per_request,
            usd_per_hour: bill.price.usd_per_hour,
            as_of: bill.price.as_of,
        })
    };
    names.iter().map(of).collect()
}

/// Several lengths, a row each.
fn table(model: &ApiModel, documents: &[Value]) -> Grid {
    let row = |document: &Value| {
        let number = |path: &str| document.pointer(path).and_then(Value::as_f64);
        let usd = |path: &str| Cell::text(number(path).map(dollars));
        let tokens = |path: &str| Cell::text(number(path).map(|n| format!("{n:.0}")));
        vec![
            tokens("/workload/isl"),
            tokens("/workload/osl"),
            usd("/price/usd_per_request"),
            usd("/price/usd_per_user_hour"),
            usd("/price/usd_per_hour"),
            usd("/price/usd_per_month"),
        ]
    };
    Grid {
        columns: vec![
            Column::numbers("isl", "tokens"),
            Column::numbers("osl", "tokens"),
            Column::numbers("request", "$"),
            Column::numbers("user", "$/h"),
            Column::numbers("all users", "$/h"),
            Column::numbers("all users", "$/month"),
        ],
        rows: documents.iter().map(row).collect(),
        footers: footers(model),
    }
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
    Grid {
        columns: vec![Column::words(&model.id), Column::numbers("price", "$")],
        rows: rows.into_iter().filter_map(|(label, field)| line(label, field)).collect(),
        footers: footers(model),
    }
}

fn footers(model: &ApiModel) -> Vec<String> {
    let mut footers = vec![format!("{} as of {}, from {}.", model.id, model.as_of, model.source)];
    footers.extend(retirement(model));
    if model.disagreements().next().is_some() {
        footers.push(format!("Other catalogues disagree: farebox catalog apis {}.", model.id));
    }
    footers.push("Latency is unknown: no dated figure exists.".to_owned());
    footers
}
