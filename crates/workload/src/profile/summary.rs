//! Mean, spread and quantiles of one number per request.

use farebox_core::stats::Samples;
use serde::{Deserialize, Serialize};

/// How a number is spread, with how many samples stand behind it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// How many samples.
    pub n: u64,
    /// Arithmetic mean.
    pub mean: f64,
    /// Sample standard deviation (n - 1 in the denominator); none of a single sample.
    pub sd: Option<f64>,
    /// The largest.
    pub max: f64,
    /// Pairs of percentile and value: every whole percentile and 99.9.
    #[serde(default)]
    pub quantiles: Vec<(f64, f64)>,
}

impl Summary {
    /// Sums up the finite ones of `numbers`; none if there are none.
    pub fn of(numbers: impl IntoIterator<Item = f64>) -> Option<Self> {
        let numbers: Vec<f64> = numbers.into_iter().filter(|x| x.is_finite()).collect();
        let samples: Samples = numbers.iter().copied().collect();
        let (n, mean) = (samples.n(), samples.mean()?);
        let squares: f64 = numbers.iter().map(|x| (x - mean) * (x - mean)).sum();
        let percentiles = (0..100).map(f64::from).chain([99.9, 100.0]);
        Some(Self {
            n: n as u64,
            mean,
            sd: (n > 1).then(|| (squares / (n - 1) as f64).sqrt()),
            max: samples.percentile(100.0)?,
            quantiles: percentiles.filter_map(|p| Some((p, samples.percentile(p)?))).collect(),
        })
    }

    /// The value at a percentile that is in the table.
    pub fn percentile(&self, percentile: f64) -> Option<f64> {
        let listed = self.quantiles.iter().find(|(p, _)| (p - percentile).abs() < 1e-9)?;
        Some(listed.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_says_what_its_numbers_say() {
        let summary = Summary::of([4.0, 1.0, 3.0, 2.0]).unwrap();
        assert_eq!((summary.n, summary.mean, summary.max), (4, 2.5, 4.0));
        // Deviations 1.5, 0.5, 0.5, 1.5: squares sum to 5, over 3.
        assert!((summary.sd.unwrap() - (5.0_f64 / 3.0).sqrt()).abs() < 1e-12);
        assert_eq!(summary.percentile(50.0), Some(2.5));
        assert_eq!(summary.quantiles.len(), 102);
        assert_eq!(Summary::of([7.0]).unwrap().sd, None);
        assert_eq!(Summary::of([f64::NAN]), None);
    }
}
