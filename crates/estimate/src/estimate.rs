//! One estimate: what a request sees, what the machine serves, what binds it.

use crate::compiled::Compiled;
use crate::compose::{Answer, Breakdown, Light};
use crate::memory::{Memory, Occupancy};
use crate::setup::{Job, Load};
use farebox_core::{Milliseconds, RequestsPerSecond, TokensPerSecond};
use serde::Serialize;

/// What limits a phase.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Bound {
    /// Arithmetic.
    Compute,
    /// Memory bandwidth.
    Memory,
    /// Links between accelerators.
    Network,
    /// Launches, scheduling, host work.
    Overhead,
}

/// The answer to one question.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// Send to first token.
    pub ttft: Milliseconds,
    /// Between tokens; none where an answer has one token.
    pub tpot: Option<Milliseconds>,
    /// Send to last token.
    pub e2e: Milliseconds,
    /// Output tokens per second of all replicas.
    pub output: TokensPerSecond,
    /// Input and output tokens per second of all replicas.
    pub total: TokensPerSecond,
    /// Requests per second of all replicas.
    pub requests: RequestsPerSecond,
    /// Requests of all replicas that have been sent and not yet ended, those waiting counted:
    /// `requests` times `e2e`.
    pub in_flight: f64,
    /// Those of them that have room in the caches; TPOT is what these see of each other.
    pub admitted: f64,
    /// Requests of one busy replica in a decode step.
    pub batch: f64,
    /// Seconds of one prefill, by what they are spent on.
    pub prefill: Breakdown,
    /// Seconds of one decode step, by what they are spent on.
    pub decode: Breakdown,
}

impl Compiled {
    /// Estimates `job`. The job was checked when it was made.
    pub fn estimate(&self, job: Job) -> Estimate {
        let answer = Answer::calibrated(self, job);
        let requests = answer.requests_per_s(&job);
        let ms = |seconds: f64| Milliseconds::new(seconds * 1e3);
        Estimate {
            ttft: ms(answer.ttft_s),
            tpot: (job.steps() > 0.0).then(|| ms(answer.tpot_s)),
            e2e: ms(answer.e2e_s(&job)),
            output: TokensPerSecond::new(requests * job.osl),
            total: TokensPerSecond::new(requests * (job.isl + job.osl)),
            requests: RequestsPerSecond::new(requests),
            in_flight: answer.in_flight,
            admitted: answer.admitted,
            batch: answer.batch,
            prefill: answer.prefill,
            decode: answer.decode,
        }
    }

    /// Memory under `job`.
    pub fn memory(&self, job: &Job) -> Memory {
        let replicas = f64::from(self.work.parallel.replicas);
        let concurrency = match job.load {
            Load::Closed(n) | Load::Static(n) => n / replicas,
            Load::Rate(_) | Load::Saturated => f64::INFINITY,
        };
        let longest = job.isl + job.osl;
        let ask = Occupancy { concurrency, context: job.mean_context(), longest };
        Memory::of(&self.budget, &self.work, ask)
    }

    /// The bounds that no engine beats, for `job` at `batch` requests per step.
    pub fn light(&self, job: &Job, batch: f64) -> Light {
        Light::of(&self.work, job, batch)
    }
}

impl Breakdown {
    /// What takes the largest share.
    pub fn bound(&self) -> Bound {
        let reading = self.reading / (self.reading + self.arithmetic).max(f64::MIN_POSITIVE);
        let (compute, memory) = if reading < 0.5 {
            (self.products + self.attention, 0.0)
        } else {
            (0.0, self.products + self.attention)
        };
        let shares = [
            (Bound::Compute, compute),
            (Bound::Memory, memory),
            (Bound::Network, self.network),
            (Bound::Overhead, self.overhead),
        ];
        let longest = shares.into_iter().max_by(|a, b| a.1.total_cmp(&b.1));
        longest.map_or(Bound::Overhead, |(bound, _)| bound)
    }
}
