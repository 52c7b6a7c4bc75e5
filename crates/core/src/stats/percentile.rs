//! The interval of a percentile: order statistics, with as many samples as the run really knows.
//!
//! Of n independent samples the number below the true percentile p is Binomial(n, p), so two order
//! statistics hold it with a known probability (David & Nagaraja, "Order Statistics", 3rd ed.,
//! 7.1). Ranks are fractional, which keeps the level exact for small n: Hutson, "Calculating
//! Nonparametric Confidence Intervals for Quantiles Using Fractional Order Statistics", Journal of
//! Applied Statistics 26 (1999).
//!
//! Requests of one run are not independent. The share of samples below the percentile is a mean, so
//! batch means give its true variance, and n is divided by the factor by which that exceeds
//! p (1 - p) / n: the effective sample size of Korn & Graubard, "Confidence Intervals for
//! Proportions with Small Expected Number of Positive Counts", Survey Methodology 24 (1998), in the
//! inversion of Woodruff, "Confidence Intervals for Medians and Other Position Measures", JASA 47
//! (1952).

use crate::stats::batches::{BatchMeans, MOST};
use crate::stats::enough::fewest;
use crate::stats::special::{beta_cdf, solve};
use crate::stats::{Interval, LEVEL, Samples};

/// The interval of `percentile` (0 to 100) of `in_order`, values in the order of time; `samples`
/// are the same ones. None where they are worth fewer independent ones than the percentile needs
/// ([`crate::stats::enough`]).
pub fn interval(in_order: &[f64], samples: &Samples, percentile: f64) -> Option<Interval> {
    let p = percentile / 100.0;
    let known = in_order.len() as f64 / inflation(in_order, samples.percentile(percentile)?, p);
    if known < fewest(percentile)? as f64 {
        return None;
    }
    let (low, high) = ranks(known, p)?;
    let at = |share: f64| samples.at_rank(share * (samples.n() as f64 + 1.0));
    Interval::new(at(low)?, at(high)?)
}

/// Neighbours that differ more than chance would have it raise what the samples tell, but by no
/// more than this: a run in lockstep does not know everything.
pub(crate) const LEAST_INFLATION: f64 = 0.5;

/// By how much neighbours that are alike lower what the samples tell of the share below `value`.
fn inflation(in_order: &[f64], value: f64, p: f64) -> f64 {
    if in_order.len() < MOST {
        return 1.0;
    }
    let below: Vec<f64> = in_order.iter().map(|x| f64::from(u8::from(*x <= value))).collect();
    let Some(batches) = BatchMeans::of(&below) else { return 1.0 };
    let independent = p * (1.0 - p) / in_order.len() as f64;
    let factor = batches.standard_error().powi(2) / independent;
    factor.max(LEAST_INFLATION) * batches.t_over_z().powi(2)
}

/// The ranks of the ends, as shares of `n + 1`.
pub(crate) fn ranks(n: f64, p: f64) -> Option<(f64, f64)> {
    let tail = (1.0 - LEVEL) / 2.0;
    // P(the order statistic of that rank lies below the percentile).
    let below = |share: f64| beta_cdf(p, (n + 1.0) * share, (n + 1.0) * (1.0 - share));
    let (first, last) = (1.0 / (n + 1.0), n / (n + 1.0));
    if n < 1.0 || below(first) < 1.0 - tail || below(last) > tail {
        return None;
    }
    let rank = |level: f64| solve(first, last, |share| below(share) > level);
    Some((rank(1.0 - tail), rank(tail)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand_core::{Rng, SeedableRng};
    use rand_pcg::Pcg64;

    fn uniform(random: &mut Pcg64) -> f64 {
        (random.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    #[test]
    fn ranks_are_those_of_the_binomial() {
        // n = 10: the classical pair (2, 9) holds the median with 97.9 %, (3, 8) with 89.1 %
        // (David & Nagaraja, table 7.1); 95 % lies between.
        let (low, high) = ranks(10.0, 0.5).unwrap();
        assert!((2.0..3.0).contains(&(low * 11.0)), "{}", low * 11.0);
        assert!((8.0..9.0).contains(&(high * 11.0)), "{}", high * 11.0);
        assert_eq!(ranks(5.0, 0.5), None, "even all five hold it with 93.8 % only");
        assert_eq!(ranks(367.0, 0.99), None);
        assert!(ranks(368.0, 0.99).is_some());
    }

    #[test]
    fn what_is_said_twice_is_known_once() {
        let mut random = Pcg64::seed_from_u64(3);
        let values: Vec<f64> = (0..600).map(|_| uniform(&mut random)).collect();
        let width = |values: &[f64]| {
            let samples = values.iter().copied().collect();
            let Interval { low, high, .. } = interval(values, &samples, 90.0).unwrap();
            high - low
        };
        let repeated: Vec<f64> = values.iter().flat_map(|x| [*x; 16]).collect();
        let ratio = width(&repeated) / width(&values);
        assert!((0.75..1.5).contains(&ratio), "{ratio}: sixteen times the samples, no news");
    }
}
