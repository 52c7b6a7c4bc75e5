//! Going on with a run that was cut short: loads that are complete are kept, the one that was cut
//! short is offered again under a number of its own, and the clock goes on.
//!
//! A new number means prompts and request ids that the server has not seen; nothing of what was
//! measured before is deleted.

use crate::bench::{BenchError, BenchPlan, Course};
use crate::manifest::{rfc3339, settings_document};
use crate::run_dir::{RunDir, put_recording_beside, read_counted, read_manifest};
use crate::telemetry::{Before, TELEMETRY, read_samples};
use crate::{RunDirError, run_dir};
use farebox_core::recording::Span;
use farebox_core::run::{Resumed, RunManifest, RunState};
use farebox_core::{ClientHealth, LoadPoint, Recording, RunInstant, Tally};
use farebox_measure::RunClock;
use serde_json::Value;
use std::fs::File;
use std::path::{Path, PathBuf};

/// Why a run cannot be gone on with.
#[derive(Debug, thiserror::Error)]
pub enum ResumeError {
    /// Something else is asked for than what was measured.
    #[error("--resume: {}: {what} was {was} when the run began, and is {is} now", path.display())]
    Changed {
        /// The run directory.
        path: PathBuf,
        /// What is different.
        what: String,
        /// What the run says.
        was: String,
        /// What is asked for.
        is: String,
    },
}

/// What is there of a run that was cut short.
pub(crate) struct Past {
    manifest: RunManifest,
    /// Ours alone from now on.
    records: File,
    tally: Tally,
    recording: Recording,
    /// The last that is known of it.
    last: RunInstant,
}

/// Where a sweep stands that begins anew or goes on.
#[derive(Debug, Default)]
pub(crate) struct Standing {
    /// The points so far.
    pub(crate) points: Vec<LoadPoint>,
    /// What is kept of their requests.
    pub(crate) tally: Tally,
}

impl Past {
    /// Reads what is at the place of `plan`, and holds the plan against it.
    pub(crate) fn open(plan: &BenchPlan) -> Result<Self, BenchError> {
        let dir = RunDir::existing(&plan.out);
        let manifest = read_manifest(&plan.out)?;
        check(plan, &manifest)?;
        let records = dir.open_records()?;
        let path = plan.out.join(run_dir::REQUESTS);
        let tally = read_counted(&path, &manifest).map_err(RunDirError::from)?.tally;
        let telemetry = plan.out.join(TELEMETRY);
        let samples = if telemetry.exists() { read_samples(&telemetry) } else { Ok(Vec::new()) };
        let samples = samples.map_err(|error| RunDirError::Telemetry(error.into()))?;
        let recording: Recording = samples.into_iter().collect();
        let last = last_known(&manifest, &tally, &recording);
        Ok(Self { manifest, records, tally, recording, last })
    }

    /// The clock of the run.
    pub(crate) fn clock(&self) -> RunClock {
        RunClock::going_on(self.manifest.epoch_unix_ns, self.last)
    }

    /// The manifest from now on, `now` being what a new run would have; where the sweep stands; and
    /// what goes on being written.
    pub(crate) fn go_on(
        self,
        now: RunManifest,
        clock: RunClock,
    ) -> (RunManifest, Standing, (File, Before)) {
        let Self { mut manifest, records, mut tally, recording, last } = self;
        let set_aside = set_aside(&mut manifest, last);
        if let Some(number) = set_aside {
            tally.forget(number);
        }
        let at_ns = clock.now();
        let at = rfc3339(manifest.epoch_unix_ns + at_ns.nanos());
        manifest.resumed.push(Resumed { at, at_ns, command: now.command, set_aside });
        manifest.state = RunState::Running;
        manifest.server = now.server;
        manifest.negotiation = now.negotiation;
        manifest.cache = now.cache;
        let slos: Vec<_> = manifest.slos.iter().filter_map(|slo| slo.parse().ok()).collect();
        let mut points = tally.points(&manifest.points, &slos);
        let (edges, gaps) =
            manifest.telemetry.clone().map(|t| (t.edges, t.gaps)).unwrap_or_default();
        put_recording_beside(&mut points, (&manifest, &edges), &recording);
        (manifest, Standing { points, tally }, (records, Before { recording, gaps }))
    }

    /// Refuses a server that is another than before.
    pub(crate) fn check_server(&self, path: &Path, now: &RunManifest) -> Result<(), ResumeError> {
        let said = |manifest: &RunManifest| {
            [
                ("the model", Some(manifest.deployment.model.clone())),
                ("the engine", manifest.deployment.engine.clone()),
                ("the engine's version", manifest.server.engine_version.clone()),
            ]
        };
        said(&self.manifest).into_iter().zip(said(now)).try_for_each(|((what, was), (_, is))| {
            let [was, is] = [was, is].map(|it| it.unwrap_or_else(|| "unknown".to_owned()));
            same(path, what, (was, is))
        })
    }
}

