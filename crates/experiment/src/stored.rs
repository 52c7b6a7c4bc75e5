//! A run directory read back, whole or cut short.

use crate::records::{self, RecordsError, Written};
use crate::run_dir::{CURVE, MANIFEST, REQUESTS, RunDirError, VERDICT, read_json};
use crate::telemetry::{TELEMETRY, read_samples};
use farebox_core::curve::{CURVE_SCHEMA, LoadCurve, Source};
use farebox_core::recording::Span;
use farebox_core::reported::attach_reported;
use farebox_core::run::{RUN_SCHEMA, RunManifest, RunState};
use farebox_core::slo::Slo;
use farebox_core::verdict::Verdict;
use farebox_core::{LoadPoint, Recording};
use std::path::Path;

/// A run read back.
#[derive(Debug)]
pub struct StoredRun {
    /// Its manifest.
    pub manifest: RunManifest,
    /// Its promises.
    pub slos: Vec<Slo>,
    /// Its curve, computed anew from the records.
    pub curve: LoadCurve,
}

impl StoredRun {
    /// Reads a run directory, whole or cut short.
    pub fn open(path: &Path) -> Result<Self, RunDirError> {
        let manifest = read_manifest(path)?;
        let manifest_path = path.join(MANIFEST);
        let slos: Result<Vec<Slo>, _> = manifest.slos.iter().map(|slo| slo.parse()).collect();
        let slos = slos.map_err(|source| RunDirError::Slo { path: manifest_path, source })?;
        let requests = path.join(REQUESTS);
        let mut curve = if requests.exists() {
            let Written { tally, torn } = read_counted(&requests, &manifest)?;
            let curve = curve_of(&manifest, tally.points(&manifest.points, &slos));
            // Of a run that was complete once, something has been lost since.
            LoadCurve { complete: curve.complete && !torn, ..curve }
        } else if path.join(CURVE).exists() {
            read_json(&path.join(CURVE))?
        } else {
            // A run that has only just begun.
            curve_of(&manifest, Vec::new())
        };
        put_beside(&mut curve, &manifest, &path.join(TELEMETRY))?;
        Ok(Self { manifest, slos, curve })
    }

    /// Whether the run was cut short.
    pub fn is_partial(&self) -> bool {
        self.manifest.state != RunState::Complete
    }
}

/// The manifest of the run at `path`.
pub fn read_manifest(path: &Path) -> Result<RunManifest, RunDirError> {
    let file = path.join(MANIFEST);
    if !file.exists() {
        return Err(RunDirError::NoRun(path.to_owned()));
    }
    let manifest: RunManifest = read_json(&file)?;
    if manifest.schema == RUN_SCHEMA {
        return Ok(manifest);
    }
    Err(RunDirError::Schema { path: file, found: manifest.schema, known: RUN_SCHEMA })
}

/// The verdict of a run; none where it has not got to its own.
pub fn read_verdict(path: &Path) -> Result<Option<Verdict>, RunDirError> {
    let verdict = path.join(VERDICT);
    verdict.exists().then(|| read_json(&verdict)).transpose()
}

/// What is kept of the records that count.
pub(crate) fn read_counted(
    requests: &Path,
    manifest: &RunManifest,
) -> Result<Written, RecordsError> {
    let mut written = records::read(requests)?;
    for resumed in &manifest.resumed {
        if let Some(aside) = resumed.set_aside {
            written.tally.forget(aside);
        }
    }
    Ok(written)
}

/// Puts what the machine reported beside what was measured, if it reported anything.
fn put_beside(
    curve: &mut LoadCurve,
    manifest: &RunManifest,
    telemetry: &Path,
) -> Result<(), RunDirError> {
    let Some(report) = manifest.telemetry.as_ref().filter(|_| telemetry.exists()) else {
        return Ok(());
    };
    let samples = read_samples(telemetry).map_err(|error| RunDirError::Telemetry(error.into()))?;
    let recording: Recording = samples.into_iter().collect();
    put_recording_beside(&mut curve.points, (manifest, &report.edges), &recording);
    Ok(())
}

/// The same with what was reported at hand.
pub(crate) fn put_recording_beside(
    points: &mut [LoadPoint],
    (manifest, edges): (&RunManifest, &[Span]),
    recording: &Recording,
) {
    let (marks, edges) = (manifest.of_counted(&manifest.points), manifest.of_counted(edges));
    attach_reported(points, &marks, &edges, recording);
}

/// The curve document of a run.
pub fn curve_of(manifest: &RunManifest, points: Vec<LoadPoint>) -> LoadCurve {
    LoadCurve {
        schema: CURVE_SCHEMA.to_owned(),
        name: manifest.label.clone(),
        deployment: manifest.deployment.clone(),
        workload: manifest.workload.clone(),
        source: Source::Measured,
        complete: manifest.state == RunState::Complete,
        price: manifest.price.clone(),
        points,
    }
}
