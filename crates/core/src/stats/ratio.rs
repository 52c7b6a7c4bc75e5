//! Whether one figure is larger than another by more than chance.

use crate::stats::Interval;
use crate::stats::special::{normal_cdf, normal_quantile};

/// A figure above zero with its interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// The figure.
    pub value: f64,
    /// Where it may lie.
    pub interval: Interval,
}

/// One figure over another.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ratio {
    /// The second over the first.
    pub value: f64,
    /// Where it may lie.
    pub interval: Interval,
    /// How probable so much difference is if there is none; two-sided.
    pub p: f64,
}

/// `second` over `first`, two independent figures above zero, from their intervals alone: the
/// method of variance estimates recovery on the logarithms, which keeps intervals that are longer
/// on one side (Donner & Zou, "Closed-Form Confidence Intervals for Functions of the Normal Mean
/// and Standard Deviation", Statistical Methods in Medical Research 21, 2012). Since the intervals
/// come from batch means, this is Welch's test on them where they are symmetric. None where a
/// figure or an end is not above zero.
pub fn ratio(first: Estimate, second: Estimate) -> Option<Ratio> {
    let ends = [first, second].map(|e| (e.interval.low, e.value, e.interval.high));
    if ends.iter().any(|(low, value, high)| !(*low > 0.0 && low <= value && value <= high)) {
        return None;
    }
    let [(a_low, a, a_high), (b_low, b, b_high)] = ends.map(|(l, v, h)| (l.ln(), v.ln(), h.ln()));
    let difference = b - a;
    let down = (b - b_low).hypot(a_high - a);
    let up = (b_high - b).hypot(a - a_low);
    let level = first.interval.level.min(second.interval.level);
    let z = normal_quantile(f64::midpoint(1.0, level));
    // The side that faces "no difference" decides.
    let facing = if difference > 0.0 { down } else { up } / z;
    let p = match facing {
        zero if zero <= 0.0 => f64::from(u8::from(difference == 0.0)),
        error => 2.0 * normal_cdf(-difference.abs() / error),
    };
    let interval =
        Interval { low: (difference - down).exp(), high: (difference + up).exp(), level };
    Some(Ratio { value: difference.exp(), interval, p })
}

/// The p values of one family of tests, each as it stands when all are asked at once: Holm, "A
/// Simple Sequentially Rejective Multiple Test Procedure", Scandinavian Journal of Statistics 6
/// (1979).
pub fn holm(p_values: &[f64]) -> Vec<f64> {
    let n = p_values.len();
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|a, b| p_values[*a].total_cmp(&p_values[*b]));
    let mut adjusted = vec![1.0; n];
    let mut highest = 0.0_f64;
    for (rank, index) in order.into_iter().enumerate() {
        highest = highest.max((p_values[index] * (n - rank) as f64).min(1.0));
        adjusted[index] = highest;
    }
    adjusted
}

#[cfg(test)]
mod tests {
    use super::*;

    fn estimate(low: f64, value: f64, high: f64) -> Estimate {
        Estimate { value, interval: Interval::new(low, high).unwrap() }
    }

    #[test]
    fn a_ratio_is_significant_where_its_interval_leaves_one_out() {
        let near = ratio(estimate(90.0, 100.0, 111.0), estimate(95.0, 105.0, 116.0)).unwrap();
        assert!(near.interval.holds(1.0) && near.p > 0.05, "{near:?}");
        let far = ratio(estimate(98.0, 100.0, 102.0), estimate(108.0, 110.0, 112.0)).unwrap();
        assert!(!far.interval.holds(1.0) && far.p < 1e-6, "{far:?}");
        assert!((far.value - 1.1).abs() < 1e-12);
        assert_eq!(ratio(estimate(0.0, 1.0, 2.0), estimate(1.0, 1.0, 1.0)), None);
        // An interval that just touches 1 has a p of 5 %.
        let (half, one) = (0.1_f64, estimate(1.0, 1.0, 1.0));
        let touch = ratio(one, estimate(1.0, half.exp(), (2.0 * half).exp())).unwrap();
        assert!((touch.p - 0.05).abs() < 1e-9, "{touch:?}");
    }

    #[test]
    fn holm_multiplies_the_smallest_most() {
        // Worked by hand: sorted 0.01 x 4, 0.02 x 3, 0.03 x 2, 0.5, none below an earlier one.
        let adjusted = holm(&[0.02, 0.5, 0.01, 0.03]);
        for (got, want) in adjusted.iter().zip([0.06, 0.5, 0.04, 0.06]) {
            assert!((got - want).abs() < 1e-12, "{adjusted:?}");
        }
    }
}
