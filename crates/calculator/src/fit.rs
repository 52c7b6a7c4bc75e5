//! What would make a model fit: the least change of one flag each.

use crate::{EstimateDocument, Estimator, Lengths, Machine, closed};
use farebox_catalog::model::{ModelSpec, Precision};
use farebox_estimate::{Calibration, Parallelism};

/// Widths tried, narrowest first.
const WIDTHS: [u32; 5] = [2, 4, 8, 16, 32];
/// Precisions tried, widest first.
const PRECISIONS: [Precision; 3] = [Precision::Fp8, Precision::W8a16, Precision::W4a16];

/// Flags with which one request of `lengths` would fit; none where `document` fits as it is.
pub(super) fn ways(
    document: &EstimateDocument,
    machine: &Machine,
    (model, lengths): (&ModelSpec, Lengths),
    calibration: &Calibration,
) -> Vec<String> {
    if document.memory.fits {
        return Vec::new();
    }
    let fits = |other: &Machine| {
        let estimator = Estimator::new(other.setup(model), calibration).ok()?;
        let job = lengths.job(closed(1)).ok()?;
        estimator.memory(&job).fits.then_some(())
    };
    let wider = WIDTHS.into_iter().filter(|tp| *tp > machine.parallel.tp).find(|tp| {
        let parallel = Parallelism { tp: *tp, ..machine.parallel };
        fits(&Machine { parallel, ..machine.clone() }).is_some()
    });
    let narrower = PRECISIONS.into_iter().find(|precision| {
        fits(&Machine { precision: Some(*precision), ..machine.clone() }).is_some()
    });
    let flags =
        [wider.map(|tp| format!("--tp {tp}")), narrower.map(|p| format!("--precision {p}"))];
    flags.into_iter().flatten().collect()
}
