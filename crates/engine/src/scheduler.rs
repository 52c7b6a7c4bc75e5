//! Continuous batching without a clock: who is in the next step, and which tokens come out of it.
//!
//! One step serves the running requests in the order in which they were admitted. A request whose
//! prompt is not yet in the cache takes as much of the step's token budget as is left (chunked
//! prefill), one that is decoding takes one token; the step that ends the prompt also samples the
//! first token. Waiting requests join first come first served.
//!
//! KV cache for the whole request, `isl + osl`, is reserved when it starts to run, so nobody is
//! ever preempted: a real engine packs tighter and preempts under pressure, this one queues.
//!
//! `step_time.rs` says how long a step takes; `timeline.rs` puts steps one after the other. These
//! three are the seam at which a full simulator replaces this one.

use std::collections::VecDeque;
use std::time::Duration;

use crate::quantity::Tokens;
use crate::step_time::{StepTime, StepWork};

/// Names one request inside the engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(pub u64);

/// What a request asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Job {
    /// Tokens in the prompt, at least 1.
    pub isl: Tokens,
    /// Tokens to generate, at least 1.
    pub osl: Tokens,
}

/// How much the scheduler may put into one step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SchedulerLimits {
    /// Requests running at once (vLLM's `--max-num-seqs`).
    pub max_running: usize,
    /// Tokens in one step, prefill and decode together (vLLM's `--max-num-batched-tokens`).
    pub max_step_tokens: Tokens,
}

impl SchedulerLimits {
    /// What estimates assume: 256 requests, 8,192 tokens, vLLM's defaults on a large accelerator.
    pub const OF_ESTIMATES: Self = Self { max_running: 256, max_step_tokens: Tokens(8192) };
}

impl Default for SchedulerLimits {
    /// vLLM's defaults for an API server on an A100: 256 requests, 2,048 tokens.
    fn default() -> Self {
        Self { max_running: 256, max_step_tokens: Tokens(2048) }
    }
}

/// Why a request was not admitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AdmitError {
    /// It would wait for ever.
    #[error("{} tokens do not fit the KV cache of {}", .needed.0, .capacity.0)]
    TooLarge {
        /// `isl + osl`.
        needed: Tokens,
        /// Tokens that the KV cache holds.
        capacity: Tokens,
    },
    /// A prompt or an answer of zero tokens has no first step.
    #[error("a request needs at least one prompt token and one output token")]
    Empty,
}

/// One token leaving a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Emission {
    /// Whose token.
    pub id: RequestId,
    /// Its position in the answer, from 0.
    pub index: u64,
    /// Tokens of the answer still to come; 0 for the last one.
    pub left: Tokens,
}

/// One step: how long it takes and what it emits when it ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// From its start to its end, without time scaling.
    pub duration: Duration,
    /// At most one token per request, in order of admission; empty while prompts are read.
    pub emissions: Vec<Emission>,
    /// Whose first step this is.
    pub started: Vec<RequestId>,
    /// Who runs in it and waits meanwhile.
    pub occupancy: Occupancy,
}

/// How full the engine is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Occupancy {
    /// Requests running.
    pub running: usize,
    /// Requests waiting.
    pub waiting: usize,
    /// Tokens of KV cache reserved by those that run.
    pub kv_reserved: Tokens,
}

/// The state of continuous batching: who waits, who runs, how much cache is taken.
#[derive(Debug, Clone)]
pub struct Scheduler {
    step_time: StepTime,
    limits: SchedulerLimits,
    kv_capacity: Tokens,
    kv_reserved: Tokens,
    waiting: VecDeque<Request>,
    running: Vec<Request>,
}

#[derive(Debug, Clone, Copy)]
struct Request {
    id: RequestId,
    job: Job,
    prefilled: Tokens,
    emitted: Tokens,
}

impl Scheduler {
    /// An idle scheduler over a KV cache of `kv_capacity` tokens. A limit of zero is read as one,
    /// with which everything still runs, slowly.
    pub fn new(step_time: StepTime, limits: SchedulerLimits, kv_capacity: Tokens) -> Self {
        let limits = SchedulerLimits {
            max_running: limits.max_running.max(1),
            max_step_tokens: limits.max_step_tokens.max(Tokens(1)),
        };
        Self {
            step_time,
            limits,
            kv_capacity,
            kv_reserved: Tokens(0),
            waiting: VecDeque::new(),
            running: Vec::new(),
        }
    }

