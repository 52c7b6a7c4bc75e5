//! One length by itself.

use crate::random::uniform;
use rand_distr::{Distribution, StandardNormal};
use rand_pcg::Pcg64;
use std::fmt;

/// How one length is distributed, in tokens. Draws are rounded to whole tokens.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Marginal {
    /// Always this.
    Fixed(u32),
    /// Normal, clamped to one token below. Lengths are skewed to the right: with a deviation near
    /// the mean this piles up at the clamp, and log-normal or a profile serves better.
    Normal {
        /// Mean, before clamping.
        mean: f64,
        /// Standard deviation.
        sd: f64,
    },
    /// Log-normal, given by the mean and deviation of the lengths themselves.
    LogNormal {
        /// Mean.
        mean: f64,
        /// Standard deviation.
        sd: f64,
    },
    /// Every whole length from `low` to `high`, both included, equally often.
    Uniform {
        /// Least.
        low: u32,
        /// Most.
        high: u32,
    },
}

/// Longest length drawn: longer than any context, short enough for every sum.
const LONGEST: f64 = 1e8;

impl Marginal {
    /// Draws a length of at least one token.
    pub(crate) fn draw(self, random: &mut Pcg64) -> u32 {
        match self {
            Self::Fixed(length) => length.max(1),
            Self::Normal { mean, sd } => whole(mean + sd * normal(random)),
            Self::LogNormal { mean, sd } => {
                let (mu, sigma) = of_logs(mean, sd);
                whole(libm::exp(mu + sigma * normal(random)))
            }
            Self::Uniform { low, high } => {
                let lengths = f64::from(high.saturating_sub(low)) + 1.0;
                (f64::from(low) + uniform(random) * lengths) as u32
            }
        }
    }

    /// The mean, before rounding and clamping.
    pub fn mean(self) -> f64 {
        match self {
            Self::Fixed(length) => f64::from(length),
            Self::Normal { mean, .. } | Self::LogNormal { mean, .. } => mean,
            Self::Uniform { low, high } => f64::midpoint(f64::from(low), f64::from(high)),
        }
    }
}

/// Mean and deviation of the logarithms of a log-normal with this mean and deviation:
/// `sigma^2 = ln(1 + sd^2/mean^2)`, `mu = ln mean - sigma^2/2` (Johnson, Kotz & Balakrishnan,
/// "Continuous Univariate Distributions" 1, chapter 14).
fn of_logs(mean: f64, sd: f64) -> (f64, f64) {
    let variance = libm::log1p(sd * sd / (mean * mean));
    (libm::log(mean) - variance / 2.0, variance.sqrt())
}

fn normal(random: &mut Pcg64) -> f64 {
    StandardNormal.sample(random)
}

fn whole(length: f64) -> u32 {
    length.round().clamp(1.0, LONGEST) as u32
}

impl fmt::Display for Marginal {
    /// In the grammar of `--isl` and `--osl`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fixed(length) => write!(f, "{length}"),
            Self::Normal { mean, sd } => write!(f, "normal:{mean},{sd}"),
            Self::LogNormal { mean, sd } => write!(f, "lognormal:{mean},{sd}"),
            Self::Uniform { low, high } => write!(f, "uniform:{low},{high}"),
        }
    }
}
