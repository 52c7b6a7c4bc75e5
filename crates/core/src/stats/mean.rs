//! The interval of a mean.

use crate::stats::Interval;
use crate::stats::batches::{BatchMeans, mean};

/// The interval of the mean of `in_order`, values in the order of time: Student's t over batch
/// means (Law, "Simulation Modeling and Analysis", 5th ed., 9.5.3). None of fewer than five.
pub fn interval(in_order: &[f64]) -> Option<Interval> {
    BatchMeans::of(in_order)?.interval(mean(in_order))
}
