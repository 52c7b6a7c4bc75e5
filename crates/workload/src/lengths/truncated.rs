//! Whole lengths between two bounds with a given mean, and otherwise as unsure as can be.
//!
//! Of all distributions on `low..=high` with mean `m`, the one of most entropy falls or rises
//! geometrically: `p(low + k)` in proportion to `e^(theta k)` (Cover & Thomas, "Elements of
//! Information Theory", theorem 12.1.1). It is what a cell of a profile still knows of the
//! lengths in it: its edges and its mean.

use crate::random::uniform;
use rand_pcg::Pcg64;

/// A geometric distribution cut to a span.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Truncated {
    /// A mean at an edge, or a span of one: nothing to be unsure of.
    Point(u32),
    /// Falling (or, mirrored, rising) over `width` lengths.
    Span { low: u32, width: f64, theta: f64 },
}

/// Where `theta` lies: beyond, a span is a point for all a token count can tell.
const STEEPEST: f64 = 60.0;

impl Truncated {
    /// The distribution on `low..=high` whose mean is `mean`, clamped between them.
    pub(crate) fn with_mean(mean: f64, low: u32, high: u32) -> Self {
        let width = f64::from(high.saturating_sub(low)) + 1.0;
        let above = mean - f64::from(low);
        if above < 1e-9 {
            return Self::Point(low);
        }
        if width - 1.0 - above < 1e-9 {
            return Self::Point(high.max(low));
        }
        let (mut falling, mut rising) = (-STEEPEST, STEEPEST);
        for _ in 0..80 {
            let middle = f64::midpoint(falling, rising);
            if mean_of(middle, width) < above {
                falling = middle;
            } else {
                rising = middle;
            }
        }
        Self::Span { low, width, theta: f64::midpoint(falling, rising) }
    }

    pub(crate) fn draw(self, random: &mut Pcg64) -> u32 {
        let (low, width, theta) = match self {
            Self::Point(length) => return length,
            Self::Span { low, width, theta } => (low, width, theta),
        };
        let u = uniform(random);
        // By inversion, on the falling side, where nothing overflows.
        let slope = -theta.abs();
        let k = if slope * width > -1e-9 {
            u * width
        } else {
            libm::log1p(u * libm::expm1(slope * width)) / slope
        };
        let k = k.floor().min(width - 1.0);
        low + (if theta > 0.0 { width - 1.0 - k } else { k }) as u32
    }
}

/// Mean of `k` over `0..width` with weights `e^(theta k)`: for `theta < 0`,
/// `1/(e^-theta - 1) - width/(e^(-theta width) - 1)`.
fn mean_of(theta: f64, width: f64) -> f64 {
    let slope = -theta.abs();
    let falling = if slope * width > -1e-5 {
        (width - 1.0) / 2.0 + slope * (width * width - 1.0) / 12.0
    } else {
        1.0 / libm::expm1(-slope) - width / libm::expm1(-slope * width)
    };
    if theta > 0.0 { width - 1.0 - falling } else { falling }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Choice, random};

    #[test]
    fn the_mean_is_the_one_asked_for() {
        for (mean, low, high) in [
            (64.5, 64, 127),
            (95.5, 64, 127),
            (80.0, 64, 127),
            (126.0, 64, 127),
            (2.25, 2, 3),
            (9_000.0, 8_192, 16_383),
            (1_100_000.0, 1_048_576, 2_097_151),
        ] {
            let distribution = Truncated::with_mean(mean, low, high);
            let Truncated::Span { width, theta, .. } = distribution else { panic!("{mean}") };
            let exact = f64::from(low) + mean_of(theta, width);
            assert!((exact - mean).abs() < 1e-6 * mean, "{exact}, not {mean}");
            let mut random = random(1, Choice::Lengths);
            let draws: Vec<u32> = (0..20_000).map(|_| distribution.draw(&mut random)).collect();
            assert!(draws.iter().all(|k| (low..=high).contains(k)), "within {low}..={high}");
            let drawn = draws.iter().map(|k| f64::from(*k)).sum::<f64>() / 20_000.0;
            // Five standard errors, the deviation at most that of a uniform distribution.
            let error = 5.0 * width / 12.0_f64.sqrt() / 20_000.0_f64.sqrt();
            assert!((drawn - mean).abs() < error, "{drawn}, not {mean}");
        }
    }

    #[test]
    fn the_formula_is_the_sum_it_stands_for() {
        for (theta, width) in [(-0.3, 5), (0.02, 64), (1e-9, 64), (-7.0, 3)] {
            let weight = |k: i32| libm::exp(theta * f64::from(k));
            let total: f64 = (0..width).map(weight).sum();
            let mean = (0..width).map(|k| f64::from(k) * weight(k)).sum::<f64>() / total;
            assert!((mean_of(theta, f64::from(width)) - mean).abs() < 1e-7, "{theta} {width}");
        }
    }

    #[test]
    fn a_mean_at_an_edge_is_a_point() {
        assert_eq!(Truncated::with_mean(64.0, 64, 127), Truncated::Point(64));
        assert_eq!(Truncated::with_mean(127.0, 64, 127), Truncated::Point(127));
        assert_eq!(Truncated::with_mean(1.0, 1, 1), Truncated::Point(1));
    }
}
