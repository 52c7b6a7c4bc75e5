//! `farebox bench`: a real server at rising loads.
//!
//! [`args`], [`load_args`] and [`sharing_args`] are what can be typed, [`plan`], [`asked`] and [`course`] what it
//! means; here it is done. [`template`] is the same for many servers.

mod args;
mod asked;
mod course;
mod load_args;
mod plan;
mod prompts;
mod self_test;
mod serving;
mod sharing_args;
mod template;
mod traffic;
mod users;

pub(crate) use args::{ApiArgs, BenchArgs, RequestArgs, WayArgs};
pub(crate) use load_args::LoadArgs;
pub(crate) use plan::{command_line, new_run};
pub(crate) use sharing_args::SharingArgs;
pub(crate) use template::{Template, flags, wrong_value};
pub(crate) use traffic::there as profile_there;

use crate::cli::Global;
use crate::error::CliError;
use crate::exit::Exit;
use crate::output;
use crate::progress;
use farebox_core::run::RunState;
use farebox_core::verdict::Severity;
use farebox_experiment::{BenchOutcome, BenchPlan, SearchReport, StoredRun, bench};
use farebox_measure::Cancel;
use farebox_report::numbers::{dollars, plain};
use farebox_report::{Format, render_curve};
use plan::ToDo;
use std::path::Path;

/// Measures, writes the run directory, prints the curve.
pub(crate) fn run(args: &BenchArgs, global: Global) -> Result<Exit, CliError> {
    if args.self_test {
        return self_test::run(&args.load, global);
    }
    let plan = match plan::plan(args, global)? {
        ToDo::Measure(plan) => *plan,
        ToDo::Nothing(dir) => return finished(&dir, global.format),
    };
    let (price, slos) = (plan.price.clone(), plan.slos.clone());
    let outcome = super::runtime()?.block_on(measure(plan))?;
    output::data(&render_curve(&outcome.curve, global.format).map_err(CliError::failed)?)?;
    if let Some((users, price)) = args.users.asked().zip(price)
        && outcome.total_failure().is_none()
    {
        users::conclude(users, (&outcome.curve, &slos), price, &outcome.dir)?;
    }
    conclude(&outcome, global.format, args.strict)
}

/// Shows a run that was complete before anybody asked for more of it.
fn finished(dir: &Path, format: Format) -> Result<Exit, CliError> {
    output::note(format_args!("{}: this run is complete: nothing is left to do", dir.display()));
    let run = StoredRun::open(dir)?;
    output::data(&render_curve(&run.curve, format).map_err(CliError::failed)?)?;
    Ok(Exit::Done)
}

/// Runs a plan with progress on stderr; Ctrl-C ends it cleanly with everything kept, a second
/// one at once.
pub(crate) async fn measure(plan: BenchPlan) -> Result<BenchOutcome, CliError> {
    let cancel = Cancel::default();
    let on_interrupt = cancel.clone();
    let watch = tokio::spawn(async move {
        super::interrupted().await;
        output::note("stopping: what was measured is kept; Ctrl-C again ends at once");
        on_interrupt.throw();
        super::interrupted().await;
        super::abandon();
    });
    let listener = progress::listener(&plan);
    let outcome = Box::pin(bench(plan, cancel, listener)).await;
    watch.abort();
    Ok(outcome?)
}

/// What the run was worth, on stderr and as an exit code.
fn conclude(outcome: &BenchOutcome, format: Format, strict: bool) -> Result<Exit, CliError> {
    let dir = outcome.dir.display();
    for reason in &outcome.verdict.reasons {
        let word = if reason.severity == Severity::Invalid { "INVALID" } else { "warning" };
        output::note(format_args!("{word}: {} ({})", reason.evidence, reason.hint));
    }
    if let Some(reasons) = outcome.total_failure() {
        return Err(CliError::failed(format_args!("every request failed: {reasons}"))
            .hint(format_args!("{dir}/requests.jsonl has the details of each")));
    }
    if let Some(report) = &outcome.search {
        tell_search(report);
    }
    if format == Format::Human {
        output::note(format_args!("run: {dir}   next: farebox price {dir}   farebox plot {dir}"));
    }
    if outcome.state == RunState::Interrupted {
        return Err(CliError::failed(format_args!("interrupted; what was measured is in {dir}")));
    }
    match outcome.verdict.verdict {
        Severity::Invalid => Ok(Exit::Invalid),
        Severity::Warn if strict => Ok(Exit::Invalid),
        Severity::Pass | Severity::Warn => Ok(Exit::Done),
    }
}

/// What a search found, and what it cost.
fn tell_search(report: &SearchReport) {
    for tier in &report.tiers {
        let line = match tier.load_line {
            None => "the lowest load breaks it".to_owned(),
            Some(line) if tier.beyond_range => format!("{} or more", plain(line)),
            Some(line) => plain(line),
        };
        let interval = tier.interval.map_or(String::new(), |i| {
            format!(" (95 %: {} to {})", plain(round(i.low)), plain(round(i.high)))
        });
        output::note(format_args!("load line of {}: {line}{interval}", tier.name));
    }
    let usd = report.usd.map_or(String::new(), |usd| format!(", ${}", dollars(usd)));
    output::note(format_args!(
        "found by {} loads in {:.0} machine-seconds{usd}",
        report.offered, report.machine_s
    ));
}

/// An end of an interval is not exact beyond three figures.
fn round(load: f64) -> f64 {
    if load >= 100.0 { load.round() } else { (load * 10.0).round() / 10.0 }
}
