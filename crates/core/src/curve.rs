//! The one type in which estimate, simulation and measurement meet: load against what happened.

use crate::apart::Apart;
use crate::deployment::{Deployment, Workload};
use crate::distribution::Distribution;
use crate::health::Health;
pub use crate::load::{Load, LoadKind, Offered};
use crate::metric::{Metric, Statistic};
use crate::quantity::{RequestsPerSecond, RunInstant, TokensPerSecond};
use crate::record::{FailureReason, TokenSource};
use crate::run::Rental;
pub use crate::stats::Interval;
use crate::warm_up::SteadyState;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The schema tag of a curve document.
pub const CURVE_SCHEMA: &str = "farebox.curve/1";

/// A deployment under a workload, at rising loads. It may bend back (KV exhaustion): nothing may
/// assume that it is monotone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LoadCurve {
    /// Always [`CURVE_SCHEMA`].
    pub schema: String,
    /// What people call this curve: a run's label, or the id in a foreign file.
    pub name: String,
    /// What answered.
    pub deployment: Deployment,
    /// What was asked.
    pub workload: Workload,
    /// Where the numbers come from.
    pub source: Source,
    /// False when the run was cut short: the points are true, but some may be missing.
    #[serde(default = "yes")]
    pub complete: bool,
    /// What the machine costs, where that was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<Rental>,
    /// By rising load.
    pub points: Vec<LoadPoint>,
}

fn yes() -> bool {
    true
}

/// Where a number comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// A formula.
    Estimated,
    /// A discrete-event simulation.
    Simulated,
    /// A server under load, by us.
    Measured,
    /// Another tool's result file.
    Imported,
}

/// One load and what happened at it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LoadPoint {
    /// The load offered.
    pub offered: Offered,
    /// When the window opened; null where a foreign file has no clock.
    pub window_start_ns: Option<RunInstant>,
    /// When the window closed.
    pub window_end_ns: Option<RunInstant>,
    /// Seconds of measurement; less than between start and end where repetitions were pooled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window_s: Option<f64>,
    /// How often this load was offered; the figures are of all of them together.
    #[serde(default = "once", skip_serializing_if = "is_once")]
    pub repeats: u32,
    /// Each time apart, where it was offered several times.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub apart: Option<Apart>,
    /// What was cut off the start until the load was steady; null where it was not sought.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub steady_state: Option<SteadyState>,
    /// How every request of the point ended, ramp and drain included.
    pub requests: RequestCounts,
    /// Input tokens served in the window, per second, each spread from send to first token;
    /// cached ones included.
    pub input_tok_per_s: TokensPerSecond,
    /// The part of them served from the prefix cache; null where the server does not say.
    pub cached_input_tok_per_s: Option<TokensPerSecond>,
    /// Output tokens that arrived in the window, per second.
    pub output_tok_per_s: TokensPerSecond,
    /// Both together.
    pub total_tok_per_s: TokensPerSecond,
    /// Whole answers served in the window, per second, each spread over its life.
    pub requests_per_s: RequestsPerSecond,
    /// See [`crate::latency`] for this and the next seven.
    pub ttft_ms: Option<Distribution>,
    /// Null in closed loop, which has no schedule.
    pub ttft_sched_ms: Option<Distribution>,
    /// What a reader sees.
    pub ttfo_ms: Option<Distribution>,
    /// One number per request.
    pub tpot_ms: Option<Distribution>,
    /// Pooled over requests.
    pub icl_ms: Option<Distribution>,
    /// Pooled; absent unless the server counts the tokens of each chunk.
    pub itl_ms: Option<Distribution>,
    /// First byte sent to last token.
    pub e2e_ms: Option<Distribution>,
    /// Null in closed loop.
    pub e2e_sched_ms: Option<Distribution>,
    /// How much later than scheduled the first byte went out, waiting for a place and for a
    /// connection included; open loop only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub send_lag_ms: Option<Distribution>,
    /// Wall time of a batch from its first send to its last end; batches only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batch_ms: Option<Distribution>,
    /// By promise.
    pub goodput: BTreeMap<String, Goodput>,
    /// How the machine's time splits between prefill and decode; null where unknown.
    pub phase: Option<PhaseTimes>,
    /// Share of the KV cache in use; null until telemetry brings it.
    pub kv_used_fraction: Option<MeanMax>,
    /// Mean power; null until telemetry brings it.
    pub power_w: Option<f64>,
    /// Bytes of KV cache that the tokens in flight take by the model's configuration, where the engine
    /// publishes nothing of its cache: an estimate, and absent elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kv_used_bytes_estimated: Option<MeanMax>,
    /// Accelerator memory in use, in bytes, of all accelerators of the machine together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gpu_memory_used_bytes: Option<MeanMax>,
    /// Resident memory of the engine's processes, in bytes, where they run on this machine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub engine_resident_bytes: Option<MeanMax>,
    /// Processor cores that these processes kept busy: 1.0 is one core all the time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub engine_cpu_cores: Option<MeanMax>,
    /// Intervals of the figures above by name, such as `output_tok_per_s` or `ttft_ms.p90`; null
    /// where none were computed.
    pub intervals: Option<BTreeMap<String, Interval>>,
    /// What the verdict looks at; null for what was not measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub health: Option<Health>,
}

