//! Closed loop: as many requests in flight as asked, each ended one replaced at once.

use super::Answer;
use super::answer::Replica;
use crate::calibration::Coefficient as C;

impl Replica<'_> {
    /// `concurrency` requests in flight over all replicas.
    ///
    /// A cycle holds every request's prefill and its decode steps. A request meets the prefills of
    /// all others once per cycle: a share of them before its first token (the queue), the rest
    /// evenly over its tokens (interference), the first one included, so that an answer of one
    /// token meets them all before it.
    pub(super) fn closed(&self, concurrency: f64) -> Answer {
        let c = self.steps.constants;
        let (busy, wanted) = self.spread(concurrency);
        let batch = Self::admitted(wanted, self.room);
        let steps = self.job.steps();
        let decode = self.steps.decode(batch, self.job.mean_context());
        let step_s = decode.seconds() * c[C::TokenTime];
        let prefill = self.steps.prefill(1.0, self.job.isl);
        let alone_s = prefill.seconds();
        let shared_s = self.shared_prefill(batch);
        let mixed_s = c[C::QueueMix] * alone_s + (1.0 - c[C::QueueMix]) * shared_s;
        let others = batch - 1.0;
        let per_token_s = (1.0 - c[C::QueueShare]) * others * shared_s / self.job.osl;
        let tpot_s = step_s + c[C::Interference] * per_token_s;
        let first_s = alone_s
            + c[C::FirstTokenSeconds]
            + c[C::StepsWaited] * step_s * steps.min(1.0)
            + c[C::QueueShare] * others * mixed_s
            + per_token_s;
        let seconds = (first_s * c[C::FirstTokenFactor], tpot_s);
        let (first_s, tpot_s) = self.no_faster_than_light(batch, seconds);
        // Requests beyond the cache wait for whole answers of others.
        let waiting_s = (wanted / batch - 1.0) * (first_s + steps * tpot_s);
        Answer {
            ttft_s: first_s + waiting_s,
            tpot_s,
            in_flight: wanted * busy,
            admitted: batch * busy,
            batch,
            decode,
            prefill,
        }
    }
}
