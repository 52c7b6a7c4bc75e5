//! Everything that a path says of runs: for reports, which show more than curves.

use crate::curves::{CurveError, load};
use crate::run_dir::{RunDirError, StoredRun, VERDICT, read_json};
use crate::telemetry::{TELEMETRY, read_samples};
use farebox_core::run::Rental;
use farebox_core::verdict::Evidence;
use farebox_core::{LoadCurve, RunManifest, Slo, TelemetrySample, Verdict};
use std::path::Path;

/// A run with all that is kept of it. Of an estimate or a foreign file there is the curve alone.
#[derive(Debug)]
pub struct WholeRun {
    /// Its curve, computed anew from the records where there are any.
    pub curve: LoadCurve,
    /// How it was made.
    pub manifest: Option<RunManifest>,
    /// Its promises.
    pub slos: Vec<Slo>,
    /// What its machine costs.
    pub price: Option<Rental>,
    /// Its verdict; of a run that is under way or was killed, what its records so far say.
    pub verdict: Option<Verdict>,
    /// What the engine and the accelerators said meanwhile.
    pub telemetry: Vec<TelemetrySample>,
}

impl WholeRun {
    /// Reads a run directory, a curve document, or another tool's result file: as many as there are
    /// curves in it.
    pub fn read(path: &Path) -> Result<Vec<Self>, CurveError> {
        if path.is_dir() {
            return Ok(vec![Self::of_dir(path)?]);
        }
        let loaded = load(path)?;
        let alone = |curve| Self {
            curve,
            manifest: None,
            slos: loaded.slos.clone(),
            price: loaded.price.clone(),
            verdict: None,
            telemetry: Vec::new(),
        };
        Ok(loaded.curves.into_iter().map(alone).collect())
    }

    fn of_dir(path: &Path) -> Result<Self, RunDirError> {
        let StoredRun { manifest, slos, curve } = StoredRun::open(path)?;
        let verdict = path.join(VERDICT);
        let verdict =
            if verdict.exists() { read_json(&verdict)? } else { so_far(&manifest, &slos, &curve) };
        let telemetry = path.join(TELEMETRY);
        let samples = telemetry.exists().then(|| read_samples(&telemetry)).transpose();
        let telemetry =
            samples.map_err(|error| RunDirError::Telemetry(error.into()))?.unwrap_or_default();
        let price = manifest.price.clone();
        let (manifest, verdict) = (Some(manifest), Some(verdict));
        Ok(Self { curve, manifest, slos, price, verdict, telemetry })
    }
}

/// The verdict on a run that has not got to its own.
fn so_far(manifest: &RunManifest, slos: &[Slo], curve: &LoadCurve) -> Verdict {
    Verdict::of(&Evidence {
        points: &curve.points,
        state: manifest.state,
        slos,
        cache: manifest.cache.as_ref(),
        // Nobody knows any more; with readers who think, fewer requests in flight are no fault.
        readers_think: true,
    })
}
