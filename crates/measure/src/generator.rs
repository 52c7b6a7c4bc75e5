//! The load generator: slots that send in closed loop, in batches or by a schedule, point after
//! point.
//!
//! Each slot is a task of its own that keeps its connection over all points. Nothing is shared
//! on the way of a token; a record is handed over once its request has ended.

use crate::ahead::Ahead;
use crate::ask::{Ask, AskBuilder};
use crate::connection::Dialer;
use crate::exchange::Rules;
use crate::gate::{Bound, Gate, Load, failed, pause_after};
use crate::open_loop::{Idle, OpenLoop};
use crate::prompt::WARMUP_STREAM;
use crate::settings::LoadSettings;
use crate::slot::Slot;
use farebox_core::{Phase, PointMarks, RequestRecord};
use farebox_workload::{Plan, Planned, Workload};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;

/// Where records go as their requests end.
pub type RecordSink = Arc<dyn Fn(RequestRecord) + Send + Sync>;

/// Makes load against one server.
pub struct LoadGenerator {
    dialer: Dialer,
    slots: Vec<Slot>,
    workload: Workload,
    shared: Arc<Shared>,
}

/// What all slots of a run share.
pub(crate) struct Shared {
    asks: AskBuilder,
    pub(crate) rules: Rules,
    sink: RecordSink,
    seed: u64,
}

impl LoadGenerator {
    pub(crate) fn new(
        dialer: Dialer,
        asks: AskBuilder,
        rules: Rules,
        run: (&LoadSettings, RecordSink),
    ) -> Self {
        let (settings, sink) = run;
        let shared = Arc::new(Shared { asks, rules, sink, seed: settings.seed });
        Self { dialer, slots: Vec::new(), workload: settings.workload.clone(), shared }
    }

    /// Sends `requests` distinct prompts, at most `at_once` in flight. None of them counts.
    pub async fn warm_up(&mut self, requests: u64, at_once: u32) {
        if requests == 0 || at_once == 0 {
            return;
        }
        let load = Load::Concurrency(at_once.min(u32::try_from(requests).unwrap_or(u32::MAX)));
        let work = Work { point: 0, stream: WARMUP_STREAM, warmup: true };
        self.run(work, load, Bound::Requests(requests)).await;
    }

    /// Offers `load` until `bound`; records go to the sink as requests end.
    pub async fn run_point(&mut self, point: u32, load: Load, bound: Bound) -> PointMarks {
        let work = Work { point, stream: u64::from(point), warmup: false };
        self.run(work, load, bound).await
    }

    async fn run(&mut self, work: Work, load: Load, bound: Bound) -> PointMarks {
        let around = (self.shared.rules.clock, self.shared.rules.cancel.clone());
        let open = |plan| Arc::new(Gate::open(load, bound, plan, around));
        let gate = match load {
            Load::Concurrency(slots) => {
                let slots = self.take_slots(slots as usize).await;
                let gate = open(self.plan(load, work.stream));
                self.slots = closed_loop(slots, &self.shared, &gate, work).await;
                gate
            }
            Load::Batch(size) => {
                let slots = self.take_slots(size as usize).await;
                let gate = open(self.plan(load, work.stream));
                self.slots = batches(slots, &self.shared, &gate, (work, size)).await;
                gate
            }
            Load::Rate { at_most, .. } | Load::Trace { at_most, .. } => {
                let plan = self.plan(load, work.stream);
                let ahead = Ahead::start(self.shared.clone(), work, plan, bound.limit()).await;
                let gate = open(Plan::default());
                self.open_loop(&gate, work, (ahead, at_most)).await;
                gate
            }
        };
        gate.marks()
    }

    async fn open_loop(&mut self, gate: &Arc<Gate>, work: Work, due: (Ahead, Option<u32>)) {
        let (ahead, at_most) = due;
        let idle = Arc::new(Idle::new(self.dialer.clone(), std::mem::take(&mut self.slots)));
        let (shared, gate) = (self.shared.clone(), gate.clone());
        OpenLoop::new(shared, gate, work, (idle.clone(), at_most)).run(ahead).await;
        self.slots = idle.take_all();
    }

    /// The requests of a load. The same lengths in the same order at every load, so that loads
    /// differ by the load alone and only their prompts are others; of texts that are given, others.
    fn plan(&self, load: Load, stream: u64) -> Plan {
        let workload = match load {
            Load::Concurrency(_) | Load::Batch(_) => self.workload.paced_by_answers(),
            Load::Rate { pace, .. } => self.workload.at_pace(pace),
            Load::Trace { speed, .. } => self.workload.at_speed(speed),
        };
        workload.for_load(stream).plan(self.shared.seed)
    }

