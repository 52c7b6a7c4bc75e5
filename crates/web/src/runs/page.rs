//! What is shown of runs.

use super::asked::{RunsAsked, percent};
use super::kept::Gathered;
use super::summary::RunSummary;
use crate::app::App;
use crate::error::WebError;
use crate::reply::Reply;
use farebox_core::verdict::Severity;
use farebox_core::{RunManifest, RunState};
use farebox_report::numbers::plain;
use farebox_report::report::report_body;
use farebox_report::{ReportRequest, ReportedRun};
use minijinja::context;
use minijinja::value::Serde;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde::Serialize;
use std::sync::Arc;

/// Reads what is asked for, off the event loop.
pub(crate) async fn gather(app: &App, asked: &RunsAsked) -> Result<Gathered, WebError> {
    let (folder, kept, asked) = (app.runs.clone(), Arc::clone(&app.kept_runs), asked.clone());
    let read = move || Gathered::read(&folder, &kept, &asked);
    let read = tokio::task::spawn_blocking(read).await;
    read.map_err(|error| WebError::broken(error.to_string()))?
}

/// A run as a row of the list: its summary in words.
#[derive(Debug, Serialize)]
struct Row {
    name: String,
    link: String,
    model: String,
    machine: String,
    begun: String,
    state: &'static str,
    loads: usize,
    verdict: &'static str,
    problem: Option<String>,
}

/// `/runs`.
pub(super) async fn list(app: &App) -> Result<Reply, WebError> {
    let rows: Vec<Row> = summaries(app).await?.into_iter().map(row).collect();
    let folder = app.runs.root().display().to_string();
    let page = context! { here => "runs", rows => Serde(&rows), folder };
    Ok(Reply::html(app.templates.render("runs.html", page)?))
}

/// Every run of the folder, read off the event loop.
pub(crate) async fn summaries(app: &App) -> Result<Vec<RunSummary>, WebError> {
    let folder = app.runs.clone();
    let listed = tokio::task::spawn_blocking(move || folder.list()).await;
    listed.map_err(|error| WebError::broken(error.to_string()))
}

/// The run `name`, read off the event loop.
pub(crate) async fn summary(app: &App, name: &str) -> Result<RunSummary, WebError> {
    let (folder, name) = (app.runs.clone(), name.to_owned());
    let read = tokio::task::spawn_blocking(move || folder.summary(&name)).await;
    read.map_err(|error| WebError::broken(error.to_string()))?
}

fn row(run: RunSummary) -> Row {
    let gpus = run.pools.iter().filter_map(|pool| Some((pool.gpus, pool.gpu.as_ref()?)));
    let gpus = gpus.map(|(n, gpu)| format!("{n} x {gpu}"));
    let machine: Vec<String> = run.engine.clone().into_iter().chain(gpus).collect();
    Row {
        link: link(&run.name),
        name: run.name,
        model: run.model.unwrap_or_default(),
        machine: machine.join(", "),
        begun: run.started_at.unwrap_or_default(),
        state: run.state.words(),
        loads: run.points,
        verdict: match run.verdict {
            None => "",
            Some(Severity::Pass) => "PASS",
            Some(Severity::Warn) => "WARN",
            Some(Severity::Invalid) => "INVALID",
        },
        problem: run.problem,
    }
}

/// What is kept as it is in a path besides letters and digits; `/` parts folders.
const PATH: &AsciiSet =
    &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'%').add(b'<').add(b'>').add(b'?').add(b'`');

pub(crate) fn link(name: &str) -> String {
    format!("/runs/{}", utf8_percent_encode(name, PATH))
}

/// `/runs/NAME`.
pub(super) async fn run(app: &App, asked: &RunsAsked) -> Result<Reply, WebError> {
    let title = asked.runs.join(", ");
    show(app, asked, &title, asked.runs.first().map(|name| link(name))).await
}

/// `/compare?a=..&b=..`; with one run or none, the list to choose from.
pub(super) async fn compare(app: &App, asked: RunsAsked) -> Result<Reply, WebError> {
    if asked.runs.len() < 2 {
        return Reply::see_other("/runs");
    }
    show(app, &asked, "Side by side", None).await
}

async fn show(
    app: &App,
    asked: &RunsAsked,
    title: &str,
    files: Option<String>,
) -> Result<Reply, WebError> {
    let gathered = gather(app, asked).await?;
    let body = report_body(&ReportRequest { runs: &gathered.runs, slos: &gathered.slos });
    let body = body.map_err(|error| WebError::broken(error.to_string()))?;
    let usd = asked.usd_per_hour.or(gathered.stored_usd_per_hour);
    let page = context! {
        here => "runs",
        title,
        files,
        query => asked.query(false),
        runs => asked.runs.clone(),
        usd => usd.map(|usd| plain(usd).replace(',', "")),
        most_usd => most_usd(usd),
        utilisation => plain(percent(asked.utilisation.unwrap_or_default())),
        slos => asked.slos.iter().map(ToString::to_string).collect::<Vec<_>>(),
        live => gathered.live,
        progress => progress(&gathered),
        body,
    };
    Ok(Reply::html(app.templates.render("run.html", page)?))
}

/// Where the price's slider ends.
fn most_usd(usd: Option<f64>) -> f64 {
    usd.map_or(100.0, |usd| (usd * 4.0).max(1.0)).ceil()
}

/// The part of a page that changes when a slider moves or a run grows.
pub(super) async fn part(app: &App, asked: &RunsAsked) -> Result<Reply, WebError> {
    let gathered = gather(app, asked).await?;
    let body = report_body(&ReportRequest { runs: &gathered.runs, slos: &gathered.slos });
    let body = body.map_err(|error| WebError::broken(error.to_string()))?;
    let part = context! {
        live => gathered.live,
        progress => progress(&gathered),
        body,
    };
    Ok(Reply::html(app.templates.render("run_part.html", part)?).kept())
}

/// How far the runs under way are.
pub(crate) fn progress(gathered: &Gathered) -> Vec<String> {
    if !gathered.live {
        return Vec::new();
    }
    let said = |run: &ReportedRun| {
        let manifest = run.manifest.as_ref().filter(|m| m.state == RunState::Running)?;
        Some(format!("{}: {}", run.curve.name, so_far(manifest, run)))
    };
    gathered.runs.iter().filter_map(said).collect()
}

fn so_far(manifest: &RunManifest, run: &ReportedRun) -> String {
    let ended: u64 = run.curve.points.iter().map(|p| p.requests.ok + p.requests.failures()).sum();
    match manifest.points.last() {
        None => "about to begin".to_owned(),
        Some(marks) => {
            let doing = if marks.stopped_ns.is_none() { "under way" } else { "done" };
            let (kind, value) = (marks.load.kind.name(), plain(marks.load.value));
            let nth = manifest.counted().count();
            format!("load {nth}, {kind} {value}, {doing}; {ended} requests have ended")
        }
    }
}
