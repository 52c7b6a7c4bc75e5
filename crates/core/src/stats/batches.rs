//! Batch means: neighbours averaged until the averages know nothing of each other.
//!
//! Schmeiser, "Batch Size Effects in the Analysis of Simulation Output", Operations Research 30
//! (1982): 10 to 30 batches lose little whatever the correlation. We start at 30 to 59 and join
//! neighbouring batches while their means are still correlated (the sequential rule of Law &
//! Carson, "A Sequential Procedure for Determining the Length of a Steady-State Simulation",
//! Operations Research 27, 1979), down to 10.

use crate::stats::special::{normal_quantile, t_quantile};
use crate::stats::{Interval, LEVEL};

/// Batches to begin with, at least.
pub const MOST: usize = 30;
/// Batches are not joined below this many.
const LEAST: usize = 10;
/// Fewer values than this have no interval.
pub const FEWEST_VALUES: usize = 5;
/// Neighbours are correlated where their correlation is above what chance reaches once in four
/// times: joining for nothing widens an interval a little, not joining makes it untrue.
const CHANCE: f64 = 0.75;

/// Means of batches that may be taken for independent.
#[derive(Debug, Clone, PartialEq)]
pub struct BatchMeans {
    means: Vec<f64>,
}

impl BatchMeans {
    /// Of values in the order of time. Up to 59 values stand for themselves; beyond, the oldest
    /// few that fill no batch are left out. None of fewer than five.
    pub fn of(in_order: &[f64]) -> Option<Self> {
        let n = in_order.len();
        if n < FEWEST_VALUES {
            return None;
        }
        let size = (n / MOST).max(1);
        let batches = in_order[n % size..].chunks_exact(size);
        let mut means: Vec<f64> = batches.map(mean).collect();
        while means.len() >= 2 * LEAST && are_correlated(&means) {
            let odd = means.len() % 2;
            means = means[odd..].chunks_exact(2).map(mean).collect();
        }
        Some(Self { means })
    }

    /// How many batches.
    pub fn n(&self) -> usize {
        self.means.len()
    }

    /// The mean of all of them.
    pub fn mean(&self) -> f64 {
        mean(&self.means)
    }

    /// Standard error of their mean.
    pub fn standard_error(&self) -> f64 {
        (variance(&self.means) / self.n() as f64).sqrt()
    }

    /// The interval around `center`: Student's t over the batches.
    pub fn interval(&self, center: f64) -> Option<Interval> {
        let half = self.t() * self.standard_error();
        Interval::new(center - half, center + half)
    }

    /// How much wider Student's t makes an interval than the normal would.
    pub(crate) fn t_over_z(&self) -> f64 {
        self.t() / normal_quantile(f64::midpoint(1.0, LEVEL))
    }

    fn t(&self) -> f64 {
        t_quantile(f64::midpoint(1.0, LEVEL), (self.n() - 1) as f64)
    }
}

pub(crate) fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// The sample variance, over n - 1.
pub(crate) fn variance(values: &[f64]) -> f64 {
    let center = mean(values);
    let squares: f64 = values.iter().map(|x| (x - center).powi(2)).sum();
    squares / (values.len().max(2) - 1) as f64
}

/// Whether neighbours are alike by more than chance: their first autocorrelation against its
/// standard error under independence, `1 / sqrt(n)`.
fn are_correlated(means: &[f64]) -> bool {
    let center = mean(means);
    let squares: f64 = means.iter().map(|x| (x - center).powi(2)).sum();
    let products: f64 = means.windows(2).map(|w| (w[0] - center) * (w[1] - center)).sum();
    let limit = normal_quantile(CHANCE) / (means.len() as f64).sqrt();
    squares > 0.0 && products / squares > limit
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_values_stand_for_themselves() {
        assert_eq!(BatchMeans::of(&[1.0; 4]), None);
        let interval = BatchMeans::of(&[1.0, 2.0, 3.0, 4.0, 5.0]).unwrap().interval(3.0).unwrap();
        // 3 plus or minus 2.776 x sqrt(2.5 / 5).
        assert!((interval.high - 4.963).abs() < 1e-3, "{interval:?}");
    }

    #[test]
    fn correlated_neighbours_are_joined() {
        let slow: Vec<f64> = (0..3000).map(|i| (f64::from(i) / 300.0).sin()).collect();
        let quick: Vec<f64> = (0..3000).map(|i| f64::from(i % 7)).collect();
        assert!(BatchMeans::of(&slow).unwrap().n() < 20);
        assert_eq!(BatchMeans::of(&quick).unwrap().n(), 30);
    }
}
