//! What an estimate says, as `farebox.estimate/1`.

use crate::Lengths;
use farebox_core::Load;
use farebox_core::curve::LoadKind;
use farebox_core::deployment::Deployment;
use farebox_estimate::{Bound, Memory};
use serde::Serialize;

/// The schema tag of an estimate.
pub const ESTIMATE_SCHEMA: &str = "farebox.estimate/1";

/// One estimate with everything it rests on: `farebox.estimate/1`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EstimateDocument {
    /// Always [`ESTIMATE_SCHEMA`].
    pub schema: &'static str,
    /// What is served.
    pub model: ModelFigures,
    /// What it is served on.
    pub deployment: Deployment,
    /// What is asked.
    pub workload: WorkloadFigures,
    /// Where the memory goes.
    pub memory: Memory,
    /// Changes of one flag each that would make it fit, where it does not.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub would_fit: Vec<String>,
    /// Reading a prompt; null where the model does not fit.
    pub prefill: Option<Prefill>,
    /// Writing an answer; null too where an answer is one token, which prefill writes.
    pub decode: Option<Decode>,
    /// All replicas together.
    pub system: Option<System>,
    /// What a token must cost; null where nobody said what the machine does.
    pub price: Option<EstimatedPrice>,
    /// What so many users cost; null where nobody said how many.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub traffic: Option<Traffic>,
    /// How wrong it is likely to be.
    pub accuracy: AccuracyFigures,
    /// What to know before believing it, a sentence each.
    pub notes: Vec<String>,
}

/// A deployment that was refused: the model is told all the same.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RefusedDocument {
    /// Always [`ESTIMATE_SCHEMA`].
    pub schema: &'static str,
    /// What would be served.
    pub model: ModelFigures,
    /// What it was asked to be served on.
    pub deployment: Deployment,
    /// Why it was refused.
    pub refused: String,
}

/// A model's size, from its configuration alone.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ModelFigures {
    /// Its id.
    pub id: String,
    /// Parameters of the language model.
    pub params_total: u64,
    /// Those a token meets: output head included, input embedding left out.
    pub params_active: u64,
    /// The same with the input embedding.
    pub params_active_with_embedding: u64,
    /// Longest context, in tokens.
    pub context_length: Option<u64>,
    /// What was assumed about it.
    pub notes: Vec<String>,
}

/// The workload of an estimate.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct WorkloadFigures {
    /// Input tokens per request.
    pub isl: u32,
    /// Output tokens per request.
    pub osl: u32,
    /// Requests in flight; null under another kind of load.
    pub concurrency: Option<u64>,
    /// Requests sent at once and then waited for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub batch: Option<u64>,
    /// Requests offered per second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_rate_per_s: Option<f64>,
}

impl WorkloadFigures {
    /// Requests of these lengths under `load`.
    pub(super) fn of(lengths: Lengths, load: Load) -> Self {
        let whole = |kind: LoadKind| (load.kind == kind).then_some(load.value as u64);
        Self {
            isl: lengths.isl,
            osl: lengths.osl,
            concurrency: whole(LoadKind::Concurrency),
            batch: whole(LoadKind::Batch),
            request_rate_per_s: (load.kind == LoadKind::Rate).then_some(load.value),
        }
    }
}

/// Reading a prompt.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Prefill {
    /// Mean time to the first token, in milliseconds.
    pub ttft_ms: f64,
    /// What limits it.
    pub bound: Bound,
}

/// Writing an answer.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Decode {
    /// Mean time per output token, in milliseconds.
    pub tpot_ms: f64,
    /// What limits it.
    pub bound: Bound,
    /// What one request sees.
    pub output_tok_per_s_per_request: f64,
    /// What one replica serves.
    pub output_tok_per_s_per_replica: f64,
}

