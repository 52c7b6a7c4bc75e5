//! What a composition yields.

use super::{Breakdown, Steps};
use crate::calibration::{Constants, Regime};
use crate::compiled::Compiled;
use crate::setup::{Job, Load};

/// What requests see, and how the machine spends its time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Answer {
    /// Send to first token, seconds; of a static batch, until all prompts are read.
    pub ttft_s: f64,
    /// Between tokens, seconds.
    pub tpot_s: f64,
    /// Output tokens per second of all replicas.
    pub output_tok_per_s: f64,
    /// Requests per replica in one decode step.
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
        let sixth = |x: f64| (x * x * x) * (x * x * x);
        let ratio = wanted / limit;
        let most = if ratio > 1e3 { limit } else { wanted / (1.0 + sixth(ratio)).cbrt().sqrt() };
        most.max(1.0_f64.min(wanted))
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
