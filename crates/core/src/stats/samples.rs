//! A multiset of numbers, and its exact statistics.
//!
//! Quantiles are type 7 of Hyndman & Fan, "Sample Quantiles in Statistical Packages",
//! The American Statistician 50 (1996): linear between order statistics, as NumPy does by default.

/// A multiset of finite numbers, kept sorted, so that equal multisets give equal statistics.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Samples {
    sorted: Vec<f64>,
}

impl Samples {
    /// How many samples there are.
    pub fn n(&self) -> usize {
        self.sorted.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.sorted.is_empty()
    }

    /// The arithmetic mean; none without samples. Summed in rising order, so it does not
    /// depend on the order of arrival.
    pub fn mean(&self) -> Option<f64> {
        (!self.is_empty()).then(|| self.sorted.iter().sum::<f64>() / self.n() as f64)
    }

    /// The value at `percentile` (0 to 100); none without samples.
    pub fn percentile(&self, percentile: f64) -> Option<f64> {
        let last = self.n().checked_sub(1)?;
        let position = last as f64 * (percentile / 100.0).clamp(0.0, 1.0);
        let (below, above) = (position.floor() as usize, position.ceil() as usize);
        let (low, high) = (self.sorted[below], self.sorted[above]);
        Some(low + (high - low) * (position - below as f64))
    }

    /// The value at position `rank` counted from 1, linear between two; none outside 1 to n.
    pub(crate) fn at_rank(&self, rank: f64) -> Option<f64> {
        if !(1.0..=self.n() as f64).contains(&rank) {
            return None;
        }
        let below = rank.floor() as usize;
        let low = self.sorted[below - 1];
        let high = self.sorted.get(below).copied().unwrap_or(low);
        Some(low + (high - low) * (rank - below as f64))
    }

    /// From the lowest to the highest.
    pub fn sorted(&self) -> &[f64] {
        &self.sorted
    }

    /// Both multisets together: merging statistics equals the statistics of the concatenation.
    #[must_use]
    pub fn merge(self, other: Self) -> Self {
        self.sorted.into_iter().chain(other.sorted).collect()
    }
}

impl FromIterator<f64> for Samples {
    /// Collects the finite numbers; anything else is not a measurement.
    fn from_iter<I: IntoIterator<Item = f64>>(numbers: I) -> Self {
        let mut sorted: Vec<f64> = numbers.into_iter().filter(|x| x.is_finite()).collect();
        sorted.sort_unstable_by(f64::total_cmp);
        Self { sorted }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn quantiles_follow_type_7() {
        // Hyndman & Fan's definition by hand: h = (n - 1) p, linear between neighbours.
        let samples: Samples = [4.0, 1.0, 3.0, 2.0].into_iter().collect();
        assert_eq!(samples.percentile(50.0), Some(2.5));
        assert_eq!(samples.percentile(90.0), Some(3.7));
        assert_eq!(samples.percentile(0.0), Some(1.0));
        assert_eq!(samples.percentile(100.0), Some(4.0));
        assert_eq!(samples.mean(), Some(2.5));
        assert_eq!(Samples::default().percentile(50.0), None);
    }

    proptest! {
        /// INV-3: merge of statistics = statistics of the concatenation.
        #[test]
        fn merge_is_concatenation(a in prop::collection::vec(-1e6..1e6f64, 0..80),
                                  b in prop::collection::vec(-1e6..1e6f64, 0..80),
                                  p in 0.0..100.0f64) {
            let merged = a.iter().copied().collect::<Samples>().merge(b.iter().copied().collect());
            let whole: Samples = a.iter().chain(&b).copied().collect();
            prop_assert_eq!(merged.mean(), whole.mean());
            prop_assert_eq!(merged.percentile(p), whole.percentile(p));
            prop_assert_eq!(merged.n(), a.len() + b.len());
        }
    }
}
