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
        // Prefills meet tokens evenly, the first one included, as in a closed loop.
        let per_token_s = (batch - 1.0) * self.shared_prefill(batch) / self.job.osl;
        let reached = c[C::Saturation] * c[C::ThroughputFactor];
        let first_s = prefill.seconds() + c[C::FirstTokenSeconds] + per_token_s;
        let seconds = (first_s / reached, (step_s + per_token_s) / reached);
        let (ttft_s, tpot_s) = self.no_faster_than_light(batch, seconds);
        // In flight is what is served: the queue itself has no length.
        let admitted = batch * self.replicas;
        Answer { ttft_s, tpot_s, in_flight: admitted, admitted, batch, decode, prefill }
    }
}