/// Which load of a run was cut short, if any; what is kept of it is made to end at `last`.
fn set_aside(manifest: &mut RunManifest, last: RunInstant) -> Option<u32> {
    let number = manifest.counted().last()?;
    let marks = manifest.points.get_mut(number)?;
    // A run that was interrupted ended its last load before its bound.
    let was_cut = marks.stopped_ns.is_none() || manifest.state == RunState::Interrupted;
    if !was_cut {
        return None;
    }
    let to_ns = *marks.stopped_ns.get_or_insert(last.max(marks.started_ns));
    let span = Span { from_ns: marks.started_ns, to_ns };
    // Lists in the order of the points stay in step with them.
    let none = ClientHealth { busiest_thread_fraction: None, cpu_fraction: None, read_lag: None };
    manifest.health.resize(manifest.points.len(), none);
    if let Some(report) = &mut manifest.telemetry {
        report.edges.resize(manifest.points.len(), span);
    }
    u32::try_from(number).ok()
}

/// The last moment that anything is known of.
fn last_known(manifest: &RunManifest, tally: &Tally, recording: &Recording) -> RunInstant {
    let ended = tally.requests().map(|request| request.end_ns);
    let marks = manifest.points.iter().flat_map(|marks| [Some(marks.started_ns), marks.stopped_ns]);
    let resumed = manifest.resumed.iter().map(|resumed| resumed.at_ns);
    ended.chain(marks.flatten()).chain(recording.end()).chain(resumed).max().unwrap_or_default()
}

/// Whether `plan` asks for what the run at its place began with: the first difference is refused.
pub fn check(plan: &BenchPlan, manifest: &RunManifest) -> Result<(), ResumeError> {
    for (what, was, is) in asked(plan, manifest) {
        same(&plan.out, what, (words(&was), words(&is)))?;
    }
    let settings = settings_document(plan);
    for (key, flag) in SETTINGS {
        // Earlier versions kept fewer.
        if let Some(was) = manifest.settings.get(key) {
            same(&plan.out, flag, (words(was), words(&settings[key])))?;
        }
    }
    match &plan.course {
        Course::Sweep { loads, .. } => {
            let mut coming = loads.iter().cycle().map(|load| load.named());
            let been = manifest.counted().map(|number| manifest.points[number].load);
            let other = been.zip(&mut coming).find(|(was, is)| was != is);
            let named = other.map(|(was, is)| (was.to_string(), is.to_string()));
            named.map_or(Ok(()), |pair| same(&plan.out, "a load", pair))
        }
        Course::Search { .. } => Ok(()),
    }
}

/// Settings in the manifest, and what they are called on the command line.
const SETTINGS: [(&str, &str); 14] = [
    ("loads", "the list of loads"),
    ("repeat", "--repeat"),
    ("bound", "--duration or --num-requests"),
    ("max_in_flight", "the most in flight"),
    ("target_interval", "--target-interval"),
    ("warmup_requests", "--warmup"),
    ("texts", "where prompts come from"),
    ("min_osl", "--min-osl"),
    ("temperature", "--temperature"),
    ("ignore_eos", "--ignore-eos"),
    ("extra_body", "--extra-body"),
    ("events", "--events"),
    ("timeout_ms", "--timeout in ms"),
    ("stall_timeout_ms", "--stall-timeout in ms"),
];

/// What else was asked, and is: its name, and both as JSON.
fn asked(plan: &BenchPlan, manifest: &RunManifest) -> [(&'static str, Value, Value); 12] {
    let (was, is) = (&manifest.workload, &plan.asked);
    let model = plan.settings.model.as_ref().unwrap_or(&manifest.deployment.model);
    let slos: Vec<String> = plan.slos.iter().map(ToString::to_string).collect();
    let price = |rental: &Option<farebox_core::run::Rental>| {
        let of = |r: &farebox_core::run::Rental| {
            format!(
                "${} for {} GPUs, {} serving",
                r.usd_per_hour_total.get(),
                r.gpus_billed,
                r.gpus_used
            )
        };
        rental.as_ref().map(of).into()
    };
    let cache =
        |cache: &Option<farebox_core::CacheState>| cache.map(|state| state.to_string()).into();
    [
        ("--seed", manifest.seed.into(), plan.settings.seed.into()),
        (
            "--base-url",
            manifest.server.base_url.clone().into(),
            plan.target.base.to_string().into(),
        ),
        (
            "--endpoint",
            manifest.server.endpoint.clone().into(),
            plan.settings.endpoint.path.clone().into(),
        ),
        ("the model", manifest.deployment.model.clone().into(), model.clone().into()),
        ("--isl", was.isl.into(), is.isl.into()),
        ("--osl", was.osl.into(), is.osl.into()),
        ("the workload", was.lengths.clone().into(), is.lengths.clone().into()),
        ("--arrivals", was.arrivals.clone().into(), is.arrivals.clone().into()),
        ("--cache", cache(&was.cache), cache(&is.cache)),
        ("--slo", manifest.slos.clone().into(), slos.into()),
        ("the price", price(&manifest.price), price(&plan.price)),
        ("the label", manifest.label.clone().into(), plan.label.clone().into()),
    ]
}

/// A value as people read it.
fn words(value: &Value) -> String {
    match value {
        Value::Null => "not given".to_owned(),
        Value::String(text) if text.is_empty() => "empty".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(list) if list.is_empty() => "not given".to_owned(),
        Value::Array(list) => list.iter().map(words).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

fn same(path: &Path, what: &str, (was, is): (String, String)) -> Result<(), ResumeError> {
    if was == is {
        return Ok(());
    }
    Err(ResumeError::Changed { path: path.to_owned(), what: what.to_owned(), was, is })
}
