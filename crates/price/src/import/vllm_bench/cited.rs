//! Which statistic a published figure is.
//!
//! A table that says "TTFT" may hold means in one row and 99th percentiles in the next. With the
//! runs at hand its figures can be told apart: each is close to exactly one thing that they hold.

use super::run::Run;
use farebox_core::{Metric, Statistic};

/// Figures further off than this share are somebody else's.
const CLOSE: f64 = 0.002;

/// What a published figure turned out to be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cited {
    /// The statistic.
    pub statistic: Statistic,
    /// Of which run, by its place from 0; none for the mean over all runs.
    pub run: Option<usize>,
    /// How far the figure is off, as a share of the true one.
    pub off: f64,
}

/// What `published_ms` is among everything that `runs` say of `metric`: the closest, if any is
/// close.
pub fn cited(published_ms: f64, runs: &[Run], metric: Metric) -> Option<Cited> {
    let statistics = [Statistic::Mean, Statistic::Percentile(50.0), Statistic::Percentile(99.0)];
    let of_runs = statistics.into_iter().flat_map(|statistic| {
        let each = runs.iter().enumerate();
        each.filter_map(move |(at, run)| {
            Some((statistic, Some(at), run.latency(metric, statistic)?))
        })
    });
    let over_all = statistics.into_iter().filter_map(|statistic| {
        let values: Option<Vec<f64>> = runs.iter().map(|r| r.latency(metric, statistic)).collect();
        let values = values.filter(|values| !values.is_empty())?;
        Some((statistic, None, values.iter().sum::<f64>() / values.len() as f64))
    });
    of_runs
        .chain(over_all)
        .map(|(statistic, run, value)| Cited {
            statistic,
            run,
            off: (published_ms - value).abs() / value,
        })
        .filter(|cited| cited.off <= CLOSE)
        .min_by(|a, b| a.off.total_cmp(&b.off))
}
