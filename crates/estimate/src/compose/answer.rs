//! What a composition yields.

use super::{Breakdown, Light, Steps};
use crate::calibration::{Constants, Regime};
use crate::compiled::Compiled;
use crate::setup::{Job, Load};

/// What requests see, and how the machine spends its time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Answer {
    /// Send to first token, seconds; of a static batch, until all prompts are read.
    pub ttft_s: f64,
    /// Between tokens, seconds; nobody sees it where an answer has one token.
    pub tpot_s: f64,
    /// Requests of all replicas that have been sent and not yet ended, those waiting for room
    /// counted.
    pub in_flight: f64,
    /// Those of them that have room in the caches.
    pub admitted: f64,
    /// Requests per busy replica in one decode step.
    pub batch: f64,
    /// A decode step.
    pub decode: Breakdown,
    /// Prefill of one prompt.
    pub prefill: Breakdown,
}

/// The state that compositions share: a job on one replica.
#[derive(Debug, Clone, Copy)]
pub(super) struct Replica<'a> {
    pub(super) steps: Steps<'a>,
    pub(super) job: Job,
    /// Sequences that the cache holds.
    pub(super) room: f64,
    pub(super) replicas: f64,
}

impl Answer {
    /// Asks `compiled` under `constants`.
    pub fn of(compiled: &Compiled, constants: &Constants, job: Job) -> Self {
        let replica = Replica::new(compiled, constants, job);
        match job.load {
            Load::Closed(n) => replica.closed(n),
            Load::Rate(n) => replica.rate(n),
            Load::Static(n) => replica.batch(n),
            Load::Saturated => replica.queue(),
        }
    }

    /// Asks `compiled` under its own constants.
    pub fn calibrated(compiled: &Compiled, job: Job) -> Self {
        Self::of(compiled, &compiled.constants[Regime::of(job.load) as usize], job)
    }
}

impl Answer {
    /// Send to last token, seconds.
    pub fn e2e_s(&self, job: &Job) -> f64 {
        self.ttft_s + job.steps() * self.tpot_s
    }

    /// Requests per second of all replicas, by Little's law: what is in flight over how long it is.
    /// There is no other rate, so that latencies and throughput never contradict each other.
    pub fn requests_per_s(&self, job: &Job) -> f64 {
        self.in_flight / self.e2e_s(job)
    }
}

impl<'a> Replica<'a> {
    fn new(compiled: &'a Compiled, constants: &'a Constants, job: Job) -> Self {
        let work = &compiled.work;
        let budget = &compiled.budget;
        let stages = f64::from(work.parallel.pp);
        let sequence =
            work.attention.sequence_bytes(job.isl + compiled.reserved_output * job.osl) / stages;
        // A deployment that does not fit is still answered: whoever runs it has raised the
        // engine's share of memory.
        let free = budget.free().max(0.08 * budget.usable);
        let room = (free / sequence.max(1.0) * f64::from(work.parallel.dp)).max(1.0);
        let replicas = f64::from(work.parallel.replicas);
        Self { steps: Steps { work, constants }, job, room, replicas }
    }

    /// Requests in one step when `wanted` are in flight: the smaller of that and `limit`, rounded
    /// where they meet because lengths vary.
    pub(super) fn admitted(wanted: f64, limit: f64) -> f64 {
        let sixteenth = |x: f64| x.powi(16);
        let ratio = wanted / limit;
        let root = |x: f64| x.sqrt().sqrt().sqrt().sqrt();
        let most = if ratio > 1e3 { limit } else { wanted / root(1.0 + sixteenth(ratio)) };
        most.max(1.0_f64.min(wanted))
    }

    /// Replicas with something to do when `requests` are in flight, and the requests of each.
    pub(super) fn spread(&self, requests: f64) -> (f64, f64) {
        let busy = requests.min(self.replicas);
        (busy, requests / busy)
    }

    /// `seconds` to the first token and between tokens, no less than physics allows at `batch`.
    pub(super) fn no_faster_than_light(&self, batch: f64, seconds: (f64, f64)) -> (f64, f64) {
        let light = Light::of(self.steps.work, &self.job, batch);
        (seconds.0.max(light.ttft_s), seconds.1.max(light.tpot_s))
    }

    /// Prefill seconds per prompt when as many run together as one step takes.
    pub(super) fn shared_prefill(&self, batch: f64) -> f64 {
        /// Prompt tokens in one step, the default of engines.
        const CHUNK: f64 = 8192.0;
        let ranks = f64::from(self.steps.work.parallel.dp);
        let together = (CHUNK * ranks / self.job.isl).clamp(1.0, batch.max(1.0));
        self.steps.prefill(together, self.job.isl).seconds() / together
    }
}
