//! Observed traffic and what is to be known about how it was read.

use crate::count::Basis;
use crate::skip::SkipReport;
use farebox_workload::ObservedTraffic;

/// What reading a source gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profiled {
    /// The requests.
    pub traffic: ObservedTraffic,
    /// What lengths rest on, with the number of requests of each.
    pub bases: Vec<(Basis, u64)>,
    /// What the rows are.
    pub shape: String,
    /// Rows read.
    pub rows: u64,
    /// Requests that the window left out.
    pub outside_window: u64,
    /// Everything else that gave no request.
    pub skipped: SkipReport,
}
