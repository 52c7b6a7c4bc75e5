//! The load generator: slots that send in closed loop, in batches or by a schedule, point after
//! point.
//!
//! Each slot is a task of its own that keeps its connection over all points. Nothing is shared
//! on the way of a token; a record is handed over once its request has ended.

use crate::ahead::Ahead;
use crate::ask::{Ask, AskBuilder};
use crate::dial::Dialer;
use crate::exchange::Rules;
use crate::gate::{Around, Bound, Gate, Load, failed, pause_after};
use crate::open_loop::{Idle, OpenLoop};
use crate::prefix_cache::reset;
use crate::prompt::WARMUP_STREAM;
use crate::settings::LoadSettings;
use crate::shards::Shards;
use crate::slot::Slot;
use crate::stop_early::StopEarly;
use crate::target::Target;
use farebox_core::{Phase, PointMarks, ReadLag, RequestRecord};
use farebox_workload::{Plan, Planned, SegmentId, Workload};
use std::panic::resume_unwind;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::{JoinError, JoinSet};

/// Where records go as their requests end.
pub type RecordSink = Arc<dyn Fn(RequestRecord) + Send + Sync>;

/// Requests of a plan among which the longest stands for all.
const LOOK_AHEAD: usize = 1000;

/// Makes load against one server.
pub struct LoadGenerator {
    dialer: Dialer,
    slots: Vec<Slot>,
    /// Dropped after the slots, whose connections live on them.
    shards: Shards,
    workload: Workload,
    shared: Arc<Shared>,
    stop_early: StopEarly,
    reset: Option<(Target, &'static str)>,
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
        let workload = match settings.cache.map(|wish| wish.state.share()) {
            Some(share) if share > 0.0 => settings.workload.sharing_part(share),
            _ => settings.workload.clone(),
        };
        let stop_early = StopEarly::default();
        let (slots, shards) = (Vec::new(), Shards::default());
        Self { dialer, slots, shards, workload, shared, stop_early, reset: None }
    }

    /// From now on, the server's prefix cache is emptied by this endpoint when asked.
    pub(crate) fn reset_by(&mut self, target: Target, endpoint: &'static str) {
        self.reset = Some((target, endpoint));
    }

    /// Ends the point under way before its bound.
    pub fn stop_early(&self) -> StopEarly {
        self.stop_early.clone()
    }

    /// Brings the server's prefix cache into its declared state for the prompts of `point`: emptied
    /// where that can be asked, then filled with the part that they have in common.
    pub async fn prepare_cache(&mut self, point: u32, primers: u32) {
        if let Some((target, endpoint)) = &self.reset {
            reset(&self.dialer, target, endpoint).await;
        }
        let plan = self.workload.paced_by_answers().plan(self.shared.seed);
        let Some(longest) = plan.take(LOOK_AHEAD).max_by_key(|planned| planned.isl) else { return };
        let new = || Slot::new(self.dialer.clone(), self.shards.for_streams(1).take_turn());
        let mut slot = self.slots.pop().unwrap_or_else(new);
        for primer in 0..u64::from(primers) {
            let ask = self.shared.primer(point, &longest, primer);
            let record = slot.ask(ask, &self.shared.rules).await.record;
            (self.shared.sink)(RequestRecord { point, phase: Phase::Warmup, ..record });
        }
        self.slots.push(slot);
    }

    /// Sends `requests` distinct prompts, at most `at_once` in flight. None of them counts. Each
    /// `part` of a run that is gone on with has prompts of its own, from 0 at its beginning.
    pub async fn warm_up(&mut self, part: usize, requests: u64, at_once: u32) {
        if requests == 0 || at_once == 0 {
            return;
        }
        let load = Load::Concurrency(at_once.min(u32::try_from(requests).unwrap_or(u32::MAX)));
        let work = Work { point: 0, stream: warm_up_stream(part), warmup: true };
        self.run(work, load, Bound::Requests(requests)).await;
    }

    /// Offers `load` until `bound`; records go to the sink as requests end.
    pub async fn run_point(&mut self, point: u32, load: Load, bound: Bound) -> PointMarks {
        let work = Work { point, stream: u64::from(point), warmup: false };
        self.run(work, load, bound).await
    }

