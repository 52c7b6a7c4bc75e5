//! Open loop: the concurrency that a request rate leads to.

use super::Answer;
use super::answer::Replica;

/// Requests in flight at which an open loop counts as overloaded: about what benchmarks send in all.
const OVERLOAD: f64 = 1024.0;
/// Sequences in one step at most, vLLM's own default; whoever measures a closed loop raises it.
const SEQUENCES: f64 = 256.0;
/// Halvings of the bracket: better than a thousandth of a request.
const HALVINGS: u32 = 24;

impl Replica<'_> {
    /// `rate` requests per second over all replicas.
    ///
    /// Little's law: the concurrency `n` at which `n` requests in flight complete at `rate`.
    /// Throughput rises with `n` until the machine is full; beyond that the queue only grows.
    pub(super) fn rate(&self, rate: f64) -> Answer {
        let engine = Self { room: self.room.min(SEQUENCES), ..*self };
        let (mut low, mut high) = (0.0, OVERLOAD.max(SEQUENCES * self.replicas));
        for _ in 0..HALVINGS {
            let middle = f64::midpoint(low, high);
            let served = engine.closed(middle).requests_per_s(&self.job);
            if served < rate { low = middle } else { high = middle }
        }
        let answer = engine.closed(high);
        // Not a hair more than comes.
        let in_flight = answer.in_flight.min(rate * answer.e2e_s(&self.job));
        Answer { in_flight, admitted: answer.admitted.min(in_flight), ..answer }
    }
}
