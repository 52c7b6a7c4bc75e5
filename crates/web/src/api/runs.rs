//! `/api/v1/runs` and `/api/v1/compare`: what was measured, in the documents of the command line.

use super::pretty;
use crate::app::App;
use crate::error::WebError;
use crate::runs::{
    Form, Gathered, RunSummary, RunsAsked, decoded, gather, link, progress, summaries, summary,
    text,
};
use farebox_core::compare::{CompareError, MIN_EFFECT, compare};
use farebox_core::curve::{Load, RequestCounts};
use farebox_core::recording::Span;
use farebox_core::telemetry::Scope;
use farebox_core::verdict::Reason;
use farebox_core::{LoadCurve, RunInstant, Signal};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;

/// What changes a price.
pub(super) const PRICED_BY: [&str; 3] = ["price_per_hour", "utilisation", "slo"];
/// What names runs to compare.
pub(super) const COMPARED: [&str; 1] = ["run"];

/// The schema tag of a run's telemetry.
const TELEMETRY_SCHEMA: &str = "farebox.telemetry/1";

/// A run, and where more of it is.
#[derive(Debug, Serialize)]
struct RunDocument<'a> {
    #[serde(flatten)]
    summary: RunSummary,
    /// How far it is, in words; none unless it is under way.
    progress: Option<String>,
    /// Requests that ended well so far, ramp and drain included.
    requests_ok: u64,
    requests_failed: u64,
    /// Its promises, in the grammar of `--slo`.
    slos: Vec<String>,
    /// What it says that its machine costs.
    usd_per_hour_total: Option<f64>,
    /// Why its verdict is what it is.
    reasons: &'a [Reason],
    links: Links,
}

/// Addresses on this server.
#[derive(Debug, Serialize)]
struct Links {
    page: String,
    curve: String,
    prices: String,
    /// None where nobody reported anything.
    telemetry: Option<String>,
    curve_csv: String,
    curve_svg: String,
    report_html: String,
    report_markdown: String,
}

/// What a serving machine reported over a run.
#[derive(Debug, Serialize)]
struct TelemetryDocument<'a> {
    schema: &'static str,
    run: &'a str,
    loads: Vec<LoadSpan>,
    series: Vec<Series<'a>>,
}

/// When a load was offered, on the clock of the run.
#[derive(Debug, Serialize)]
struct LoadSpan {
    load: Load,
    #[serde(flatten)]
    span: Span,
}

#[derive(Debug, Serialize)]
struct Series<'a> {
    metric: Signal,
    scope: &'a Scope,
    /// Pairs of a time in nanoseconds and a value, in the order of time.
    readings: &'a [(RunInstant, f64)],
}

/// Every run of the folder, the youngest first.
pub(super) async fn list(app: &App, query: &str) -> Result<String, WebError> {
    let search = super::lists::search(query)?;
    let mut runs = summaries(app).await?;
    runs.retain(|run| run.name.to_lowercase().contains(&search));
    pretty(&runs)
}

/// One run.
pub(super) async fn one(app: &App, name: &str, query: &str) -> Result<String, WebError> {
    let name = decoded(name)?;
    let asked = RunsAsked::of_program(query, &[])?.about(&name);
    let gathered = gather(app, &asked).await?;
    let mut summary = summary(app, &name).await?;
    let run = gathered.runs.first().ok_or_else(|| WebError::broken("no run was read"))?;
    // Of a run that has not judged itself yet, what its records say so far.
    let verdict = run.verdict.as_ref();
    summary.verdict = verdict.map(|verdict| verdict.verdict);
    let requests = || run.curve.points.iter().map(|point| &point.requests);
    pretty(&RunDocument {
        progress: progress(&gathered).pop(),
        requests_ok: requests().map(|requests| requests.ok).sum(),
        requests_failed: requests().map(RequestCounts::failures).sum(),
        slos: gathered.slos.iter().map(ToString::to_string).collect(),
        usd_per_hour_total: gathered.stored_usd_per_hour,
        reasons: verdict.map_or(&[], |verdict| &verdict.reasons),
        links: Links::of(&summary.name, run.recording.is_some()),
        summary,
    })
}

impl Links {
    fn of(name: &str, is_observed: bool) -> Self {
        let api = format!("/api/v1/runs/{}", utf8_percent_encode(name, NON_ALPHANUMERIC));
        let page = link(name);
        let file = |form: &str| format!("{page}?download={form}");
        Self {
            curve: format!("{api}/curve"),
            prices: format!("{api}/prices"),
            telemetry: is_observed.then(|| format!("{api}/telemetry")),
            curve_csv: file("csv"),
            curve_svg: file("svg"),
            report_html: file("html"),
            report_markdown: file("markdown"),
            page,
        }
    }
}

/// `farebox.curve/1`.
pub(super) async fn curve(app: &App, name: &str, query: &str) -> Result<String, WebError> {
    text(&of_name(app, name, query, &[]).await?, Form::CurveJson)
}

/// `farebox.price/1`, at the price, utilisation and promises asked for.
pub(super) async fn prices(app: &App, name: &str, query: &str) -> Result<String, WebError> {
    text(&of_name(app, name, query, &PRICED_BY).await?, Form::PriceJson)
}

/// What the engine and the accelerators said.
pub(super) async fn telemetry(app: &App, name: &str, query: &str) -> Result<String, WebError> {
    let gathered = of_name(app, name, query, &[]).await?;
    let run = gathered.runs.first().ok_or_else(|| WebError::broken("no run was read"))?;
    let (recording, loads) = run.recording.as_ref().ok_or_else(|| {
        let message = format!("nobody reported anything during {}", run.curve.name);
        WebError::missing("no_telemetry", message)
    })?;
    let series = recording.series();
    pretty(&TelemetryDocument {
        schema: TELEMETRY_SCHEMA,
        run: &run.curve.name,
        loads: loads.iter().map(|(load, span)| LoadSpan { load: *load, span: *span }).collect(),
        series: series
            .map(|(metric, scope, readings)| Series { metric, scope, readings })
            .collect(),
    })
}

/// `farebox.compare/1`: the first run is the baseline. Runs that were asked something else are
/// compared all the same; `differences` says in what.
pub(super) async fn compared(app: &App, query: &str) -> Result<String, WebError> {
    let asked = RunsAsked::of_program(query, &COMPARED)?;
    let hint = "run=NAME&run=NAME; /api/v1/runs lists all";
    if asked.runs.len() < 2 {
        return Err(WebError::bad("parameter", CompareError::One.to_string()).hint(hint));
    }
    let gathered = gather(app, &asked).await?;
    let curves: Vec<LoadCurve> = gathered.runs.into_iter().map(|run| run.curve).collect();
    let comparison = compare(&curves, MIN_EFFECT)
        .map_err(|error| WebError::refused("compare", error.to_string()))?;
    pretty(&comparison)
}

async fn of_name(app: &App, name: &str, query: &str, taken: &[&str]) -> Result<Gathered, WebError> {
    let name = decoded(name)?;
    gather(app, &RunsAsked::of_program(query, taken)?.about(&name)).await
}
