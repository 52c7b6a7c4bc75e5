//! What is served and what serves it: the numbers about a model and an accelerator that decide
//! how long a step takes and how much context fits.
//!
//! Ready-made values are in `preset.rs`; `step_time.rs` turns them into time.

use farebox_estimate::{Compiled, EstimateError, Job, Load, Setup};

use crate::quantity::{Bytes, BytesPerSecond, FlopsPerSecond, Fraction, Tokens};
use crate::step_time::StepTime;

/// Share of the accelerator's memory that the engine may fill with weights and KV cache; the rest
/// is left to activations and the runtime. Same default as vLLM's `--gpu-memory-utilization`.
pub const MEMORY_SHARE: Fraction = Fraction(0.9);

/// A dense decoder-only transformer, reduced to the numbers that cost time or memory.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelShape {
    /// Name under which the model is served unless told otherwise.
    pub name: String,
    /// All parameters, input embedding and output head included.
    pub params_total: u64,
    /// Parameters of the input embedding: a step reads a few rows of it, not the table.
    pub params_embedding: u64,
    /// Parameters of the output head: read by every step, multiplied once per sampled token.
    pub params_head: u64,
    /// Bytes per stored weight (2 for bf16).
    pub bytes_per_weight: u64,
    /// Number of transformer layers.
    pub layers: u64,
    /// Query heads times head dimension: the width over which attention multiplies.
    pub attention_width: u64,
    /// KV cache that one token of context occupies over all layers.
    pub kv_bytes_per_token: Bytes,
    /// Longest sequence, prompt and answer together, that the model was made for.
    pub context_length: Tokens,
}

impl ModelShape {
    /// Memory that the weights occupy.
    pub fn weights(&self) -> Bytes {
        Bytes(self.params_total.saturating_mul(self.bytes_per_weight))
    }

    /// Weights read from memory by every step, whatever its batch: all but the input embedding.
    pub fn weights_read(&self) -> Bytes {
        let params = self.params_total.saturating_sub(self.params_embedding);
        Bytes(params.saturating_mul(self.bytes_per_weight))
    }

    /// Parameters that multiply every token: without input embedding and output head.
    pub fn params_body(&self) -> u64 {
        self.params_total.saturating_sub(self.params_embedding).saturating_sub(self.params_head)
    }
}

/// One accelerator, as its datasheet has it.
#[derive(Debug, Clone, PartialEq)]
pub struct Accelerator {
    /// Name of the accelerator.
    pub name: String,
    /// Device memory.
    pub memory: Bytes,
    /// Peak memory bandwidth.
    pub bandwidth: BytesPerSecond,
    /// Peak dense arithmetic at the weights' precision.
    pub peak: FlopsPerSecond,
}

/// A model on what serves it, reduced to what an engine must know.
#[derive(Debug, Clone)]
pub struct Machine {
    /// The model, under whose name it is served unless told otherwise.
    pub model: String,
    /// The accelerator.
    pub accelerator: String,
    /// Memory that the weights occupy.
    pub weights: Bytes,
    /// Memory that there is.
    pub memory: Bytes,
    /// Longest sequence, prompt and answer together, that the model was made for.
    pub context_length: Tokens,
    /// Tokens of context that fit beside the weights.
    pub kv_capacity: Tokens,
    /// How long steps take.
    pub step_time: StepTime,
}

impl Machine {
    /// `model` on `accelerator` by the roofline of `step_time.rs`.
    pub fn roofline(model: ModelShape, accelerator: Accelerator) -> Self {
        Self {
            model: model.name.clone(),
            accelerator: accelerator.name.clone(),
            weights: model.weights(),
            memory: accelerator.memory,
            context_length: model.context_length,
            kv_capacity: kv_capacity(&model, &accelerator),
            step_time: StepTime::new(model, accelerator),
        }
    }

    /// `setup` as `farebox estimate` has it: step times of `deployment`, and its KV cache.
    pub fn estimated(setup: &Setup<'_>, deployment: Compiled) -> Result<Self, EstimateError> {
        let longest = setup.model.context_length.unwrap_or(u64::MAX);
        let memory = deployment.memory(&Job::new(1.0, 1.0, Load::Closed(1.0))?);
        let gpus = setup.parallel.gpus_per_replica();
        Ok(Self {
            model: setup.model.id.clone(),
            accelerator: setup.gpu.id.clone(),
            weights: Bytes(memory.weights_bytes_total),
            memory: Bytes(setup.gpu.memory.usable.get().saturating_mul(gpus)),
            context_length: Tokens(longest),
            kv_capacity: Tokens(if memory.fits { memory.kv_capacity_tokens } else { 0 }),
            step_time: StepTime::Estimated(Box::new(deployment)),
        })
    }
}

/// Tokens of context that fit beside the weights:
/// `(MEMORY_SHARE x memory - weights) / kv_bytes_per_token`, rounded down.
pub fn kv_capacity(model: &ModelShape, accelerator: &Accelerator) -> Tokens {
    let usable = (accelerator.memory.0 as f64 * MEMORY_SHARE.0) as u64;
    let free = usable.saturating_sub(model.weights().0);
    Tokens(free / model.kv_bytes_per_token.0.max(1))
}
