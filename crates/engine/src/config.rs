//! What an engine is started with. Checked by `Engine::start`, which is in `engine.rs`.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use crate::error::EngineError;
use crate::machine::{Accelerator, Machine, ModelShape};
use crate::quantity::Tokens;
use crate::scheduler::SchedulerLimits;

/// What to serve, on what, where, and what to write down about it.
#[derive(Debug, Clone)]
pub struct EngineConfig {
    /// The model and what serves it.
    pub machine: Machine,
    /// The name that requests use; the model's own name if absent.
    pub served_model_name: Option<String>,
    /// Where to listen; port 0 picks a free one.
    pub addr: SocketAddr,
    /// How much faster than the real machine.
    pub time_scale: TimeScale,
    /// What fits into one step.
    pub limits: SchedulerLimits,
    /// Longest sequence accepted; the model's context length or the KV cache, whichever is
    /// smaller, if absent.
    pub max_model_len: Option<Tokens>,
    /// How many finished requests the truth log keeps in memory; older ones are forgotten.
    pub truth_keep: usize,
    /// File to which the truth log is written as well, a JSON line per request.
    pub truth_log: Option<PathBuf>,
}

impl EngineConfig {
    /// Finished requests kept in memory unless told otherwise.
    pub const TRUTH_KEEP: usize = 1024;

    /// Real time, a free port on 127.0.0.1, vLLM's limits, no truth log file.
    pub fn new(model: ModelShape, accelerator: Accelerator) -> Self {
        Self::of(Machine::roofline(model, accelerator))
    }

    /// The same of any machine.
    pub fn of(machine: Machine) -> Self {
        Self {
            machine,
            served_model_name: None,
            addr: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            time_scale: TimeScale::REAL,
            limits: SchedulerLimits::default(),
            max_model_len: None,
            truth_keep: Self::TRUTH_KEEP,
            truth_log: None,
        }
    }

    pub(crate) fn served_name(&self) -> &str {
        self.served_model_name.as_deref().unwrap_or(&self.machine.model)
    }
}

/// Simulated seconds per real second, more than 0: at 10 every step takes a tenth of its time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TimeScale(f64);

impl TimeScale {
    /// A simulated second takes a second.
    pub const REAL: Self = Self(1.0);

    /// Refuses what is not a number above 0 and below infinity.
    pub fn new(scale: f64) -> Result<Self, EngineError> {
        if scale.is_finite() && scale > 0.0 {
            Ok(Self(scale))
        } else {
            Err(EngineError::TimeScale { scale })
        }
    }

    pub(crate) fn get(self) -> f64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_scale_is_a_positive_number() {
        for bad in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert!(TimeScale::new(bad).is_err(), "{bad} was accepted");
        }
        assert!(TimeScale::new(8.0).is_ok());
    }
}
