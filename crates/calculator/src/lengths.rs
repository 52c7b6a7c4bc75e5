//! How long requests are, and under which load they come.

use farebox_core::Load;
use farebox_core::curve::LoadKind;
use farebox_estimate::EstimateError;
use farebox_estimate::setup::Job;

/// Mean lengths of a request, in tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lengths {
    /// In.
    pub isl: u32,
    /// Out.
    pub osl: u32,
}

impl Lengths {
    /// The question of such requests under `load`; a trace is asked as its rate.
    pub fn job(self, load: Load) -> Result<Job, EstimateError> {
        let asked = match load.kind {
            LoadKind::Concurrency => farebox_estimate::Load::Closed(load.value),
            LoadKind::Batch => farebox_estimate::Load::Static(load.value),
            LoadKind::Rate | LoadKind::Trace => farebox_estimate::Load::Rate(load.value),
        };
        Job::new(f64::from(self.isl), f64::from(self.osl), asked)
    }
}

/// A closed loop of `concurrency` requests.
pub fn closed(concurrency: u64) -> Load {
    Load { kind: LoadKind::Concurrency, value: concurrency as f64 }
}
