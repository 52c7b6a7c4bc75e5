//! `farebox price --tariff`: what the tokens of a run cost at somebody's published price.
//!
//! The tariff is a price, not a cost: nothing is allocated and no promise is asked for.

use crate::error::CliError;
use crate::flat;
use crate::output;
use farebox_core::tariff::Tokens;
use farebox_core::{LoadCurve, LoadPoint, Tariff};
use farebox_experiment::Loaded;
use farebox_report::grid::{Cell, Column, Grid};
use farebox_report::numbers::{dollars, plain};
use farebox_report::{Format, tariff_in_words};
use serde::Serialize;

const SECONDS_PER_HOUR: f64 = 3600.0;

/// What the loads of some curves would be billed.
#[derive(Debug, Serialize)]
struct TariffSheet {
    schema: &'static str,
    tariff: Tariff,
    loads: Vec<BilledLoad>,
}

/// One load, billed.
#[derive(Debug, Serialize)]
struct BilledLoad {
    curve: String,
    /// The load in words, such as `concurrency 8`.
    load: String,
    input_tok_per_s: f64,
    /// Those found in a prefix cache, billed as such; none where nobody counted.
    cached_input_tok_per_s: Option<f64>,
    output_tok_per_s: f64,
    usd_per_hour: f64,
    /// None where no whole answer was counted.
    usd_per_request: Option<f64>,
    /// All kinds of tokens together.
    usd_per_mtok_blended: Option<f64>,
    /// What the machine cost that served this load, where it is known.
    machine_usd_per_hour: Option<f64>,
}

/// Bills what was loaded by `tariff`, beside what its machine costs.
pub(super) fn run(
    tariff: Tariff,
    loaded: &Loaded,
    machine_usd_per_hour: Option<f64>,
    format: Format,
) -> Result<(), CliError> {
    let answered = |point: &&LoadPoint| point.requests.ok > 0;
    let of_curve = |curve: &'_ LoadCurve| {
        let loads = curve.points.iter().filter(answered);
        loads.map(|point| bill(&tariff, curve, point, machine_usd_per_hour)).collect::<Vec<_>>()
    };
    let loads: Vec<BilledLoad> =
        loaded.curves.iter().flat_map(of_curve).collect::<Result<_, _>>()?;
    if loads.is_empty() {
        return Err(CliError::failed("no request of this run was answered: there is no bill"));
    }
    let sheet = TariffSheet { schema: "farebox.tariff/1", tariff, loads };
    output::data(&match format {
        Format::Json => serde_json::to_string_pretty(&sheet).map_err(CliError::failed)? + "\n",
        Format::Csv => csv(&sheet)?,
        Format::Markdown => table(&sheet).to_markdown(),
        Format::Human => table(&sheet).to_human(),
    })
}

fn bill(
    tariff: &Tariff,
    curve: &LoadCurve,
    point: &LoadPoint,
    machine_usd_per_hour: Option<f64>,
) -> Result<BilledLoad, CliError> {
    let (input, output) = (point.input_tok_per_s.get(), point.output_tok_per_s.get());
    let cached = point.cached_input_tok_per_s.map(farebox_core::TokensPerSecond::get);
    // Cached tokens are counted with the input ones, and never more than they but for rounding.
    let cached_input = cached.unwrap_or(0.0).min(input);
    let second = tariff.bill(&Tokens { input, cached_input, output }).map_err(|error| {
        CliError::usage(format_args!("--tariff: {error}, and {} has such tokens", point.offered))
    })?;
    let usd_per_s = second.total_usd();
    let per = |rate: f64| (rate > 0.0).then(|| usd_per_s / rate);
    Ok(BilledLoad {
        curve: curve.name.clone(),
        load: point.offered.to_string(),
        input_tok_per_s: input,
        cached_input_tok_per_s: cached,
        output_tok_per_s: output,
        usd_per_hour: usd_per_s * SECONDS_PER_HOUR,
        usd_per_request: per(point.requests_per_s.get()),
        usd_per_mtok_blended: per(input + output).map(|usd| usd * 1e6),
        machine_usd_per_hour,
    })
}

fn csv(sheet: &TariffSheet) -> Result<String, CliError> {
    let rows: Result<Vec<_>, _> = sheet.loads.iter().map(serde_json::to_value).collect();
    flat::table(&rows.map_err(CliError::failed)?, &["curve", "load"])
        .to_csv()
        .map_err(CliError::failed)
}

fn table(sheet: &TariffSheet) -> Grid {
    let several = sheet.loads.iter().any(|load| load.curve != sheet.loads[0].curve);
    let row = |load: &BilledLoad| {
        let usd = |amount: Option<f64>| Cell::text(amount.map(dollars));
        let name =
            if several { format!("{} {}", load.curve, load.load) } else { load.load.clone() };
        vec![
            Cell::Text(name),
            Cell::Text(plain(load.input_tok_per_s.round())),
            Cell::Text(plain(load.output_tok_per_s.round())),
            usd(load.usd_per_request),
            usd(load.usd_per_mtok_blended),
            usd(Some(load.usd_per_hour)),
            usd(load.machine_usd_per_hour),
        ]
    };
    Grid {
        columns: vec![
            Column::words("load"),
            Column::numbers("input", "tok/s"),
            Column::numbers("output", "tok/s"),
            Column::numbers("request", "$"),
            Column::numbers("blended", "$/Mtok"),
            Column::numbers("all", "$/h"),
            Column::numbers("machine", "$/h"),
        ],
        rows: sheet.loads.iter().map(row).collect(),
        footers: footers(sheet),
    }
}

fn footers(sheet: &TariffSheet) -> Vec<String> {
    vec![
        format!("At {}.", tariff_in_words(&sheet.tariff)),
        "Tokens as this run's server counted them; another model's tokenizer counts others."
            .to_owned(),
    ]
}
