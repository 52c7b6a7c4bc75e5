//! What a deployment keeps in memory, by vLLM's convention: a share of the device is the engine's;
//! weights, activations and runtime come off; the rest is key-value blocks.

use crate::compiled::Work;
use crate::setup::{Engine, Parallelism, Setup};
use farebox_catalog::model::{Ffn, TensorClass};
use serde::Serialize;

/// Bytes of one GiB.
const GIB: f64 = 1_073_741_824.0;
/// Tokens in a key-value block.
const BLOCK: f64 = 16.0;
/// Tokens in the widest step that engines profile.
const PROFILED_TOKENS: f64 = 8192.0;
/// Sequences whose logits are held at once.
const PROFILED_SEQUENCES: f64 = 256.0;
/// CUDA context and graphs, bytes; measured on vLLM as 0.13 GiB and about 0.3 GiB.
const RUNTIME: f64 = 0.42 * GIB;
/// The same with communication buffers of several ranks, bytes; 0.55 GiB measured at TP 2.
const RUNTIME_RANKS: f64 = 0.75 * GIB;

/// Memory of one replica.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Memory {
    /// All weights as stored, once.
    pub weights_bytes_total: u64,
    /// Weights on the fullest accelerator.
    pub weights_bytes_per_gpu: u64,
    /// Cache that a token adds over the whole replica, copies counted.
    pub kv_bytes_per_token: u64,
    /// Cache of the requests in flight.
    pub kv_bytes_total: u64,
    /// Tokens that the cache of the replica holds.
    pub kv_capacity_tokens: u64,
    /// Activations and runtime on one accelerator.
    pub overhead_bytes_per_gpu: u64,
    /// What the engine may use of one accelerator: its usual share of what the driver shows.
    pub usable_bytes_per_gpu: u64,
    /// Requests of the workload that the cache holds.
    pub max_concurrency: u64,
    /// Whether weights, overhead and the cache of one request fit.
    pub fits: bool,
    /// Bytes missing on each accelerator; 0 where it fits.
    pub short_bytes_per_gpu: u64,
}

/// What the load does not change, bytes on one accelerator.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Budget {
    /// All weights once.
    pub weights_total: f64,
    /// Weights here.
    pub weights: f64,
    /// Activations and runtime here.
    pub overhead: f64,
    /// What the engine may use here.
    pub usable: f64,
    /// Cache per token of context here, while inside every window.
    pub token: f64,
}

impl Budget {
    /// Weights and overhead of `setup` spread as `parallel`.
    pub fn of(setup: &Setup<'_>, parallel: Parallelism, work: &Work) -> Self {
        let stages = f64::from(parallel.pp);
        let token = work.attention.caches.iter().map(|c| c.token_bytes).sum::<f64>() / stages;
        Self {
            weights_total: weights(setup, Parallelism::SINGLE),
            weights: weights(setup, parallel),
            overhead: overhead(setup, parallel),
            usable: setup.gpu.memory.usable.get() as f64 * share(&setup.engine),
            token,
        }
    }

    /// Bytes left for the cache here; below zero where the weights do not fit.
    pub fn free(&self) -> f64 {
        self.usable - self.weights - self.overhead
    }
}

impl Memory {
    /// Memory under a load of `concurrency` requests of mean `context` tokens, each at most
    /// `longest` tokens.
    pub fn of(budget: &Budget, work: &Work, ask: Occupancy) -> Self {
        let stages = f64::from(work.parallel.pp);
        let ranks = f64::from(work.parallel.dp);
        let sequence =
            |tokens: f64| work.attention.sequence_bytes((tokens / BLOCK).ceil() * BLOCK) / stages;
        let free = budget.free().max(0.0);
        let most = (free / sequence(ask.longest)).floor() * ranks;
        let capacity = (free / (budget.token * BLOCK)).floor() * BLOCK * ranks;
        let copies = f64::from(work.parallel.tp) * stages * ranks;
        let held = ask.concurrency.min(most);
        let short = (sequence(ask.longest) - budget.free()).max(0.0);
        Self {
            weights_bytes_total: budget.weights_total as u64,
            weights_bytes_per_gpu: budget.weights as u64,
            kv_bytes_per_token: (budget.token * copies / ranks) as u64,
            kv_bytes_total: (held * sequence(ask.context) * copies / ranks) as u64,
            kv_capacity_tokens: capacity as u64,
            overhead_bytes_per_gpu: budget.overhead as u64,
            usable_bytes_per_gpu: budget.usable as u64,
            max_concurrency: most as u64,
            fits: short <= 0.0,
            short_bytes_per_gpu: short.ceil() as u64,
        }
    }
}

/// Requests in memory.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Occupancy {
    /// Requests in flight in one replica.
    pub concurrency: f64,
    /// Their mean context, tokens.
    pub context: f64,
    /// Their longest context, tokens.
    pub longest: f64,
}

/// Share of the device that an engine takes by default.
const fn share(engine: &Engine) -> f64 {
    match engine {
        Engine::Vllm | Engine::Trtllm | Engine::Other(_) => 0.90,
        Engine::Sglang => 0.88,
        Engine::LlamaCpp => 0.97,
    }
}

/// Weights on one accelerator: attention cut by TP, feed-forward parts by TP and DP, layers by PP;
/// the table and the head sit on the first and the last stage.
fn weights(setup: &Setup<'_>, parallel: Parallelism) -> f64 {
    let bytes = setup.model.weight_bytes(setup.precision);
    let copied = f64::from(parallel.tp);
    let cut = f64::from(parallel.tp * parallel.dp);
    let stages = f64::from(parallel.pp);
    let on_one = |class: TensorClass, bytes: u64| {
        let bytes = bytes as f64;
        match class {
            TensorClass::Mlp | TensorClass::Experts | TensorClass::SharedExperts => {
                bytes * setup.weight_scale / cut / stages
            }
            TensorClass::Attention | TensorClass::StateSpace => {
                bytes * setup.weight_scale / copied / stages
            }
            TensorClass::Router | TensorClass::Vector => bytes / stages,
            TensorClass::Embedding | TensorClass::Lookup | TensorClass::Head => bytes / copied,
        }
    };
    bytes.iter().map(|(class, bytes)| on_one(class, bytes)).sum()
}

/// Activations of the widest step, logits, and the runtime.
fn overhead(setup: &Setup<'_>, parallel: Parallelism) -> f64 {
    let tp = f64::from(parallel.tp);
    let context = setup.model.context_length.map_or(PROFILED_TOKENS, |n| n as f64);
    let tokens = PROFILED_TOKENS.min(context);
    let hidden = setup.model.hidden_size as f64;
    // Gate, up and their product at two bytes, then four hidden vectors.
    let per_token = 6.0 * widest(setup) / tp + 8.0 * hidden;
    let logits = PROFILED_SEQUENCES * setup.model.vocab_size as f64 * 8.0 / tp;
    let ranks = parallel.gpus_per_replica() > 1;
    tokens * per_token + logits + if ranks { RUNTIME_RANKS } else { RUNTIME }
}

/// Inner width of the widest feed-forward part that one token passes.
fn widest(setup: &Setup<'_>) -> f64 {
    let width = |ffn: &Ffn| match ffn {
        Ffn::Dense { width, .. } => *width,
        Ffn::Moe(moe) => moe.width.saturating_mul(moe.per_token).saturating_add(moe.shared_width),
        Ffn::None => 0,
    };
    setup.model.layers.iter().map(|layer| width(&layer.ffn)).max().unwrap_or_default() as f64
}
