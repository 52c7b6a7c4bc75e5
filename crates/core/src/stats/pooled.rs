//! Intervals of what a request brings many of: gaps between its tokens.
//!
//! The gaps of one request are far from independent, and longer answers bring more of them. So a
//! request counts as one: its share of gaps below a value, or their sum, over how many it brings,
//! is a ratio of means whose error is that of the residuals (Cochran, "Sampling Techniques", 3rd
//! ed., 6.3), over batches of requests in the order of time. For percentiles that error is turned
//! into an effective sample size and into ranks, as for single latencies
//! ([`crate::stats::percentile`]).

use crate::stats::batches::{BatchMeans, MOST};
use crate::stats::enough::fewest;
use crate::stats::percentile::{LEAST_INFLATION, ranks};
use crate::stats::{Interval, Sketch};

/// The interval of the mean over all gaps, in nanoseconds; none of few requests.
pub(crate) fn mean(in_order: &[&Sketch]) -> Option<Interval> {
    let sums = in_order.iter().map(|part| part.n() as f64 * part.mean_ns().unwrap_or(0.0));
    let ratio = Ratio::of(&sums.collect::<Vec<_>>(), in_order)?;
    ratio.batches.interval(0.0).and_then(|half| {
        let half = half.high / ratio.each;
        Interval::new(ratio.value - half, ratio.value + half)
    })
}

/// The interval of `percentile` (0 to 100) over all gaps, in nanoseconds; `pooled` are the same
/// ones. None where they are worth fewer independent ones than the percentile needs.
pub(crate) fn percentile(
    in_order: &[&Sketch],
    pooled: &Sketch,
    percentile: f64,
) -> Option<Interval> {
    let (p, value) = (percentile / 100.0, pooled.percentile_ns(percentile)?);
    let below = in_order.iter().map(|part| part.at_most(value));
    let Ratio { each, batches, .. } = Ratio::of(&below.collect::<Vec<_>>(), in_order)?;
    let independent = p * (1.0 - p) / pooled.n() as f64;
    let factor = (batches.standard_error() / each).powi(2) / independent;
    let known = pooled.n() as f64 / (factor.max(LEAST_INFLATION) * batches.t_over_z().powi(2));
    if known < fewest(percentile)? as f64 {
        return None;
    }
    let (low, high) = ranks(known, p)?;
    let at = |share: f64| pooled.percentile_ns(share * 100.0);
    Interval::new(at(low)?, at(high)?)
}

/// Something of each request over how many gaps it brings.
struct Ratio {
    value: f64,
    /// Gaps of a request, on average.
    each: f64,
    /// Of the residuals.
    batches: BatchMeans,
}

impl Ratio {
    fn of(parts: &[f64], in_order: &[&Sketch]) -> Option<Self> {
        if in_order.len() < MOST {
            return None;
        }
        let gaps: f64 = in_order.iter().map(|part| part.n() as f64).sum();
        let value = parts.iter().sum::<f64>() / gaps;
        let residuals = parts.iter().zip(in_order).map(|(part, of)| part - value * of.n() as f64);
        let batches = BatchMeans::of(&residuals.collect::<Vec<_>>())?;
        Some(Self { value, each: gaps / in_order.len() as f64, batches })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand_core::{Rng, SeedableRng};
    use rand_pcg::Pcg64;

    /// Requests whose gaps are all alike, `each` of them: 10 to 20 ms by chance.
    fn requests(n: u64, each: u32) -> Vec<Sketch> {
        let mut random = Pcg64::seed_from_u64(5);
        let mut gap = || 10_000_000 + random.next_u64() % 10_000_000;
        (0..n).map(|_| Sketch::of([(gap(), each)])).collect()
    }

    fn width(requests: &[Sketch], p: f64) -> Option<f64> {
        let parts: Vec<&Sketch> = requests.iter().collect();
        let pooled = Sketch::merged(parts.iter().copied());
        percentile(&parts, &pooled, p).map(|interval| interval.high - interval.low)
    }

    #[test]
    fn a_thousand_gaps_of_one_request_are_one_piece_of_news() {
        let (few, many) = (requests(400, 1), requests(400, 1000));
        let (few, many) = (width(&few, 50.0).unwrap(), width(&many, 50.0).unwrap());
        assert!((0.8..1.25).contains(&(many / few)), "{many} and {few}");
        assert_eq!(width(&requests(400, 1000), 99.0), None, "400 requests cannot know p99");
        assert_eq!(width(&requests(20, 1000), 50.0), None);
    }

    #[test]
    fn the_mean_is_held_more_closely_by_more_requests() {
        let of = |n| {
            let requests = requests(n, 20);
            let parts: Vec<&Sketch> = requests.iter().collect();
            mean(&parts).unwrap()
        };
        let (few, many) = (of(100), of(6_400));
        assert!(few.holds(15e6) && many.holds(15e6), "{few:?} {many:?}");
        assert!(many.high - many.low < (few.high - few.low) / 4.0);
    }
}
