//! The intervals of a load point, by the names its figures have in files.

use crate::distribution::Distribution;
use crate::metric::{Metric, Statistic};
use crate::quantity::Milliseconds;
use crate::record::RequestRecord;
use crate::served::Served;
use crate::slo::Slo;
use crate::stats::batches::BatchMeans;
use crate::stats::{Interval, mean, percentile};
use std::collections::{BTreeMap, BTreeSet};

/// Percentiles that have an interval whether anybody asks or not.
const ALWAYS: [f64; 4] = [50.0, 90.0, 95.0, 99.0];

/// Metrics of which a request has one. Pooled gaps have no interval: those of one request are far
/// from independent, and how many a request brings depends on its length.
const PER_REQUEST: [Metric; 6] =
    [Metric::Ttft, Metric::TtftSched, Metric::Ttfo, Metric::Tpot, Metric::E2e, Metric::E2eSched];

/// A rate's name, and what of a slice it counts.
type RateOf = (&'static str, fn(&Served) -> f64);

/// Intervals of the rates: each slice's rate is a batch.
pub(crate) fn of_rates(slices: &[Served], seconds: f64, into: &mut BTreeMap<String, Interval>) {
    let slice_s = seconds / slices.len() as f64;
    let rates: [RateOf; 4] = [
        ("input_tok_per_s", |slice| slice.input),
        ("output_tok_per_s", |slice| slice.output),
        ("total_tok_per_s", |slice| slice.input + slice.output),
        ("requests_per_s", |slice| slice.requests),
    ];
    for (name, of) in rates {
        let rates: Vec<f64> = slices.iter().map(|slice| of(slice) / slice_s).collect();
        let Some(batches) = BatchMeans::of(&rates) else { continue };
        let all = rates.iter().sum::<f64>() / rates.len() as f64;
        if let Some(interval) = batches.interval(all).filter(|_| all > 0.0) {
            let low = interval.low.max(0.0);
            into.insert(name.to_owned(), Interval { low, ..interval });
        }
    }
}

/// Intervals of the latencies of `ok`, requests in the order in which they were due: means, the
/// usual percentiles, and those that a promise bounds.
pub(crate) fn of_latencies(
    ok: &[&RequestRecord],
    slos: &[Slo],
    distribution: impl Fn(Metric) -> Option<Distribution>,
    into: &mut BTreeMap<String, Interval>,
) {
    for metric in PER_REQUEST {
        let in_order: Vec<f64> =
            ok.iter().filter_map(|r| r.latency(metric)).map(Milliseconds::get).collect();
        let Some(Distribution::Samples(samples)) = distribution(metric) else { continue };
        let name = |statistic: Statistic| format!("{metric}_ms.{statistic}");
        if let Some(interval) = mean::interval(&in_order) {
            into.insert(name(Statistic::Mean), interval);
        }
        for p in percentiles(slos) {
            if let Some(interval) = percentile::interval(&in_order, &samples, p) {
                into.insert(name(Statistic::Percentile(p)), interval);
            }
        }
    }
}

/// Rising, each once.
fn percentiles(slos: &[Slo]) -> Vec<f64> {
    let asked = slos.iter().flat_map(Slo::bounds).filter_map(|bound| match bound.statistic {
        Statistic::Percentile(p) => Some(p),
        Statistic::Mean => None,
    });
    let bits: BTreeSet<u64> = asked.chain(ALWAYS).map(f64::to_bits).collect();
    bits.into_iter().map(f64::from_bits).collect()
}
