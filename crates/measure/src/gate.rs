//! How many requests a point sends and until when, and which of them count.

use crate::cancel::Cancel;
use crate::clock::RunClock;
use farebox_core::window::{has_ramp, phase_of};
use farebox_core::{LoadKind, Phase, PointMarks, RequestRecord, RunInstant, Status};
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::time::{Duration, Instant};

/// The load of a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Load {
    /// Closed loop: this many requests in flight, each slot sending when its last has ended.
    Concurrency(u32),
    /// This many at once, then waiting for all of them.
    Batch(u32),
}

impl Load {
    /// Requests in flight at most.
    pub fn slots(self) -> u32 {
        match self {
            Self::Concurrency(n) | Self::Batch(n) => n,
        }
    }

    /// The load as files name it.
    pub fn named(self) -> farebox_core::Load {
        let kind = match self {
            Self::Concurrency(_) => LoadKind::Concurrency,
            Self::Batch(_) => LoadKind::Batch,
        };
        farebox_core::Load { kind, value: f64::from(self.slots()) }
    }
}

/// When a point stops sending.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    /// After this time; what is under way then is still waited for.
    Duration(Duration),
    /// After this many requests.
    Requests(u64),
}

/// The gate of one point: hands out turns and remembers when it opened and closed.
pub(crate) struct Gate {
    load: Load,
    clock: RunClock,
    cancel: Cancel,
    started: RunInstant,
    deadline: Option<Instant>,
    limit: u64,
    turns: AtomicU64,
    opened: AtomicU64,
    stopped: AtomicU64,
}

/// Has not happened yet.
const NEVER: u64 = u64::MAX;

impl Gate {
    pub(crate) fn open(load: Load, bound: Bound, clock: RunClock, cancel: Cancel) -> Self {
        let now = Instant::now();
        let (deadline, limit) = match bound {
            Bound::Duration(span) => (Some(now + span), u64::MAX),
            Bound::Requests(n) => (None, n),
        };
        let stopped = deadline.map_or(NEVER, |deadline| clock.at(deadline).nanos());
        Self {
            load,
            clock,
            cancel,
            started: clock.at(now),
            deadline,
            limit,
            turns: AtomicU64::new(0),
            opened: AtomicU64::new(NEVER),
            stopped: AtomicU64::new(stopped),
        }
    }

    /// The number of the next request; none when the point has stopped sending.
    pub(crate) fn turn(&self) -> Option<u64> {
        if self.cancel.is_thrown() {
            self.stopped.fetch_min(self.clock.now().nanos(), SeqCst);
            return None;
        }
        if self.deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            return None;
        }
        let turn = self.turns.fetch_add(1, SeqCst);
        if turn + 1 >= self.limit {
            self.stopped.fetch_min(self.clock.now().nanos(), SeqCst);
        }
        (turn < self.limit).then_some(turn)
    }

    /// The phase of a request that has just ended.
    pub(crate) fn phase(&self, record: &RequestRecord) -> Phase {
        if !has_ramp(self.load.named()) {
            return phase_of(record, Some(RunInstant::default()), None);
        }
        if record.is_ok() {
            self.opened.fetch_min(record.end_ns.nanos(), SeqCst);
        }
        phase_of(record, instant(&self.opened), instant(&self.stopped))
    }

    /// What the point was and when.
    pub(crate) fn marks(&self) -> PointMarks {
        PointMarks {
            load: self.load.named(),
            started_ns: self.started,
            stopped_ns: instant(&self.stopped),
        }
    }
}

fn instant(cell: &AtomicU64) -> Option<RunInstant> {
    let nanos = cell.load(SeqCst);
    (nanos != NEVER).then(|| RunInstant::from_nanos(nanos))
}

/// Pause before the next request of a slot whose last ones failed, so that a dead server is not
/// hammered: 50 ms, doubling up to a second.
pub(crate) fn pause_after(failures_in_a_row: u32) -> Duration {
    Duration::from_millis(50 << failures_in_a_row.saturating_sub(1).min(5))
        .min(Duration::from_secs(1))
}

/// Whether the slot should pause after this request.
pub(crate) fn failed(record: &RequestRecord) -> bool {
    record.status == Status::Failed
}