/// All replicas together.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct System {
    /// Output tokens per second.
    pub output_tok_per_s: f64,
    /// Input and output tokens per second.
    pub total_tok_per_s: f64,
    /// Requests per second.
    pub requests_per_s: f64,
    /// Send to last token, in milliseconds.
    pub e2e_ms: f64,
    /// Requests sent and not yet ended: `requests_per_s` times `e2e_ms`, by Little's law.
    pub in_flight: f64,
    /// Those of them that have room in the KV caches; the others wait, which is in TTFT.
    pub admitted: f64,
}

/// What a token must cost.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EstimatedPrice {
    /// One accelerator, per hour.
    pub usd_per_gpu_hour: f64,
    /// Accelerators billed.
    pub gpus_billed: u32,
    /// Everything billed, per hour.
    pub usd_per_hour_total: f64,
    /// Input, per million tokens.
    pub usd_per_mtok_input: f64,
    /// Output, per million tokens.
    pub usd_per_mtok_output: f64,
    /// Either, per million tokens.
    pub usd_per_mtok_blended: f64,
    /// One request of the workload.
    pub usd_per_request: f64,
    /// Revenue over cost: 1.
    pub recovery: f64,
    /// Where the price of the machine comes from.
    pub source: String,
}

/// Errors to expect, from configurations that were not fitted.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AccuracyFigures {
    /// Of TTFT, median absolute percentage error.
    pub ttft_median_ape_pct: Option<f64>,
    /// Of TPOT.
    pub tpot_median_ape_pct: Option<f64>,
    /// Of throughput.
    pub throughput_median_ape_pct: Option<f64>,
    /// What that rests on.
    pub basis: String,
}

/// Hours of a month: a year's, divided by twelve.
pub const HOURS_PER_MONTH: f64 = 730.0;

/// People who ask.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Users {
    /// How many.
    pub users: u32,
    /// Requests of each per hour.
    pub requests_per_user_hour: f64,
}

/// What the users cost on machines held at one load: an estimate's, or one that was measured.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Traffic {
    /// Users.
    pub users: u32,
    /// Requests of each per hour.
    pub requests_per_user_hour: f64,
    /// Requests of all per second.
    pub requests_per_s: f64,
    /// Machines that carry them, the last one partly idle.
    pub machines: u64,
    /// Share of those machines' throughput that is used.
    pub utilisation: f64,
    /// Those machines, per hour, idle or not; null where no price is known.
    pub usd_per_hour: Option<f64>,
    /// The same per month of 730 hours.
    pub usd_per_month: Option<f64>,
    /// The same per hour and user.
    pub usd_per_user_hour: Option<f64>,
}

impl EstimateDocument {
    /// The document as it is printed and served: indented, with an end of line.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }

    /// With what `users` cost, if it fits at all.
    #[must_use]
    pub fn of_users(mut self, users: Option<Users>) -> Self {
        self.traffic = users.zip(self.system).map(|(users, system)| {
            let usd_per_hour = self.price.as_ref().map(|price| price.usd_per_hour_total);
            Traffic::of(users, system.requests_per_s, usd_per_hour)
        });
        self
    }
}

impl Traffic {
    /// What `users` cost on machines that carry `carried` requests per second each, at
    /// `usd_per_hour` each where that is known.
    pub fn of(users: Users, carried: f64, usd_per_hour: Option<f64>) -> Self {
        let requests_per_s =
            f64::from(users.users) * users.requests_per_user_hour / SECONDS_PER_HOUR;
        let needed = requests_per_s / carried;
        let machines = needed.ceil().max(1.0);
        let usd_per_hour = usd_per_hour.map(|usd| usd * machines);
        Self {
            users: users.users,
            requests_per_user_hour: users.requests_per_user_hour,
            requests_per_s,
            machines: machines as u64,
            utilisation: needed / machines,
            usd_per_hour,
            usd_per_month: usd_per_hour.map(|usd| usd * HOURS_PER_MONTH),
            usd_per_user_hour: usd_per_hour.map(|usd| usd / f64::from(users.users)),
        }
    }
}

const SECONDS_PER_HOUR: f64 = 3600.0;
