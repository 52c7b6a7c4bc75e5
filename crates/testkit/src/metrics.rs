//! A scripted `GET /metrics`: counters that follow what the server really did, and the lies a test
//! wants told about it.

use std::fmt::Write;
use std::time::Duration;

use crate::truth::{Ended, Exchange};

/// What `/metrics` says, in vLLM's names: the truth, unless told otherwise.
#[derive(Debug, Clone, Default)]
pub struct Metrics {
    input_tokens: u64,
    cached_tokens: Option<u64>,
    /// Of others, with each of ours.
    more_requests: u64,
    output_factor: Option<f64>,
    ttft_more: Duration,
    preempted: Option<u64>,
    phases: Option<(Duration, Duration)>,
    restarts_after: Option<usize>,
    kv_used: Option<f64>,
}

impl Metrics {
    /// The truth about requests of so many input tokens.
    pub fn of_inputs(input_tokens: u64) -> Self {
        Self { input_tokens, ..Self::default() }
    }

    /// So many input tokens of each request were found in the prefix cache.
    #[must_use]
    pub fn cached(mut self, tokens: u64) -> Self {
        self.cached_tokens = Some(tokens);
        self
    }

    /// With each request of ours, one of somebody else's is served.
    #[must_use]
    pub fn with_foreign_traffic(mut self) -> Self {
        self.more_requests = 1;
        self
    }

    /// Output tokens are counted so many times over.
    #[must_use]
    pub fn output_times(mut self, factor: f64) -> Self {
        self.output_factor = Some(factor);
        self
    }

    /// First tokens come so much later by its clock.
    #[must_use]
    pub fn ttft_later_by(mut self, more: Duration) -> Self {
        self.ttft_more = more;
        self
    }

    /// So many preemptions with each request.
    #[must_use]
    pub fn preempting(mut self, each: u64) -> Self {
        self.preempted = Some(each);
        self
    }

    /// Each request spends so long in prefill and in decode.
    #[must_use]
    pub fn phases(mut self, prefill: Duration, decode: Duration) -> Self {
        self.phases = Some((prefill, decode));
        self
    }

    /// The share of the KV cache in use while anything runs.
    #[must_use]
    pub fn kv_used(mut self, fraction: f64) -> Self {
        self.kv_used = Some(fraction);
        self
    }

    /// After so many requests all counters begin anew.
    #[must_use]
    pub fn restarting_after(mut self, requests: usize) -> Self {
        self.restarts_after = Some(requests);
        self
    }

    /// The text for what happened so far.
    pub(crate) fn text(&self, truth: &[Exchange]) -> String {
        let done: Vec<&Exchange> = truth.iter().filter(|e| e.ended != Ended::Open).collect();
        let lost = self.restarts_after.filter(|after| done.len() > *after).unwrap_or(0);
        let done = &done[lost..];
        let running = truth.iter().filter(|exchange| exchange.ended == Ended::Open).count();
        let n = done.len() as u64 * (1 + self.more_requests);
        let output: u64 = done.iter().map(|exchange| exchange.tokens()).sum();
        let output = output as f64 * self.output_factor.unwrap_or(1.0);
        let output = output * (1 + self.more_requests) as f64;
        let first = |e: &&Exchange| Some(e.first_token_at()?.duration_since(e.received_at));
        let timed: Vec<Duration> = done.iter().copied().filter_map(|e| first(&e)).collect();
        let ttft: f64 = timed.iter().map(|ttft| (*ttft + self.ttft_more).as_secs_f64()).sum();

        let mut text = String::new();
        let mut says = |kind: &str, name: &str, value: f64| {
            let family = name.trim_end_matches("_sum").trim_end_matches("_count");
            // Writing to a string cannot fail.
            let _ = writeln!(text, "# TYPE vllm:{family} {kind}");
            let _ = writeln!(text, "vllm:{name}{{engine=\"0\",model_name=\"scripted\"}} {value}");
        };
        says("gauge", "num_requests_running", running as f64);
        says("gauge", "num_requests_waiting", 0.0);
        if let Some(used) = self.kv_used {
            says("gauge", "kv_cache_usage_perc", if running > 0 { used } else { 0.0 });
        }
        says("counter", "prompt_tokens_total", (n * self.input_tokens) as f64);
        says("counter", "generation_tokens_total", output);
        says("counter", "request_success_total", n as f64);
        if let Some(cached) = self.cached_tokens {
            says("counter", "prefix_cache_queries_total", (n * self.input_tokens) as f64);
            says("counter", "prefix_cache_hits_total", (n * cached) as f64);
        }
        if let Some(each) = self.preempted {
            says("counter", "num_preemptions_total", (n * each) as f64);
        }
        says("histogram", "time_to_first_token_seconds_sum", ttft);
        says("histogram", "time_to_first_token_seconds_count", timed.len() as f64);
        if let Some((prefill, decode)) = self.phases {
            let all = |each: Duration| each.as_secs_f64() * n as f64;
            says("histogram", "request_prefill_time_seconds_sum", all(prefill));
            says("histogram", "request_prefill_time_seconds_count", n as f64);
            says("histogram", "request_decode_time_seconds_sum", all(decode));
            says("histogram", "request_decode_time_seconds_count", n as f64);
        }
        text
    }
}
