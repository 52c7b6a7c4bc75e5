//! The engines of a matrix: what they are and how they come to be there; `table` reads them.

mod table;

use super::flags::Flags;
use super::price::PriceSpec;
use farebox_core::EngineKind;
use farebox_launch::{How, LaunchSpec};
use std::time::Duration;

/// One engine.
#[derive(Debug, Clone, PartialEq)]
pub struct EngineSpec {
    /// What the matrix calls it.
    pub name: String,
    /// Which engine it is.
    pub kind: EngineKind,
    /// How it comes to be there.
    pub start: Start,
    /// The precisions it serves; none for all of the matrix.
    pub precisions: Option<Vec<String>>,
    /// The tensor parallelism it is run with; none for all of the matrix.
    pub tp: Option<Vec<u32>>,
    /// The model it serves, whatever [checkpoints] says; of one that is up already, the name to
    /// ask for.
    pub model: Option<String>,
    /// What the machine under it costs.
    pub price: Option<PriceSpec>,
    /// How its requests are sent, where that is not as all others are.
    pub bench: Flags,
}

/// How an engine comes to be there.
#[derive(Debug, Clone, PartialEq)]
pub enum Start {
    /// It is started here: a process, a container or a command of the user's.
    Launched {
        /// Everything but the checkpoint, the width and the port.
        spec: Box<LaunchSpec>,
        /// Longest wait until it answers.
        ready_timeout: Duration,
    },
    /// It is up already.
    Url(String),
    /// The simulated engine of this project, in this process.
    Simulated(SimulatedSpec),
}

/// A simulated machine.
#[derive(Debug, Clone, PartialEq)]
pub struct SimulatedSpec {
    /// The model's preset.
    pub model: String,
    /// The accelerator's preset.
    pub gpu: String,
    /// How many times faster than the real machine.
    pub time_scale: f64,
}

/// Loading a large checkpoint from a slow disk takes minutes.
pub const READY_TIMEOUT: Duration = Duration::from_mins(10);
/// The port of a command line that is only shown; a free one is taken when it is run.
pub const SHOWN_PORT: u16 = 8000;

impl Default for SimulatedSpec {
    fn default() -> Self {
        let [model, gpu] = ["llama-3.1-8b", "a100-80gb"].map(str::to_owned);
        Self { model, gpu, time_scale: 1.0 }
    }
}

impl Start {
    /// An engine of `kind` that is started as `how`.
    pub fn launched(kind: EngineKind, how: How) -> Self {
        let spec = LaunchSpec { how, ..LaunchSpec::new(kind, "", SHOWN_PORT) };
        Self::Launched { spec: Box::new(spec), ready_timeout: READY_TIMEOUT }
    }
}
