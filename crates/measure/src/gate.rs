//! How many requests a point sends and until when, and which of them count.

use crate::cancel::Cancel;
use crate::clock::RunClock;
use crate::stop_early::StopEarly;
use farebox_core::window::{has_ramp, phase_of};
use farebox_core::{LoadKind, Phase, PointMarks, RequestRecord, RunInstant, Status};
use farebox_workload::{Pace, Plan, Planned, Speed};
use std::iter::Peekable;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The load of a point.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Load {
    /// Closed loop: this many requests in flight, each slot sending when its last has ended.
    Concurrency(u32),
    /// This many at once, then waiting for all of them.
    Batch(u32),
    /// Open loop: requests come at this pace, whatever the answers do.
    Rate {
        /// How many come and how evenly.
        pace: Pace,
        /// Requests in flight at most; what is due beyond waits, and its waiting is latency.
        at_most: Option<u32>,
    },
    /// Open loop: requests come at their own recorded times.
    Trace {
        /// How much faster than recorded.
        speed: Speed,
        /// As in [`Self::Rate`].
        at_most: Option<u32>,
    },
}

impl Load {
    /// Requests in flight at most; in open loop without a cap, any number.
    pub fn slots(self) -> u32 {
        match self {
            Self::Concurrency(n) | Self::Batch(n) => n,
            Self::Rate { at_most, .. } | Self::Trace { at_most, .. } => at_most.unwrap_or(u32::MAX),
        }
    }

    /// The most that may be in flight in open loop, where a cap is set.
    pub fn cap(self) -> Option<u32> {
        match self {
            Self::Concurrency(_) | Self::Batch(_) => None,
            Self::Rate { at_most, .. } | Self::Trace { at_most, .. } => at_most,
        }
    }

    /// The load as files name it.
    pub fn named(self) -> farebox_core::Load {
        let (kind, value) = match self {
            Self::Concurrency(n) => (LoadKind::Concurrency, f64::from(n)),
            Self::Batch(n) => (LoadKind::Batch, f64::from(n)),
            Self::Rate { pace, .. } => (LoadKind::Rate, pace.rate()),
            Self::Trace { speed, .. } => (LoadKind::Trace, speed.get()),
        };
        farebox_core::Load { kind, value }
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

impl Bound {
    /// Requests at most.
    pub(crate) fn limit(self) -> u64 {
        match self {
            Self::Duration(_) => u64::MAX,
            Self::Requests(n) => n,
        }
    }
}

/// What a gate asks before each turn.
pub(crate) struct Around {
    pub(crate) clock: RunClock,
    pub(crate) cancel: Cancel,
    pub(crate) stop_early: StopEarly,
}

/// The gate of one point: hands out turns and remembers when it opened and closed.
pub(crate) struct Gate {
    load: Load,
    plan: Mutex<Peekable<Plan>>,
    clock: RunClock,
    cancel: Cancel,
    stop_early: StopEarly,
    started: Instant,
    deadline: Option<Instant>,
    limit: u64,
    turns: AtomicU64,
    opened: AtomicU64,
    stopped: AtomicU64,
}

/// Has not happened yet.
const NEVER: u64 = u64::MAX;

impl Gate {
    /// Opens it now for the requests of `plan`.
    pub(crate) fn open(load: Load, bound: Bound, plan: Plan, around: Around) -> Self {
        let now = Instant::now();
        let Around { clock, cancel, stop_early } = around;
        let deadline = match bound {
            Bound::Duration(span) => Some(now + span),
            Bound::Requests(_) => None,
        };
        let stopped = deadline.map_or(NEVER, |deadline| clock.at(deadline).nanos());
        Self {
            load,
            plan: Mutex::new(plan.peekable()),
            clock,
            cancel,
            stop_early,
            started: now,
            deadline,
            limit: bound.limit(),
            turns: AtomicU64::new(0),
            opened: AtomicU64::new(NEVER),
            stopped: AtomicU64::new(stopped),
        }
    }

    /// The next request; none when the point has stopped sending.
    pub(crate) fn turn(&self) -> Option<Planned> {
        if !self.admits() {
            return None;
        }
        let planned = self.plan.lock().unwrap_or_else(PoisonError::into_inner).next();
        if planned.is_none() {
            self.stop_at(Instant::now());
        }
        planned
    }

    /// The next request and the turns that follow it in its conversation; none when there are no
    /// more or the point has stopped sending. Each is to be sent if the gate [admits](Self::admits)
    /// it.
    pub(crate) fn conversation(&self) -> Option<Vec<Planned>> {
        if self.is_closed() {
            return None;
        }
        let mut plan = self.plan.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(first) = plan.next() else {
            self.stop_at(Instant::now());
            return None;
        };
        let session = first.turn.map(|turn| turn.session);
        let mut conversation = vec![first];
        let follows =
            |next: &Planned| session.is_some() && next.turn.map(|it| it.session) == session;
        while let Some(next) = plan.next_if(follows) {
            conversation.push(next);
        }
        Some(conversation)
    }

    /// Whether one more request may be sent; it counts as sent.
    pub(crate) fn admits(&self) -> bool {
        if self.is_closed() {
            return false;
        }
        let turn = self.turns.fetch_add(1, SeqCst);
        if turn + 1 >= self.limit {
            self.stop_at(Instant::now());
        }
        turn < self.limit
    }

    fn is_closed(&self) -> bool {
        if self.cancel.is_thrown() || self.stop_early.is_said() {
            self.stop_at(Instant::now());
            return true;
        }
        self.deadline.is_some_and(|deadline| Instant::now() >= deadline)
            || self.turns.load(SeqCst) >= self.limit
    }

    /// Waits for `span`, no longer than the point sends.
    pub(crate) async fn pause(&self, span: Duration) {
        let thrown = self.cancel.thrown();
        if span.is_zero() || self.cancel.is_thrown() {
            return;
        }
        let until = Instant::now() + span;
        let until = self.deadline.map_or(until, |deadline| until.min(deadline));
        // Over at the time, or at Ctrl-C.
        let _ = tokio::time::timeout_at(until.into(), thrown).await;
    }

    /// Notes that sending stopped at `instant`, unless it stopped earlier.
    pub(crate) fn stop_at(&self, instant: Instant) {
        self.stopped.fetch_min(self.clock.at(instant).nanos(), SeqCst);
    }

    /// What may end it before its bound.
    pub(crate) fn stop_early(&self) -> StopEarly {
        self.stop_early.clone()
    }

    /// When it opened.
    pub(crate) fn started(&self) -> Instant {
        self.started
    }

    /// When it closes, where time bounds it.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.deadline
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
            started_ns: self.clock.at(self.started),
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
