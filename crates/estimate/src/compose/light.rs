//! What no engine can beat: weights and cache read once at peak bandwidth, every product at peak.

use crate::compiled::Work;
use crate::setup::Job;

/// Lower bounds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Light {
    /// Least seconds of prefill.
    pub ttft_s: f64,
    /// Least seconds of a decode step.
    pub tpot_s: f64,
}

impl Light {
    /// Bounds of `work` for `job` at `batch` requests per step.
    pub fn of(work: &Work, job: &Job, batch: f64) -> Self {
        let tokens = (batch / work.micro_batches).max(1.0);
        let local = (tokens / f64::from(work.parallel.dp)).max(1.0);
        let attention = work.attention.decode_seconds(local, job.mean_context(), 1.0);
        Self {
            ttft_s: arithmetic(work, job.isl, job.isl, 1.0),
            tpot_s: reading(work, tokens)
                .max(arithmetic(work, tokens, local, local))
                .max(attention),
        }
    }
}

fn reading(work: &Work, tokens: f64) -> f64 {
    let dense = work.projections.read_s + work.dense.read_s + work.head.read_s;
    dense + work.experts.iter().map(|e| e.read_s * e.distinct(tokens)).sum::<f64>()
}

fn arithmetic(work: &Work, tokens: f64, local: f64, heads: f64) -> f64 {
    let experts: f64 = work.experts.iter().map(|e| e.token_s).sum();
    work.projections.token_s * local
        + (work.dense.token_s + experts) * tokens
        + work.head.token_s * heads
}
