//! Which tokens are on their way into one connection's socket.
//!
//! A token counts as sent when its bytes are written, not when the pacer let it go. The reply's
//! body notes here each token that it hands to hyper; `stamped_io.rs`, which sees the writes, stamps
//! them all when hyper's buffer has gone out. A record is finished when nobody can add to it any
//! more, that is when its last owner lets go: the body, or the stamps still waiting in a ledger.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::quantity::Nanos;
use crate::truth::{RequestTruth, TokenTruth};
use crate::truth_log::TruthLog;

/// The record of a request still in flight; goes to the log when dropped.
#[derive(Debug)]
pub(crate) struct OpenRecord {
    truth: Mutex<Option<RequestTruth>>,
    log: TruthLog,
}

impl OpenRecord {
    pub(crate) fn new(truth: RequestTruth, log: TruthLog) -> Arc<Self> {
        Arc::new(Self { truth: Mutex::new(Some(truth)), log })
    }

    pub(crate) fn add(&self, token: TokenTruth) {
        if let Some(truth) = lock(&self.truth).as_mut() {
            truth.tokens.push(token);
        }
    }

    /// Stamps every token that has no stamp yet.
    fn stamp(&self, now: Nanos) {
        if let Some(truth) = lock(&self.truth).as_mut() {
            let unwritten = truth.tokens.iter_mut().rev();
            for token in unwritten.take_while(|token| token.written_ns.is_none()) {
                token.written_ns = Some(now);
            }
        }
    }
}

impl Drop for OpenRecord {
    fn drop(&mut self) {
        if let Some(truth) = lock(&self.truth).take() {
            self.log.submit(truth.judged());
        }
    }
}

/// The records with tokens in the write buffer of one connection.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ledger {
    waiting: Arc<Mutex<Vec<Arc<OpenRecord>>>>,
}

impl Ledger {
    /// Notes that the tokens of `record` so far are in the write buffer.
    pub(crate) fn buffered(&self, record: &Arc<OpenRecord>) {
        lock(&self.waiting).push(Arc::clone(record));
    }

    /// Notes that the write buffer is empty, by a write that began at `now`.
    pub(crate) fn drained(&self, now: Nanos) {
        for record in lock(&self.waiting).drain(..) {
            record.stamp(now);
        }
    }
}

/// A panic elsewhere must not take the truth with it.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;
    use crate::quantity::Tokens;
    use crate::truth::{Delivery, Outcome};

    fn open(log: &TruthLog, osl: u64) -> Arc<OpenRecord> {
        let truth = RequestTruth {
            request_id: "r".to_owned(),
            received_ns: Nanos(0),
            queued_ns: Nanos(0),
            isl: Tokens(1),
            osl: Tokens(osl),
            delivery: Delivery::Stream,
            outcome: Outcome::Cancelled,
            tokens: Vec::new(),
        };
        OpenRecord::new(truth, log.clone())
    }

    fn token() -> TokenTruth {
        TokenTruth { due_ns: Nanos(1), released_ns: Nanos(2), written_ns: None }
    }

    #[test]
    fn a_record_is_finished_by_the_write_of_its_last_token() {
        let log = TruthLog::open(Clock::start(), 8, None).unwrap();
        let (ledger, record) = (Ledger::default(), open(&log, 2));
        record.add(token());
        ledger.buffered(&record);
        ledger.drained(Nanos(10));
        record.add(token());
        ledger.buffered(&record);
        drop(record);
        assert!(log.snapshot().is_empty(), "the last token is still in the buffer");
        ledger.drained(Nanos(20));
        let truth = log.snapshot().remove(0);
        let written: Vec<_> = truth.tokens.iter().map(|token| token.written_ns).collect();
        assert_eq!(written, [Some(Nanos(10)), Some(Nanos(20))]);
        assert_eq!(truth.outcome, Outcome::Complete);
    }

    #[test]
    fn a_connection_that_dies_leaves_a_cancelled_record() {
        let log = TruthLog::open(Clock::start(), 8, None).unwrap();
        let (ledger, record) = (Ledger::default(), open(&log, 1));
        record.add(token());
        ledger.buffered(&record);
        drop((ledger, record));
        assert_eq!(log.snapshot()[0].outcome, Outcome::Cancelled);
    }
}
