//! The intervals of a load point, by the names its figures have in files.

use crate::digest::Digest;
use crate::distribution::Distribution;
use crate::metric::{Metric, Statistic};
use crate::quantity::Milliseconds;
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

/// Intervals of the rates in a closed loop, where every slot is always busy: the rate is the number
/// of slots times what a request brings over the time it takes (Little's law turned round: Glynn &
/// Whitt, "Indirect Estimation via L = lambda W", Operations Research 37, 1989). That ratio varies
/// from request to request, in the order in which they were sent, far less than counts per slice of
/// time do when slots work in step. The error of a ratio of means is that of the residuals
/// `work - ratio x time` (Cochran, "Sampling Techniques", 3rd ed., 6.3).
///
/// A window that holds few waves and ends in the middle of one counts a part of a wave too many or
/// too few. So the interval reaches from the rate that was counted to the one that `in_flight`
/// requests make by that law; in a long window they are the same.
pub(crate) fn of_closed_loop(
    inside: &[&Digest],
    rates: &Served,
    in_flight: f64,
    into: &mut BTreeMap<String, Interval>,
) {
    let times: Vec<f64> = inside.iter().map(|r| r.end_ns.since(r.send_ns).as_secs_f64()).collect();
    let all: f64 = times.iter().sum();
    for (name, of) in RATES {
        let work: Vec<f64> = inside.iter().map(|record| of(&Served::whole(record))).collect();
        let ratio = work.iter().sum::<f64>() / all;
        let residuals: Vec<f64> = work.iter().zip(&times).map(|(w, t)| w - ratio * t).collect();
        let half = BatchMeans::of(&residuals).and_then(|batches| batches.interval(0.0));
        let (Some(half), true) = (half, ratio > 0.0) else { continue };
        let share = half.high / (ratio * all / times.len() as f64);
        let (counted, by_law) = (of(rates), in_flight * ratio);
        let low = counted.min(by_law) * (1.0 - share).max(0.0);
        let high = counted.max(by_law) * (1.0 + share);
        if let Some(interval) = Interval::new(low, high) {
            into.insert(name.to_owned(), interval);
        }
    }
}

/// The rates that have an interval.
const RATES: [RateOf; 4] = [
    ("input_tok_per_s", |served| served.input),
    ("output_tok_per_s", |served| served.output),
    ("total_tok_per_s", |served| served.input + served.output),
    ("requests_per_s", |served| served.requests),
];

/// Intervals of the rates where requests come as they like: each slice's rate is a batch.
pub(crate) fn of_slices(slices: &[Served], seconds: f64, into: &mut BTreeMap<String, Interval>) {
    let slice_s = seconds / slices.len() as f64;
    for (name, of) in RATES {
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
    ok: &[&Digest],
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