fn once() -> u32 {
    1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_once(repeats: &u32) -> bool {
    *repeats == 1
}

impl LoadPoint {
    /// A point of which only the token and request rates are known: a start for producers that
    /// fill in what else they have.
    pub fn of_rates(
        offered: Offered,
        input_tok_per_s: TokensPerSecond,
        output_tok_per_s: TokensPerSecond,
        requests_per_s: RequestsPerSecond,
    ) -> Self {
        Self {
            offered,
            window_start_ns: None,
            window_end_ns: None,
            window_s: None,
            repeats: 1,
            apart: None,
            steady_state: None,
            requests: RequestCounts::default(),
            input_tok_per_s,
            cached_input_tok_per_s: None,
            output_tok_per_s,
            total_tok_per_s: input_tok_per_s + output_tok_per_s,
            requests_per_s,
            ttft_ms: None,
            ttft_sched_ms: None,
            ttfo_ms: None,
            tpot_ms: None,
            icl_ms: None,
            itl_ms: None,
            e2e_ms: None,
            e2e_sched_ms: None,
            send_lag_ms: None,
            batch_ms: None,
            goodput: BTreeMap::new(),
            phase: None,
            kv_used_fraction: None,
            power_w: None,
            kv_used_bytes_estimated: None,
            gpu_memory_used_bytes: None,
            engine_resident_bytes: None,
            engine_cpu_cores: None,
            intervals: None,
            health: None,
        }
    }

    /// The interval of a figure by its name in files, such as `ttft_ms.p90`.
    pub fn interval(&self, name: &str) -> Option<Interval> {
        self.intervals.as_ref()?.get(name).copied()
    }

    /// The interval of a statistic of a latency.
    pub fn latency_interval(&self, metric: Metric, statistic: Statistic) -> Option<Interval> {
        self.interval(&format!("{metric}_ms.{statistic}"))
    }

    /// The distribution of `metric` at this point, where there is one.
    pub fn latency(&self, metric: Metric) -> Option<&Distribution> {
        match metric {
            Metric::Ttft => self.ttft_ms.as_ref(),
            Metric::TtftSched => self.ttft_sched_ms.as_ref(),
            Metric::Ttfo => self.ttfo_ms.as_ref(),
            Metric::Tpot => self.tpot_ms.as_ref(),
            Metric::Icl => self.icl_ms.as_ref(),
            Metric::Itl => self.itl_ms.as_ref(),
            Metric::E2e => self.e2e_ms.as_ref(),
            Metric::E2eSched => self.e2e_sched_ms.as_ref(),
        }
    }
}

/// How the requests of a point ended. Warm-up is not among them; ramp and drain are, because a
/// failure there is a failure too.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestCounts {
    /// Whole answers.
    pub ok: u64,
    /// Failures by reason.
    pub failed: BTreeMap<FailureReason, u64>,
    /// Ended by ourselves.
    #[serde(default)]
    pub cancelled: u64,
    /// Whole answers that ended before the requested length.
    #[serde(default)]
    pub early_stop: u64,
    /// Whole answers whose latencies are in the statistics.
    #[serde(default)]
    pub in_window: u64,
    /// Who counted the output tokens, over the whole answers.
    #[serde(default)]
    pub token_source: BTreeMap<TokenSource, u64>,
}

impl RequestCounts {
    /// Failures of any reason.
    pub fn failures(&self) -> u64 {
        self.failed.values().sum()
    }

    /// Share of failures among the requests that ended by themselves; none when there were none.
    pub fn error_rate(&self) -> Option<f64> {
        let ended = self.ok + self.failures();
        (ended > 0).then(|| self.failures() as f64 / ended as f64)
    }

    /// Share of whole answers that ended before the requested length; none without answers.
    pub fn early_stop_rate(&self) -> Option<f64> {
        (self.ok > 0).then(|| self.early_stop as f64 / self.ok as f64)
    }

    /// Whether nobody but us counted the tokens of some answers.
    pub fn has_uncounted_tokens(&self) -> bool {
        self.token_source.contains_key(&TokenSource::Chunks)
    }
}

/// Requests that met every term of a promise.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Goodput {
    /// Good requests sent in the window, per second of it.
    pub requests_per_s: RequestsPerSecond,
    /// Their share of all requests sent in the window, failures included.
    pub fraction: f64,
    /// Good ones to which a term did not apply: a one-chunk answer has no TPOT.
    pub not_applicable: u64,
}

/// How the machine's time in the window splits over the phases of inference.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PhaseTimes {
    /// Seconds of prefill.
    pub prefill_s: f64,
    /// Seconds of decode.
    pub decode_s: f64,
    /// How they were found: `server` is requests x mean prefill time at the lowest load, by the
    /// server's own counters; `least-squares` is what explains several mixes of input and output at
    /// this load; `ttft1` is requests x mean TTFT at the lowest load.
    pub basis: String,
}

impl PhaseTimes {
    /// Share of the time that is prefill, 0 to 1.
    pub fn prefill_share(&self) -> f64 {
        self.prefill_s / (self.prefill_s + self.decode_s)
    }
}

/// A mean and a maximum over the window.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct MeanMax {
    /// Mean over the window.
    pub mean: f64,
    /// Highest value seen in it.
    pub max: f64,
}
