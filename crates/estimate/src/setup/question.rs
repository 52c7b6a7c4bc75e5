//! Everything about a deployment that the load does not change.

use super::{Engine, Era, Parallelism};
use farebox_catalog::Accelerator;
use farebox_catalog::model::{KvFormat, ModelSpec, Precision};

/// A model on a machine.
#[derive(Debug, Clone)]
pub struct Setup<'a> {
    /// What is served.
    pub model: &'a ModelSpec,
    /// What it is served on.
    pub gpu: &'a Accelerator,
    /// The serving engine.
    pub engine: Engine,
    /// Its version as its makers write it; none where nobody says.
    pub version: Option<&'a str>,
    /// Its generation.
    pub era: Era,
    /// How the model is spread.
    pub parallel: Parallelism,
    /// Precision of weights and products; none for what the checkpoint says.
    pub precision: Option<Precision>,
    /// Precision of the key-value cache.
    pub kv: KvFormat,
    /// Bytes of stored linear weights relative to `precision`, for formats between its steps.
    pub weight_scale: f64,
}

impl<'a> Setup<'a> {
    /// vLLM of today on one accelerator, weights as the checkpoint has them, 16-bit cache.
    pub const fn new(model: &'a ModelSpec, gpu: &'a Accelerator) -> Self {
        Self {
            model,
            gpu,
            engine: Engine::Vllm,
            version: None,
            era: Era::Current,
            parallel: Parallelism::SINGLE,
            precision: None,
            kv: KvFormat::Bf16,
            weight_scale: 1.0,
        }
    }

    /// The same on `tp` accelerators, tensor-parallel.
    #[must_use]
    pub const fn tensor(mut self, tp: u32) -> Self {
        self.parallel = Parallelism::tensor(tp);
        self
    }
}
