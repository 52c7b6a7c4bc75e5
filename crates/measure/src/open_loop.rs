//! Open loop: requests are sent when they are due, whatever the answers do.
//!
//! Three parties. One thread writes the requests ahead of time, another hands each over when it
//! is due ([`crate::pacer`]), and the event loop sends it on a connection that is idle, or on a
//! new one. Where a cap on requests in flight is set, what is due beyond it waits here in order,
//! and its waiting is in the clocks that count from the schedule.

use crate::ask::Ask;
use crate::dial::Dialer;
use crate::exchange::Exchanged;
use crate::failure::{Broken, Fault};
use crate::gate::Gate;
use crate::generator::{Shared, Work};
use crate::pacer::{Due, WallTimer, pace};
use crate::shards::Loops;
use crate::slot::Slot;
use farebox_core::{FailureReason, RequestRecord};
use farebox_workload::{Plan, Planned};
use std::panic::resume_unwind;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};
use tokio::runtime::Handle;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;

/// Requests that are ready before they are due, at most.
const AHEAD: usize = 256;

/// What is written ahead: requests in their order, of a plan that may be endless.
pub(crate) struct Ahead {
    ready: Receiver<Due<Ask>>,
    writer: JoinHandle<()>,
}

impl Ahead {
    /// Starts to write the requests of `plan`, and waits until the first is ready.
    pub(crate) async fn start(shared: Arc<Shared>, work: Work, plan: Plan, limit: u64) -> Self {
        let (write, ready) = sync_channel(AHEAD);
        let (tell, first_is_ready) = tokio::sync::oneshot::channel();
        let plan = plan.take(usize::try_from(limit).unwrap_or(usize::MAX));
        let writer = thread::spawn(move || write_ahead(&shared, work, plan, &write, tell));
        // An empty plan drops the other end: there is nothing to wait for then.
        let _ = first_is_ready.await;
        Self { ready, writer }
    }
}

fn write_ahead(
    shared: &Shared,
    work: Work,
    plan: impl Iterator<Item = Planned>,
    write: &SyncSender<Due<Ask>>,
    tell: tokio::sync::oneshot::Sender<()>,
) {
    let mut tell = Some(tell);
    for planned in plan {
        let at = Duration::from_nanos(planned.at_ns.unwrap_or(0));
        if write.send(Due { at, what: shared.write(work, &planned) }).is_err() {
            return; // Nobody waits for more.
        }
        if let Some(tell) = tell.take() {
            let _ = tell.send(());
        }
    }
}

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

/// One point of open-loop load.
pub(crate) struct OpenLoop {
    pub(crate) shared: Arc<Shared>,
    pub(crate) gate: Arc<Gate>,
    pub(crate) work: Work,
    pub(crate) idle: Arc<Idle>,
    /// When the schedule starts.
    pub(crate) start: Instant,
    /// Requests in flight at most.
    pub(crate) at_most: Option<u32>,
}

impl OpenLoop {
    /// Sends what is due until the schedule is over, and waits for the answers.
    pub(crate) async fn run(self, ahead: Ahead) {
        let (hand_over, mut due) = unbounded_channel();
        let pacer = self.pacer(ahead.ready, hand_over);
        let places = self.at_most.map(|at_most| Arc::new(Semaphore::new(at_most as usize)));
        let mut in_flight = JoinSet::new();
        // Once one has waited in vain, those behind it have too.
        let mut is_over = false;
        while let Some(request) = due.recv().await {
            let place = if is_over { None } else { self.place(places.as_ref()).await };
            if let Some(place) = place {
                let slot = self.idle.take();
                let on = slot.on.clone();
                in_flight.spawn_on(self.send(request, (slot, place)), &on);
            } else {
                is_over = true;
                self.give_up(&request);
            }
            while let Some(ended) = in_flight.try_join_next() {
                ended.unwrap_or_else(|error| resume_unwind(error.into_panic()));
            }
        }
        in_flight.join_all().await;
        for thread in [pacer, ahead.writer] {
            thread.join().unwrap_or_else(|panic| resume_unwind(panic));
        }
    }

    fn pacer(
        &self,
        ready: Receiver<Due<Ask>>,
        hand_over: UnboundedSender<Due<Ask>>,
    ) -> JoinHandle<()> {
        let (gate, start) = (self.gate.clone(), self.start);
        let end = gate.deadline().map(|deadline| deadline.saturating_duration_since(start));
        let mut timer = WallTimer { start, cancel: self.shared.rules.cancel.clone() };
        thread::spawn(move || {
            // The other end is there as long as this one is.
            let over = pace(ready, end, &mut timer, |due| drop(hand_over.send(due)));
            gate.stop_at(over.map_or_else(Instant::now, |over| start + over));
        })
    }

    /// A place among the requests in flight, at once or when one comes free before the end; none
    /// after Ctrl-C, which frees every place but is no time to begin.
    async fn place(&self, places: Option<&Arc<Semaphore>>) -> Option<Place> {
        let place = match places {
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

    fn send(&self, due: Due<Ask>, with: (Slot, Place)) -> impl Future<Output = ()> + Send + use<> {
        let (mut slot, place) = with;
        let (shared, gate, idle) = (self.shared.clone(), self.gate.clone(), self.idle.clone());
        let (work, sched) = (self.work, self.start + due.at);
        async move {
            let record = slot.ask(due.what, &shared.rules).await.record;
            idle.put(slot);
            drop(place);
            shared.hand_over(scheduled(record, &shared, sched), &gate, work);
        }
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
