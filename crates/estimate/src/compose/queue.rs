//! Saturated queue: the engine admits what its cache and its own limit allow.

use super::Answer;
use super::answer::Replica;
use crate::calibration::Coefficient as C;

/// The engine's limit is fitted as a multiple of this many requests.
const LIMIT_UNIT: f64 = 8.0;
/// Requests in the queue, far beyond any limit.
const QUEUED: f64 = 4096.0;

impl Replica<'_> {
    /// The most that the replicas serve.
    pub(super) fn queue(&self) -> Answer {
        let c = self.steps.constants;
        let limit = self.room.min(c[C::BatchLimit] * LIMIT_UNIT).max(1.0);
        let batch = Self::admitted(QUEUED, limit);
        let decode = self.steps.decode(batch, self.job.mean_context());
        let step_s = decode.seconds() * c[C::TokenTime];
        let prefill = self.steps.prefill(1.0, self.job.isl);
        let shared_s = self.shared_prefill(batch);
        let cycle_s = self.job.steps() * step_s + batch * shared_s;
        let rate = c[C::Saturation] * batch / cycle_s * self.replicas;
        Answer {
            ttft_s: prefill.seconds() + c[C::FirstTokenSeconds],
            tpot_s: step_s + (batch - 1.0) * shared_s / self.job.osl,
            output_tok_per_s: rate * self.job.osl * c[C::ThroughputFactor],
            batch,
            decode,
            prefill,
        }
    }
}
