//! Errors of one quantity.

use serde::Serialize;
use std::collections::BTreeMap;

/// A prediction against a measurement.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pair<'a> {
    /// Estimated.
    pub predicted: f64,
    /// Measured.
    pub measured: f64,
    /// Group of the row.
    pub group: &'a str,
}

/// Errors over rows; all in percent.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, serde::Deserialize)]
pub struct ErrorSummary {
    /// Rows.
    pub n: u64,
    /// Median absolute percentage error.
    pub median_ape_pct: f64,
    /// Median over groups of each group's median.
    pub group_median_ape_pct: f64,
    /// Mean absolute percentage error.
    pub mape_pct: f64,
    /// 90th percentile of the absolute percentage error.
    pub p90_ape_pct: f64,
    /// Median of ln(predicted / measured).
    pub bias_pct: f64,
}

impl ErrorSummary {
    /// Errors of `pairs`; none without any.
    pub fn of(pairs: &[Pair<'_>]) -> Option<Self> {
        let mut ape: Vec<f64> = pairs.iter().map(Pair::ape).collect();
        let mut bias: Vec<f64> = pairs.iter().map(Pair::log_ratio).collect();
        let mut groups: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
        for pair in pairs {
            groups.entry(pair.group).or_default().push(pair.ape());
        }
        let mut medians: Vec<f64> =
            groups.values_mut().filter_map(|errors| quantile(errors, 0.5)).collect();
        Some(Self {
            n: pairs.len() as u64,
            median_ape_pct: 100.0 * quantile(&mut ape, 0.5)?,
            group_median_ape_pct: 100.0 * quantile(&mut medians, 0.5)?,
            mape_pct: 100.0 * ape.iter().sum::<f64>() / ape.len() as f64,
            p90_ape_pct: 100.0 * quantile(&mut ape, 0.9)?,
            bias_pct: 100.0 * quantile(&mut bias, 0.5)?,
        })
    }
}

impl Pair<'_> {
    fn ape(&self) -> f64 {
        (self.predicted / self.measured - 1.0).abs()
    }

    fn log_ratio(&self) -> f64 {
        (self.predicted / self.measured).ln()
    }
}

/// The quantile of `values` by linear interpolation; none without values.
fn quantile(values: &mut [f64], at: f64) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let place = at * values.len().checked_sub(1)? as f64;
    let (low, high) = (place.floor() as usize, place.ceil() as usize);
    Some(values[low] + (values[high] - values[low]) * (place - place.floor()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_of_a_small_table() {
        let pair = |predicted, group| Pair { predicted, measured: 100.0, group };
        let pairs = [pair(110.0, "a"), pair(90.0, "a"), pair(150.0, "b")];
        let errors = ErrorSummary::of(&pairs).unwrap();
        assert_eq!(errors.n, 3);
        assert!((errors.median_ape_pct - 10.0).abs() < 1e-9);
        assert!((errors.group_median_ape_pct - 30.0).abs() < 1e-9);
        assert!((errors.mape_pct - 70.0 / 3.0).abs() < 1e-9);
        assert!((errors.bias_pct - 100.0 * 1.1_f64.ln()).abs() < 1e-9);
        assert!(ErrorSummary::of(&[]).is_none());
    }
}
