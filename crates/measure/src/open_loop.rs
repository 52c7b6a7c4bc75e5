//! Open loop: requests are sent when they are due, whatever the answers do.
//!
//! Three parties. One thread writes the requests ahead of time, another hands each over when it
//! is due ([`crate::pacer`]), and the event loop sends it on a connection that is idle, or on a
//! new one. Where a cap on requests in flight is set, what is due beyond it waits here in order,
//! and its waiting is in the clocks that count from the schedule. A turn that follows another of its
//! conversation is due when the answer to that one has been there for as long as its reader thinks,
//! if that is later than its own time ([`crate::conversations`]).

use crate::ahead::Ahead;
use crate::ask::Ask;
use crate::conversations::{Answered, Conversations, Previous};
use crate::dial::Dialer;
use crate::exchange::Exchanged;
use crate::failure::{Broken, Fault};
use crate::gate::Gate;
use crate::generator::{Shared, Work};
use crate::pacer::{Due, WallTimer, pace};
use crate::shards::Loops;
use crate::slot::Slot;
use farebox_core::{FailureReason, RequestRecord};
use std::panic::resume_unwind;
use std::sync::mpsc::Receiver;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Instant;
use tokio::runtime::Handle;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;

/// Connections that carry nothing at the moment.
pub(crate) struct Idle {
    dialer: Dialer,
    slots: Mutex<Vec<Slot>>,
    loops: Loops,
}

impl Idle {
    /// These slots, and new ones on these loops.
    pub(crate) fn new(dialer: Dialer, kept: (Vec<Slot>, Loops)) -> Self {
        let (slots, loops) = kept;
        Self { dialer, slots: Mutex::new(slots), loops }
    }

    /// An event loop, in turn.
    pub(crate) fn take_loop(&self) -> Handle {
        self.loops.take_turn()
    }

    /// The one used last, or a new one.
    fn take(&self) -> Slot {
        let kept = self.slots.lock().unwrap_or_else(PoisonError::into_inner).pop();
        kept.unwrap_or_else(|| Slot::new(self.dialer.clone(), self.take_loop()))
    }

