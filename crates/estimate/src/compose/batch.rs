//! Static batch: equal requests sent at once, all waited for.

use super::Answer;
use super::answer::Replica;
use crate::calibration::Coefficient as C;

impl Replica<'_> {
    /// `size` requests over all replicas; their end is that of the last.
    pub(super) fn batch(&self, size: f64) -> Answer {
        let c = self.steps.constants;
        let (busy, wanted) = self.spread(size);
        let batch = Self::admitted(wanted, self.room);
        let waves = wanted / batch;
        let steps = self.job.steps();
        let decode = self.steps.decode(batch, self.job.mean_context());
        let step_s = decode.seconds() * c[C::TokenTime];
        let together = self.steps.prefill(batch, self.job.isl).seconds();
        let all = self.steps.prefill(wanted, self.job.isl).seconds();
        // Requests that the cache cannot hold are started, thrown out and read again.
        let again = (waves - 1.0) * together / steps.max(1.0);
        let factor = c[C::ThroughputFactor];
        let seconds = ((c[C::BatchSeconds] + all) / factor, (waves * step_s + again) / factor);
        let (ttft_s, tpot_s) = self.no_faster_than_light(batch, seconds);
        let prefill = self.steps.prefill(1.0, self.job.isl);
        Answer {
            ttft_s,
            tpot_s,
            in_flight: wanted * busy,
            admitted: batch * busy,
            batch,
            decode,
            prefill,
        }
    }
}
