//! Estimates against measurements.
//!
//! Reading order: `judge` (which rows count, and why others do not), `metric` (errors of one
//! quantity), `report` (the tables).

mod expected;
mod judge;
mod metric;
mod report;

pub use judge::{Judged, Judgement, Skipped, judge};
pub use metric::{ErrorSummary, Pair};
pub use report::{By, Metrics, Predicted, Report};