    async fn run(&mut self, work: Work, load: Load, bound: Bound) -> PointMarks {
        self.stop_early.take_back();
        self.shards.may_rest(!load.named().kind.is_open_loop());
        let around = Around {
            clock: self.shared.rules.clock,
            cancel: self.shared.rules.cancel.clone(),
            stop_early: self.stop_early.clone(),
        };
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
                let ready = at_most.map_or(OPEN_AHEAD, |cap| OPEN_AHEAD.min(cap as usize));
                self.slots = self.take_slots(ready.max(self.slots.len())).await;
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
        let slots = std::mem::take(&mut self.slots);
        let loops = self.shards.for_streams(at_most.map_or(UNCAPPED, |cap| cap as usize));
        let idle = Arc::new(Idle::new(self.dialer.clone(), (slots, loops)));
        let (shared, gate) = (self.shared.clone(), gate.clone());
        let point = OpenLoop::new(shared, gate, work, (idle.clone(), at_most));
        // On a loop of its own kind: what is due need not cross from one thread to another twice.
        let running = idle.take_loop().spawn(point.run(ahead));
        settled(running.await);
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

    /// `n` slots with open connections: those kept from before, and new ones, opened a few at a
    /// time, so that no server's queue of new connections overflows.
    async fn take_slots(&mut self, n: usize) -> Vec<Slot> {
        let loops = self.shards.for_streams(n);
        let mut slots = std::mem::take(&mut self.slots);
        slots.truncate(n);
        slots.resize_with(n, || Slot::new(self.dialer.clone(), loops.take_turn()));
        let (mut opening, mut open) = (JoinSet::new(), Vec::with_capacity(n));
        for mut slot in slots {
            if opening.len() == CONNECTING_AT_ONCE {
                open.extend(opening.join_next().await.map(settled));
            }
            let on = slot.on.clone();
            let warm = async move {
                slot.warm().await;
                slot
            };
            opening.spawn_on(warm, &on);
        }
        open.extend(opening.join_all().await);
        open
    }

    /// How late reads were since the last time this was asked; none where the kernel keeps no
    /// times.
    pub fn take_read_lag(&self) -> Option<ReadLag> {
        self.shared.rules.lags.take()
    }
}

/// Connections that are being opened at the same time, at most.
const CONNECTING_AT_ONCE: usize = 64;
/// Connections that open loop finds open; it opens more as it needs them.
const OPEN_AHEAD: usize = 64;
/// Streams that event loops are started for where open loop has no cap.
const UNCAPPED: usize = 2048;

/// The prompts that wake the server up: below the first part's stream is that of the probes.
fn warm_up_stream(part: usize) -> u64 {
    let below = if part == 0 { 0 } else { part as u64 + 1 };
    WARMUP_STREAM - below
}

/// What a task gave; a panic in it is a panic here.
fn settled<T>(joined: Result<T, JoinError>) -> T {
    joined.unwrap_or_else(|error| resume_unwind(error.into_panic()))
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
        let kind = match (work.warmup, WARMUP_STREAM - work.stream) {
            (true, 0) => "warmup".to_owned(),
            (true, below) => format!("warmup-s{below}"),
            (false, _) => format!("p{}", work.point),
        };
        let id = format!("fb-{:x}-{kind}-{}", self.seed, planned.index);
        self.asks.ask(work.stream, planned, id)
    }

    /// A request that begins as `like` does and ends as no other.
    fn primer(&self, point: u32, like: &Planned, primer: u64) -> Ask {
        let mut planned = like.clone();
        planned.osl = 1;
        for segment in &mut planned.segments {
            if let SegmentId::Own(_) = segment.id {
                segment.id = SegmentId::Own(u64::MAX - primer);
            }
        }
        let id = format!("fb-{:x}-warmup-p{point}-{primer}", self.seed);
        self.asks.ask(u64::from(point), &planned, id)
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
        let on = slot.on.clone();
        let turns = async move {
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
        };
        running.spawn_on(turns, &on);
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
            let on = slot.on.clone();
            let turn = async move {
                let went_wrong = shared.serve(&mut slot, &gate, work, (turn, Some(batch))).await;
                (slot, went_wrong)
            };
            running.spawn_on(turn, &on);
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
