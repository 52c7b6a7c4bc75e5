//! What came of a load each time that it was offered: whether repeating it gives the same again.

use crate::curve::Load;
use crate::digest::Digest;
use crate::metric::Metric;
use crate::quantity::Milliseconds;
use crate::served::Served;
use crate::stats::Samples;
use crate::stats::batches::{mean, variance};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The times that a load was offered, one by one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Apart {
    /// In the order in which it was offered.
    pub repeats: Vec<Repeat>,
    /// Standard deviation of each figure between them, as a share of its mean, by its name in
    /// [`Repeat`]. Drift of the server, or of the machine, shows here and in no interval.
    pub spread: BTreeMap<String, f64>,
}

/// One of them.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Repeat {
    /// Seconds of its window.
    pub window_s: f64,
    /// Whole answers in it.
    pub in_window: u64,
    /// Output tokens per second.
    pub output_tok_per_s: f64,
    /// Whole answers per second.
    pub requests_per_s: f64,
    /// Median TTFT on the clock of this kind of load, in milliseconds.
    pub ttft_ms_p50: Option<f64>,
    /// Median TPOT, in milliseconds.
    pub tpot_ms_p50: Option<f64>,
    /// Median end-to-end time on the same clock, in milliseconds.
    pub e2e_ms_p50: Option<f64>,
}

/// A figure that is compared, and its name.
type Figure = (&'static str, fn(&Repeat) -> Option<f64>);

const COMPARED: [Figure; 5] = [
    ("output_tok_per_s", |repeat| Some(repeat.output_tok_per_s)),
    ("requests_per_s", |repeat| Some(repeat.requests_per_s)),
    ("ttft_ms_p50", |repeat| repeat.ttft_ms_p50),
    ("tpot_ms_p50", |repeat| repeat.tpot_ms_p50),
    ("e2e_ms_p50", |repeat| repeat.e2e_ms_p50),
];

impl Apart {
    /// None of a load that was offered once.
    pub(crate) fn of(repeats: Vec<Repeat>) -> Option<Self> {
        let spread = |(name, of): Figure| {
            let figures: Option<Vec<f64>> = repeats.iter().map(of).collect();
            let figures = figures?;
            let share = variance(&figures).sqrt() / mean(&figures);
            share.is_finite().then(|| (name.to_owned(), share))
        };
        let spread = COMPARED.into_iter().filter_map(spread).collect();
        (repeats.len() > 1).then_some(Self { repeats, spread })
    }
}

impl Repeat {
    /// Of a window of `seconds`, its work and its whole answers.
    pub(crate) fn of(load: Load, seconds: f64, served: &Served, ok: &[&Digest]) -> Self {
        let clock = load.kind.clock();
        let median = |metric: Metric| {
            let values = ok.iter().filter_map(|r| r.latency(metric.on(clock)));
            values.map(Milliseconds::get).collect::<Samples>().percentile(50.0)
        };
        Self {
            window_s: seconds,
            in_window: ok.len() as u64,
            output_tok_per_s: served.output / seconds,
            requests_per_s: served.requests / seconds,
            ttft_ms_p50: median(Metric::Ttft),
            tpot_ms_p50: median(Metric::Tpot),
            e2e_ms_p50: median(Metric::E2e),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spread_is_the_deviation_between_repeats() {
        let repeat = |output_tok_per_s| Repeat {
            window_s: 1.0,
            in_window: 9,
            output_tok_per_s,
            requests_per_s: 4.0,
            ttft_ms_p50: Some(50.0),
            tpot_ms_p50: None,
            e2e_ms_p50: Some(90.0),
        };
        let apart = Apart::of([90.0, 100.0, 110.0].map(repeat).to_vec()).unwrap();
        assert!((apart.spread["output_tok_per_s"] - 0.1).abs() < 1e-12);
        assert!(apart.spread["ttft_ms_p50"].abs() < 1e-12);
        assert!(!apart.spread.contains_key("tpot_ms_p50"), "of what was not measured nothing");
        assert_eq!(Apart::of(vec![repeat(1.0)]), None);
    }
}
