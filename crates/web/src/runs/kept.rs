//! Runs that were read, kept until their files change.

use super::asked::RunsAsked;
use super::folder::RunsFolder;
use crate::error::WebError;
use farebox_core::verdict::{Code, Severity};
use farebox_core::{RunManifest, RunState, Slo, Verdict};
use farebox_experiment::WholeRun;
use farebox_report::ReportedRun;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

/// Runs kept at once; each holds its latencies.
const MOST: usize = 8;

/// The runs read last.
#[derive(Debug, Default)]
pub(crate) struct KeptRuns {
    runs: Mutex<Vec<Kept>>,
}

#[derive(Debug)]
struct Kept {
    path: PathBuf,
    stamp: Stamp,
    run: Arc<WholeRun>,
}

/// Lengths and times of a run's files: what changes when it grows.
#[derive(Debug, PartialEq, Eq)]
struct Stamp(Vec<Option<(u64, SystemTime)>>);

impl Stamp {
    fn of(path: &Path) -> Self {
        let files = ["run.json", "requests.jsonl", "verdict.json", "telemetry.jsonl"];
        let stamp = |name: &&str| {
            let data = fs::metadata(path.join(name)).ok()?;
            Some((data.len(), data.modified().ok()?))
        };
        Self(files.iter().map(stamp).collect())
    }
}

impl KeptRuns {
    /// The run at `path`, read again where it changed.
    fn read(&self, path: &Path) -> Result<Arc<WholeRun>, WebError> {
        let stamp = Stamp::of(path);
        let known = |runs: &Vec<Kept>| {
            let kept = runs.iter().find(|kept| kept.path == path && kept.stamp == stamp)?;
            Some(Arc::clone(&kept.run))
        };
        if let Some(run) = known(&self.runs.lock().unwrap_or_else(PoisonError::into_inner)) {
            return Ok(run);
        }
        // Read without the lock: a large run must not hold up the others.
        let mut read = WholeRun::read(path)
            .map_err(|error| WebError::refused("damaged_run", error.to_string()))?;
        let run = Arc::new(read.pop().ok_or_else(|| WebError::broken("a run without a curve"))?);
        let mut runs = self.runs.lock().unwrap_or_else(PoisonError::into_inner);
        runs.retain(|kept| kept.path != path);
        runs.insert(0, Kept { path: path.to_owned(), stamp, run: Arc::clone(&run) });
        runs.truncate(MOST);
        Ok(run)
    }
}

/// Runs as they were asked for, and the promises to judge them by.
#[derive(Debug, Default)]
pub(crate) struct Gathered {
    pub(crate) runs: Vec<ReportedRun>,
    pub(crate) slos: Vec<Slo>,
    /// What the first run says that its machine costs, in dollars per hour.
    pub(crate) stored_usd_per_hour: Option<f64>,
    /// Whether some run grows.
    pub(super) live: bool,
}

impl Gathered {
    /// Reads the runs of `asked`. Blocks.
    pub(super) fn read(
        folder: &RunsFolder,
        kept: &KeptRuns,
        asked: &RunsAsked,
    ) -> Result<Self, WebError> {
        if asked.runs.is_empty() {
            return Err(WebError::bad("parameter", "no run was named").hint("/runs lists all"));
        }
        let mut gathered = Self { runs: Vec::new(), slos: asked.slos.clone(), ..Self::default() };
        for name in &asked.runs {
            let path = folder.find(name)?;
            let run = kept.read(&path)?;
            if asked.slos.is_empty() {
                let new: Vec<Slo> =
                    run.slos.iter().filter(|slo| !gathered.slos.contains(slo)).cloned().collect();
                gathered.slos.extend(new);
            }
            if gathered.runs.is_empty() {
                let rental = run.price.as_ref();
                gathered.stored_usd_per_hour = rental.map(|rental| rental.usd_per_hour_total.get());
            }
            let mut reported = reported(&run, name, asked);
            if reported.manifest.as_ref().is_some_and(|manifest| is_live(manifest, &path)) {
                gathered.live = true;
                reported.verdict = reported.verdict.map(so_far);
            }
            gathered.runs.push(reported);
        }
        Ok(gathered)
    }
}

/// A run whose files nobody has touched for so long was killed.
const SILENCE: Duration = Duration::from_mins(2);

/// Whether somebody still writes the run at `path`.
pub(super) fn is_live(manifest: &RunManifest, path: &Path) -> bool {
    let Stamp(files) = Stamp::of(path);
    let last = files.iter().flatten().map(|(_, modified)| *modified).max();
    let age = last.and_then(|last| last.elapsed().ok()).unwrap_or_default();
    manifest.state == RunState::Running && age < SILENCE
}

/// A run that is under way is not cut short yet.
fn so_far(verdict: Verdict) -> Verdict {
    let reasons = verdict.reasons.into_iter().filter(|reason| reason.code != Code::Partial);
    Verdict { verdict: Severity::Pass, reasons: Vec::new(), ..verdict }.and(reasons.collect())
}

/// A run under the name of its folder, which no other has.
fn reported(run: &WholeRun, name: &str, asked: &RunsAsked) -> ReportedRun {
    let price = asked.settings(run.price.as_ref(), &run.curve.deployment);
    let mut curve = run.curve.clone();
    name.clone_into(&mut curve.name);
    let observed = run.observed.as_ref();
    ReportedRun {
        curve,
        manifest: run.manifest.clone(),
        price,
        verdict: run.verdict.clone(),
        recording: observed.map(|observed| (observed.recording.clone(), observed.loads.clone())),
    }
}
