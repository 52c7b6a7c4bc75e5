//! `farebox validate`: estimates against measurements.

use super::estimate::{calibration, read};
use crate::args::catalogue::CatalogueArgs;
use crate::cli::Global;
use crate::error::CliError;
use crate::exit::Exit;
use crate::output;
use clap::Args;
use farebox_catalog::Catalogue;
use farebox_catalog::model::ModelCatalog;
use farebox_core::deployment::Pool;
use farebox_estimate::rows::{MeasuredRow, Resolver, read_measured, rows_of_curve};
use farebox_estimate::validate::{ErrorSummary, Judgement, Metrics, Predicted, Report, judge};
use farebox_experiment::curves;
use farebox_report::Format;
use farebox_report::grid::{Cell, Column, Grid};
use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::slice;

/// Compare estimates with a table of measurements.
///
/// The embedded constants were fitted to published measurements, so on those same rows the errors
/// flatter; `farebox calibrate --cross-validate group` shows them out of fold.
#[derive(Debug, Clone, Args)]
#[command(
    after_help = "Examples:\n  farebox validate measured.csv\n  farebox validate measured.csv --calibration mine.json --format json"
)]
pub(crate) struct ValidateArgs {
    /// Measurements, one configuration per row
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Constants in the place of the embedded ones
    #[arg(long, value_name = "FILE")]
    calibration: Option<PathBuf>,
    #[command(flatten)]
    catalogue: CatalogueArgs,
}

/// Prints the error table.
pub(crate) fn run(args: &ValidateArgs, global: Global) -> Result<Exit, CliError> {
    let catalogue = args.catalogue.open()?;
    let calibration = calibration(args.calibration.as_deref())?;
    with_judgement(slice::from_ref(&args.file), None, &catalogue, |judgement| {
        let predicted: Vec<_> =
            judgement.judged.iter().map(|row| Predicted::of(row, &calibration)).collect();
        print(&Report::new(judgement, &predicted), global.format)
    })
}

/// Reads measurements and sorts out which of them count; `unnamed` is the machine of runs that do
/// not name theirs.
pub(super) fn with_judgement<T>(
    files: &[PathBuf],
    unnamed: Option<&Pool>,
    catalogue: &Catalogue,
    then: impl FnOnce(&Judgement<'_>) -> Result<T, CliError>,
) -> Result<T, CliError> {
    let mut rows = Vec::new();
    for file in files {
        rows.extend(measured(file, unnamed)?);
    }
    let accelerators = catalogue.accelerators().map_err(CliError::usage)?;
    let models = ModelCatalog::with_files(catalogue.files());
    let mut resolver = Resolver::new(accelerators, models);
    resolver.load(rows.iter().map(|row| &row.config));
    let judgement = judge(&rows, &resolver);
    if judgement.judged.is_empty() {
        let names: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
        let why =
            "no row can be judged: each needs gpu_id, tp, isl, osl, a known model and quality ok";
        let first = judgement.skipped.first();
        let first = first.map_or(String::new(), |s| format!(" (the first: {})", s.reason));
        return Err(CliError::usage(format_args!("{}: {why}{first}", names.join(", "))));
    }
    then(&judgement)
}

/// The rows of a table, or of the loads of a run.
fn measured(file: &Path, unnamed: Option<&Pool>) -> Result<Vec<MeasuredRow>, CliError> {
    let named = |error: &dyn Display| CliError::usage(format_args!("{}: {error}", file.display()));
    let is_curve = file.extension().is_some_and(|extension| extension == "json");
    if !file.is_dir() && !is_curve {
        return read_measured(&read(file)?).map_err(|error| named(&error));
    }
    let loaded = curves::load(file)?;
    Ok(loaded.curves.iter().flat_map(|curve| rows_of_curve(curve, unnamed)).collect())
}

/// Prints a report.
pub(super) fn print(report: &Report, format: Format) -> Result<Exit, CliError> {
    output::data(&match format {
        Format::Json => serde_json::to_string_pretty(report).map_err(CliError::failed)? + "\n",
        Format::Csv => grid(report).to_csv().map_err(CliError::failed)?,
        Format::Markdown => grid(report).to_markdown(),
        Format::Human => grid(report).to_human(),
    })?;
    Ok(Exit::Done)
}

fn grid(report: &Report) -> Grid {
    let mut rows = Vec::new();
    let mut part = |by: &str, name: &str, metrics: &Metrics| {
        let measured = [
            ("output throughput", &metrics.throughput),
            ("TPOT", &metrics.tpot),
            ("TTFT", &metrics.ttft),
        ];
        for (metric, summary) in measured {
            rows.extend(summary.as_ref().map(|summary| row((by, name, metric), summary)));
        }
    };
    part("all", "", &report.metrics);
    for (by, parts) in [
        ("mode", &report.by_mode),
        ("engine", &report.by_engine),
        ("gpu", &report.by_gpu),
        ("model", &report.by_model),
    ] {
        for (name, metrics) in parts {
            part(by, name, metrics);
        }
    }
    Grid {
        columns: vec![
            Column::words("by"),
            Column::words("what"),
            Column::words("metric"),
            Column::numbers("rows", ""),
            Column::numbers("median", "%"),
            Column::numbers("of groups", "%"),
            Column::numbers("mean", "%"),
            Column::numbers("p90", "%"),
            Column::numbers("bias", "%"),
        ],
        rows,
        footers: footers(report),
    }
}

fn row((by, name, metric): (&str, &str, &str), summary: &ErrorSummary) -> Vec<Cell> {
    let percent = |value: f64| Cell::Text(format!("{value:.1}"));
    vec![
        Cell::Text(by.to_owned()),
        Cell::Text(name.to_owned()),
        Cell::Text(metric.to_owned()),
        Cell::Text(summary.n.to_string()),
        percent(summary.median_ape_pct),
        percent(summary.group_median_ape_pct),
        percent(summary.mape_pct),
        percent(summary.p90_ape_pct),
        percent(summary.bias_pct),
    ]
}

fn footers(report: &Report) -> Vec<String> {
    let mut footers = vec![
        format!("{} rows judged, {:.1} % of them predicted.", report.judged, report.coverage_pct),
        "Absolute percentage errors; `of groups` counts each group once; bias is the median of \
         ln(predicted / measured)."
            .to_owned(),
    ];
    for (what, by_reason) in [("Not judged", &report.skipped), ("Refused", &report.refused)] {
        if !by_reason.is_empty() {
            let listed: Vec<String> =
                by_reason.iter().map(|(reason, n)| format!("{n} {reason}")).collect();
            footers.push(format!("{what}: {}.", listed.join(", ")));
        }
    }
    footers
}