    fn put(&self, slot: Slot) {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner).push(slot);
    }

    /// All of them, once nothing is in flight.
    pub(crate) fn take_all(&self) -> Vec<Slot> {
        std::mem::take(&mut self.slots.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// One point of open-loop load; clones are the same point.
#[derive(Clone)]
pub(crate) struct OpenLoop {
    pub(crate) shared: Arc<Shared>,
    pub(crate) gate: Arc<Gate>,
    pub(crate) work: Work,
    pub(crate) idle: Arc<Idle>,
    /// When the schedule starts.
    pub(crate) start: Instant,
    /// Requests in flight at most.
    pub(crate) at_most: Option<u32>,
    /// A place for each of them.
    pub(crate) places: Option<Arc<Semaphore>>,
}

impl OpenLoop {
    /// A point with room for `at_most` requests in flight.
    pub(crate) fn new(
        shared: Arc<Shared>,
        gate: Arc<Gate>,
        work: Work,
        (idle, at_most): (Arc<Idle>, Option<u32>),
    ) -> Self {
        let start = gate.started();
        let places = at_most.map(|at_most| Arc::new(Semaphore::new(at_most as usize)));
        Self { shared, gate, work, idle, start, at_most, places }
    }

    /// Sends what is due until the schedule is over, and waits for the answers.
    pub(crate) async fn run(self, ahead: Ahead) {
        let (hand_over, mut due) = unbounded_channel();
        let pacer = self.pacer(ahead.ready, hand_over);
        let mut in_flight = JoinSet::new();
        let mut conversations = Conversations::default();
        // Once one has waited in vain, those behind it have too.
        let mut is_over = false;
        while let Some(request) = due.recv().await {
            let (previous, answered) = conversations.join(request.what.turn);
            if let Some(previous) = previous {
                in_flight.spawn(self.clone().follow(request, previous, answered));
            } else if let Some(place) = if is_over { None } else { self.place().await } {
                let slot = self.idle.take();
                let on = slot.on.clone();
                in_flight.spawn_on(self.send(request, (slot, place), answered), &on);
            } else {
                is_over = true;
                self.give_up(&request);
            }
            while let Some(ended) = in_flight.try_join_next() {
                ended.unwrap_or_else(|error| resume_unwind(error.into_panic()));
            }
        }
        let last = in_flight.join_all().await.into_iter().flatten().max();
        let over = pacer.join().unwrap_or_else(|panic| resume_unwind(panic));
        self.gate.stop_at(last.map_or(over, |last| last.max(over)));
        ahead.writer.join().unwrap_or_else(|panic| resume_unwind(panic));
    }

    fn pacer(
        &self,
        ready: Receiver<Due<Ask>>,
        hand_over: UnboundedSender<Due<Ask>>,
    ) -> JoinHandle<Instant> {
        let (gate, start) = (self.gate.clone(), self.start);
        let end = gate.deadline().map(|deadline| deadline.saturating_duration_since(start));
        let (cancel, stop_early) = (self.shared.rules.cancel.clone(), gate.stop_early());
        let mut timer = WallTimer { start, cancel, stop_early };
        thread::spawn(move || {
            // The other end is there as long as this one is.
            let over = pace(ready, end, &mut timer, |due| drop(hand_over.send(due)));
            over.map_or_else(Instant::now, |over| start + over)
        })
    }

    /// A place among the requests in flight, at once or when one comes free before the end; none
    /// after Ctrl-C, which frees every place but is no time to begin.
    async fn place(&self) -> Option<Place> {
        let place = match &self.places {
            None => Place(None),
            Some(places) => Place(Some(self.free_place(places.clone()).await?)),
        };
        (!self.shared.rules.cancel.is_thrown()).then_some(place)
    }

    async fn free_place(&self, places: Arc<Semaphore>) -> Option<OwnedSemaphorePermit> {
        if let Ok(free) = places.clone().try_acquire_owned() {
            return Some(free);
        }
        let free = places.acquire_owned();
        match self.gate.deadline() {
            None => free.await.ok(),
            Some(deadline) => {
                tokio::time::timeout_at(deadline.into(), free).await.ok().and_then(Result::ok)
            }
        }
    }

    /// Sends a request now; when it was due.
    fn send(
        &self,
        due: Due<Ask>,
        with: (Slot, Place),
        answered: Option<Answered>,
    ) -> impl Future<Output = Option<Instant>> + Send + use<> {
        let (mut slot, place) = with;
        let (shared, gate, idle) = (self.shared.clone(), self.gate.clone(), self.idle.clone());
        let (work, sched) = (self.work, self.start + due.at);
        async move {
            let record = slot.ask(due.what, &shared.rules).await.record;
            idle.put(slot);
            drop(place);
            if let Some(answered) = answered {
                answered.tell();
            }
            shared.hand_over(scheduled(record, &shared, sched), &gate, work);
            Some(sched)
        }
    }

    /// Sends a turn once the one before it has its answer and its reader has thought; when that
    /// was due. Nothing where that is after the end.
    async fn follow(
        self,
        due: Due<Ask>,
        previous: Previous,
        answered: Option<Answered>,
    ) -> Option<Instant> {
        let ready = previous.answered().await? + due.what.think;
        let at = due.at.max(ready.saturating_duration_since(self.start));
        let due = Due { at, ..due };
        self.gate.pause(ready.saturating_duration_since(Instant::now())).await;
        let after_the_end = |end: Instant| self.start + at >= end;
        if self.shared.rules.cancel.is_thrown() || self.gate.deadline().is_some_and(after_the_end) {
            return None;
        }
        let Some(place) = self.place().await else {
            self.give_up(&due);
            return Some(self.start + at);
        };
        self.send(due, (self.idle.take(), place), answered).await
    }

    /// Writes down that a request was due and never sent.
    fn give_up(&self, due: &Due<Ask>) {
        let rules = &self.shared.rules;
        let broken = if rules.cancel.is_thrown() {
            Broken::Cancelled
        } else {
            let detail = format!(
                "due {:.3} s after the start; none of {} places came free before the end",
                due.at.as_secs_f64(),
                self.at_most.unwrap_or_default()
            );
            Broken::Failed(Fault::new(FailureReason::NeverSent, detail))
        };
        let record = Exchanged::never_sent(&due.what, rules, Instant::now(), broken).record;
        let record = scheduled(record, &self.shared, self.start + due.at);
        self.shared.hand_over(record, &self.gate, self.work);
    }
}

/// A place among the requests in flight, given back when dropped; none where any number may be.
struct Place(#[expect(dead_code, reason = "held, not read")] Option<OwnedSemaphorePermit>);

fn scheduled(record: RequestRecord, shared: &Shared, at: Instant) -> RequestRecord {
    RequestRecord { sched_ns: Some(shared.rules.clock.at(at)), ..record }
}
