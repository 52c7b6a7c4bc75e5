//! The bill of a hosted model: per request, per hour, per month and per user.

use super::args::{EstimateArgs, WorkloadArgs};
use super::pretty;
use crate::cli::Global;
use crate::error::CliError;
use crate::exit::Exit;
use crate::flat;
use crate::output;
use farebox_catalog::Catalogue;
use farebox_catalog::hosted::{ApiModel, Tokens};
use farebox_experiment::estimate::{HOURS_PER_MONTH, Lengths};
use farebox_report::Format;
use farebox_report::grid::{Cell, Column, Grid};
use farebox_report::numbers::dollars;
use serde::Serialize;
use serde_json::{Value, json};

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
    let documents = billed(args)
        .into_iter()
        .map(|billed| document(model, billed))
        .collect::<Result<Vec<_>, _>>()?;
    output::data(&match (global.format, documents.as_slice()) {
        (Format::Json, [one]) => pretty(&Tagged::of(one))?,
        (Format::Json, many) => pretty(&many.iter().map(Tagged::of).collect::<Vec<_>>())?,
        (Format::Csv, many) => flat::table(many, &[]).to_csv().map_err(CliError::failed)?,
        (Format::Markdown, [one]) => card(model, one).to_markdown(),
        (Format::Markdown, many) => table(model, many).to_markdown(),
        (Format::Human, [one]) => card(model, one).to_human(),
        (Format::Human, many) => table(model, many).to_human(),
    })?;
    Ok(Exit::Done)
}

/// A document that begins with its schema, as documents do; a map of values is sorted.
#[derive(Serialize)]
struct Tagged {
    schema: Value,
    #[serde(flatten)]
    rest: Value,
}

impl Tagged {
    fn of(document: &Value) -> Self {
        let mut rest = document.clone();
        let schema = rest.as_object_mut().and_then(|fields| fields.remove("schema"));
        Self { schema: schema.unwrap_or_default(), rest }
    }
}

/// A bill for every pair of lengths.
fn billed(args: &EstimateArgs) -> Vec<Billed> {
    let WorkloadArgs { users, requests_per_user_hour, .. } = args.workload;
    let bill = |Lengths { isl, osl }| Billed { isl, osl, users, requests_per_user_hour };
    args.workload.lengths().into_iter().map(bill).collect()
}

/// A hosted model beside a machine of one's own.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Alternative {
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
        let [billed] = billed(args)[..] else {
            return Err(CliError::usage("--against takes one --isl and one --osl"));
        };
        let document = document(model, billed)?;
        Ok(Alternative {
            id: format!("api:{}", model.id),
            usd_per_request: document["price"]["usd_per_request"].as_f64().unwrap_or_default(),
            usd_per_hour: document["price"]["usd_per_hour"].as_f64(),
            as_of: model.as_of.to_string(),
        })
    };
    names.iter().map(of).collect()
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

/// When its provider takes it off, or took it off.
pub(crate) fn retirement(model: &ApiModel) -> Option<String> {
    let today = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
    let verb = if model.is_retired(today) { "retired" } else { "retires" };
    model.retired_on.map(|on| format!("Its provider {verb} it on {on}."))
}