    /// `n` slots with open connections: those kept from before, and new ones.
    async fn take_slots(&mut self, n: usize) -> Vec<Slot> {
        let mut slots = std::mem::take(&mut self.slots);
        slots.truncate(n);
        slots.resize_with(n, || Slot::new(self.dialer.clone()));
        let mut warming = JoinSet::new();
        for mut slot in slots {
            warming.spawn(async move {
                slot.warm().await;
                slot
            });
        }
        warming.join_all().await
    }
}

/// Which requests are sent.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Work {
    point: u32,
    stream: u64,
    warmup: bool,
}

impl Shared {
    /// One turn of a slot: builds the request, sends it, hands its record over.
    async fn serve(
        &self,
        slot: &mut Slot,
        gate: &Gate,
        work: Work,
        turn: (Planned, Option<u32>),
    ) -> bool {
        let (planned, batch) = turn;
        let ask = self.write(work, &planned);
        let mut record = slot.ask(ask, &self.rules).await.record;
        record.batch = batch;
        let went_wrong = failed(&record);
        self.hand_over(record, gate, work);
        went_wrong
    }

    /// Builds a request, ready to be sent.
    pub(crate) fn write(&self, work: Work, planned: &Planned) -> Ask {
        let kind = if work.warmup { "warmup".to_owned() } else { format!("p{}", work.point) };
        let id = format!("fb-{:x}-{kind}-{}", self.seed, planned.index);
        self.asks.ask(work.stream, planned, id)
    }

    /// Hands the record of a request that has ended to whoever listens.
    pub(crate) fn hand_over(&self, mut record: RequestRecord, gate: &Gate, work: Work) {
        record.point = work.point;
        record.phase = if work.warmup { Phase::Warmup } else { gate.phase(&record) };
        (self.sink)(record);
    }
}

/// Every slot sends as soon as its last request has ended, until the gate closes. A conversation
/// keeps its slot to its end, while its reader thinks too.
async fn closed_loop(
    slots: Vec<Slot>,
    shared: &Arc<Shared>,
    gate: &Arc<Gate>,
    work: Work,
) -> Vec<Slot> {
    let mut running = JoinSet::new();
    for mut slot in slots {
        let (shared, gate) = (shared.clone(), gate.clone());
        running.spawn(async move {
            let mut failures_in_a_row = 0;
            // Each turn of a conversation waits for the answer to the one before.
            while let Some(conversation) = gate.conversation() {
                for turn in conversation {
                    gate.pause(Duration::from_nanos(turn.think_ns)).await;
                    if !gate.admits() {
                        break;
                    }
                    if shared.serve(&mut slot, &gate, work, (turn, None)).await {
                        failures_in_a_row += 1;
                        tokio::time::sleep(pause_after(failures_in_a_row)).await;
                    } else {
                        failures_in_a_row = 0;
                    }
                }
            }
            slot
        });
    }
    running.join_all().await
}

/// All slots send at once and wait for each other, batch after batch; after a batch without a
/// single answer, with a pause.
async fn batches(
    mut slots: Vec<Slot>,
    shared: &Arc<Shared>,
    gate: &Arc<Gate>,
    work: (Work, u32),
) -> Vec<Slot> {
    let (work, size) = work;
    let mut failures_in_a_row = 0;
    for batch in 0.. {
        let turns: Vec<Planned> = (0..size).map_while(|_| gate.turn()).collect();
        if turns.is_empty() {
            break;
        }
        let mut running = JoinSet::new();
        let mut idle = slots.split_off(turns.len().min(slots.len()));
        for (mut slot, turn) in slots.into_iter().zip(turns) {
            let (shared, gate) = (shared.clone(), gate.clone());
            running.spawn(async move {
                let went_wrong = shared.serve(&mut slot, &gate, work, (turn, Some(batch))).await;
                (slot, went_wrong)
            });
        }
        let (sent, went_wrong): (Vec<_>, Vec<_>) = running.join_all().await.into_iter().unzip();
        slots = sent;
        slots.append(&mut idle);
        if went_wrong.contains(&false) {
            failures_in_a_row = 0;
        } else {
            failures_in_a_row += 1;
            tokio::time::sleep(pause_after(failures_in_a_row)).await;
        }
    }
    slots
}
