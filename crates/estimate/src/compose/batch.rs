//! Static batch: equal requests sent at once, all waited for.

use super::Answer;
use super::answer::Replica;
use crate::calibration::Coefficient as C;

impl Replica<'_> {
    /// `size` requests over all replicas.
    pub(super) fn batch(&self, size: f64) -> Answer {
        let c = self.steps.constants;
        let wanted = (size / self.replicas).max(1.0);
        let batch = Self::admitted(wanted, self.room);
        let waves = wanted / batch;
        let decode = self.steps.decode(batch, self.job.mean_context());
        let step_s = decode.seconds() * c[C::TokenTime];
        let together = self.steps.prefill(batch, self.job.isl).seconds();
        // Requests that the cache cannot hold are started, thrown out and read again.
        let again = (waves - 1.0) * together;
        let whole_s = c[C::BatchSeconds] + waves * (together + self.job.steps() * step_s) + again;
        let all = self.steps.prefill(wanted, self.job.isl).seconds();
        let ttft_s = c[C::BatchSeconds] + all;
        let rate = wanted / whole_s * self.replicas;
        Answer {
            ttft_s: ttft_s * c[C::FirstTokenFactor],
            tpot_s: ((whole_s - ttft_s) / self.job.steps()).max(step_s),
            output_tok_per_s: rate * self.job.osl * c[C::ThroughputFactor],
            batch,
            decode,
            prefill: self.steps.prefill(1.0, self.job.isl),
        }
    }
}
