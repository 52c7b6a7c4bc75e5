//! Two ends and how sure we are of them.

use serde::{Deserialize, Serialize};

/// The confidence level of every interval that Farebox computes.
pub const LEVEL: f64 = 0.95;

/// A confidence interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// Confidence level, 0 to 1.
    pub level: f64,
}

impl Interval {
    /// `low` to `high` at [`LEVEL`]; none unless both are numbers.
    pub fn new(low: f64, high: f64) -> Option<Self> {
        (low.is_finite() && high.is_finite()).then_some(Self { low, high, level: LEVEL })
    }

    /// Whether `value` lies in it, ends included.
    pub fn holds(&self, value: f64) -> bool {
        (self.low..=self.high).contains(&value)
    }

    /// Half its width as a share of `value`; none where that is not above zero.
    pub fn relative_half_width(&self, value: f64) -> Option<f64> {
        (value > 0.0).then(|| (self.high - self.low) / 2.0 / value)
    }
}
