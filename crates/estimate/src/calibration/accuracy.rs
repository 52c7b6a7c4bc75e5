//! How wrong estimates are on groups that were not fitted.

use crate::setup::Setup;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::OnceLock;

/// Errors of the embedded calibration, out of fold.
const EMBEDDED: &str = include_str!("../../data/accuracy.json");
/// Rows below which a cut says too little about itself.
pub(crate) const ENOUGH_ROWS: u64 = 30;

/// Median absolute percentage errors, out of fold by group.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Accuracy {
    /// Over all rows.
    pub overall: ExpectedError,
    /// By accelerator.
    pub by_gpu: BTreeMap<String, ExpectedError>,
    /// By engine.
    pub by_engine: BTreeMap<String, ExpectedError>,
}

/// Median absolute percentage errors; absent where nothing was measured.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct ExpectedError {
    /// Rows behind the figures.
    pub rows: u64,
    /// Of the time to first token.
    pub ttft_median_ape_pct: Option<f64>,
    /// Of the time between tokens.
    pub tpot_median_ape_pct: Option<f64>,
    /// Of throughput.
    pub throughput_median_ape_pct: Option<f64>,
}

impl Accuracy {
    /// Of the embedded calibration.
    pub fn embedded() -> &'static Self {
        static PARSED: OnceLock<Accuracy> = OnceLock::new();
        PARSED.get_or_init(|| serde_json::from_str(EMBEDDED).unwrap_or_default())
    }

    /// The error to expect of `setup`, and what that is based on: the accelerator's own rows where
    /// there are enough, else the engine's, else all.
    pub fn expected(&self, setup: &Setup<'_>) -> (ExpectedError, String) {
        let gpu = setup.gpu.id.as_str();
        let engine = setup.engine.name();
        let enough =
            |found: Option<&ExpectedError>| found.copied().filter(|e| e.rows >= ENOUGH_ROWS);
        let (own, whose) = if let Some(own) = enough(self.by_gpu.get(gpu)) {
            (own, format!("on {gpu}"))
        } else if let Some(own) = enough(self.by_engine.get(engine)) {
            (own, format!("of {engine}, none on {gpu}"))
        } else {
            (self.overall, "in all".to_owned())
        };
        let all = self.overall;
        let merged = ExpectedError {
            rows: own.rows,
            ttft_median_ape_pct: own.ttft_median_ape_pct.or(all.ttft_median_ape_pct),
            tpot_median_ape_pct: own.tpot_median_ape_pct.or(all.tpot_median_ape_pct),
            throughput_median_ape_pct: own
                .throughput_median_ape_pct
                .or(all.throughput_median_ape_pct),
        };
        let basis = format!("groups left out of the fit, {} measured rows {whose}", own.rows);
        (merged, basis)
    }
}