    /// Queues a request. It joins the first step that has room for it. Ids must not repeat.
    pub fn admit(&mut self, id: RequestId, job: Job) -> Result<(), AdmitError> {
        if job.isl == Tokens(0) || job.osl == Tokens(0) {
            return Err(AdmitError::Empty);
        }
        let needed = job.isl + job.osl;
        if needed > self.kv_capacity {
            return Err(AdmitError::TooLarge { needed, capacity: self.kv_capacity });
        }
        self.waiting.push_back(Request { id, job, prefilled: Tokens(0), emitted: Tokens(0) });
        Ok(())
    }

    /// Forgets a request and frees its cache; does nothing if it is not there (any more).
    pub fn cancel(&mut self, id: RequestId) {
        self.waiting.retain(|request| request.id != id);
        self.running.retain(|request| request.id != id);
        self.recount_reserved();
    }

    /// Runs the next step, or returns `None` if there is nothing to do.
    pub fn step(&mut self) -> Option<Step> {
        let mut budget = self.limits.max_step_tokens;
        let mut work = StepWork::default();
        let (mut emissions, mut started) = (Vec::new(), Vec::new());
        for request in &mut self.running {
            request.advance(&mut budget, &mut work, &mut emissions);
        }
        while let Some(mut request) = self.next_to_start(budget) {
            self.kv_reserved += request.reserved();
            request.advance(&mut budget, &mut work, &mut emissions);
            started.push(request.id);
            self.running.push(request);
        }
        if self.running.is_empty() {
            return None;
        }
        let occupancy = self.occupancy();
        self.running.retain(|request| request.emitted < request.job.osl);
        self.recount_reserved();
        Some(Step { duration: self.step_time.of(&work), emissions, started, occupancy })
    }

    /// What a prompt of `isl` tokens waits before it is queued.
    pub fn outside(&self, isl: Tokens) -> Duration {
        self.step_time.outside(isl)
    }

    /// Tokens of KV cache reserved by the running requests.
    pub fn kv_reserved(&self) -> Tokens {
        self.kv_reserved
    }

    fn occupancy(&self) -> Occupancy {
        Occupancy {
            running: self.running.len(),
            waiting: self.waiting.len(),
            kv_reserved: self.kv_reserved,
        }
    }

    /// Whether nobody runs or waits.
    pub fn is_idle(&self) -> bool {
        self.running.is_empty() && self.waiting.is_empty()
    }

    /// Takes the head of the queue if seat, budget and cache allow; nobody overtakes it.
    fn next_to_start(&mut self, budget: Tokens) -> Option<Request> {
        let head = self.waiting.front()?;
        let has_seat = self.running.len() < self.limits.max_running;
        let fits = self.kv_reserved + head.reserved() <= self.kv_capacity;
        if has_seat && fits && budget > Tokens(0) { self.waiting.pop_front() } else { None }
    }

    fn recount_reserved(&mut self) {
        self.kv_reserved = self.running.iter().map(Request::reserved).sum();
    }
}

impl Request {
    fn reserved(&self) -> Tokens {
        self.job.isl + self.job.osl
    }

    /// Takes this request's part of the step out of the budget and adds it to the work.
    fn advance(&mut self, budget: &mut Tokens, work: &mut StepWork, out: &mut Vec<Emission>) {
        let unread = self.job.isl - self.prefilled;
        let is_decoding = unread == Tokens(0);
        let new = unread.max(Tokens(1)).min(*budget);
        if new == Tokens(0) {
            return;
        }
        *budget -= new;
        if is_decoding {
            // The newest token is not in the cache yet: this step puts it there.
            work.add_token(self.job.isl + self.emitted - Tokens(1));
        } else {
            work.add_prompt(self.prefilled, new);
            self.prefilled += new;
        }
        if self.prefilled == self.job.isl {
            work.add_sample();
            let index = self.emitted.0;
            self.emitted += Tokens(1);
            out.push(Emission { id: self.id, index, left: self.job.osl - self.emitted });
        }
    }
}

#[cfg(test)]
#[path = "scheduler_tests.rs"]
mod tests;
