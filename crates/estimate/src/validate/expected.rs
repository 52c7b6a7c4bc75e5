//! An error table as what users are told to expect.

use super::report::{Metrics, Report};
use crate::calibration::{Accuracy, ENOUGH_ROWS, ExpectedError};
use std::collections::BTreeMap;

impl Accuracy {
    /// The errors of `report`, which must come from predictions out of fold.
    pub fn of(report: &Report) -> Self {
        let cut = |parts: &BTreeMap<String, Metrics>| {
            parts.iter().map(|(key, metrics)| (key.clone(), expected(metrics))).collect()
        };
        Self {
            overall: expected(&report.metrics),
            by_gpu: cut(&report.by_gpu),
            by_engine: cut(&report.by_engine),
        }
    }

    /// The document, keys in order.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }
}

fn expected(metrics: &Metrics) -> ExpectedError {
    let all = [metrics.ttft, metrics.tpot, metrics.throughput];
    let tenth = |value: f64| (value * 10.0).round() / 10.0;
    let [ttft, tpot, throughput] =
        all.map(|m| m.filter(|m| m.n >= ENOUGH_ROWS).map(|m| tenth(m.median_ape_pct)));
    ExpectedError {
        rows: all.iter().flatten().map(|m| m.n).max().unwrap_or_default(),
        ttft_median_ape_pct: ttft,
        tpot_median_ape_pct: tpot,
        throughput_median_ape_pct: throughput,
    }
}
