//! Closed loop: as many requests in flight as asked, each ended one replaced at once.

use super::Answer;
use super::answer::Replica;
use crate::calibration::Coefficient as C;

impl Replica<'_> {
    /// `concurrency` requests in flight over all replicas.
    ///
    /// A cycle holds every request's prefill and `osl` decode steps. A request meets the prefills
    /// of all others once per cycle: a share of them before its first token (the queue), the rest
    /// between its tokens (interference).
    pub(super) fn closed(&self, concurrency: f64) -> Answer {
        let c = self.steps.constants;
        let wanted = (concurrency / self.replicas).max(1.0);
        let batch = Self::admitted(wanted, self.room);
        let decode = self.steps.decode(batch, self.job.mean_context());
        let step_s = decode.seconds() * c[C::TokenTime];
        let prefill = self.steps.prefill(1.0, self.job.isl);
        let alone_s = prefill.seconds();
        let shared_s = self.shared_prefill(batch);
        let mixed_s = c[C::QueueMix] * alone_s + (1.0 - c[C::QueueMix]) * shared_s;
        let others = batch - 1.0;
        let between = c[C::Interference] * (1.0 - c[C::QueueShare]);
        let tpot_s = step_s + between * others * shared_s / self.job.osl;
        let first_s = alone_s
            + c[C::FirstTokenSeconds]
            + c[C::StepsWaited] * step_s
            + c[C::QueueShare] * others * mixed_s;
        let serving_s = first_s + self.job.steps() * tpot_s;
        // Requests beyond the cache wait for whole answers of others.
        let waiting_s =
            if wanted > 1.15 * batch { (wanted / batch - 1.0) * serving_s * 0.5 } else { 0.0 };
        let ttft_s = first_s + waiting_s;
        let cycle_s = ttft_s + self.job.steps() * tpot_s;
        let rate = (wanted / cycle_s).min(batch / serving_s) * self.replicas;
        Answer {
            ttft_s: ttft_s * c[C::FirstTokenFactor],
            tpot_s,
            output_tok_per_s: rate * self.job.osl * c[C::ThroughputFactor],
            batch,
            decode,
            prefill,
        }
    }
}
