//! Picking one of several by weight.

use crate::random::uniform;
use rand_pcg::Pcg64;

/// Picks an index with a probability in proportion to its weight.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Weighted {
    /// Sums of the weights up to and including each.
    cumulative: Vec<f64>,
}

impl Weighted {
    /// None unless some weight is above zero and none is negative or not a number.
    pub(crate) fn new(weights: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut total = 0.0;
        let mut cumulative = Vec::new();
        for weight in weights {
            if !(weight >= 0.0 && weight.is_finite()) {
                return None;
            }
            total += weight;
            cumulative.push(total);
        }
        (total > 0.0 && total.is_finite()).then_some(Self { cumulative })
    }

    /// Weights that fall with the rank as `rank^-exponent` (Zipf's law), from rank 1 to `n`.
    pub(crate) fn zipf(n: u32, exponent: f64) -> Option<Self> {
        Self::new((1..=n).map(|rank| libm::pow(f64::from(rank), -exponent)))
    }

    pub(crate) fn pick(&self, random: &mut Pcg64) -> usize {
        let last = self.cumulative.len() - 1;
        let at = uniform(random) * self.cumulative[last];
        self.cumulative.partition_point(|sum| *sum <= at).min(last)
    }
}
