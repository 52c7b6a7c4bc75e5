//! What the engine publishes of itself at `/metrics`, under vLLM's names.
//!
//! The pacer is the only one that writes, and writes numbers only: no lock, no text. The names are
//! those of vLLM 0.32, so that whatever reads a vLLM reads this engine: <https://docs.vllm.ai/en/latest/usage/metrics/>.
//! What this engine never does (preempt, share prefixes) is published as the zero that it is.

use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::machine::MEMORY_SHARE;
use crate::quantity::Tokens;
use crate::scheduler::Occupancy;

/// Tokens in a block of the KV cache, as vLLM has it on a GPU.
const BLOCK: u64 = 16;

/// Numbers that only rise, and the state of the step under way.
#[derive(Debug, Default)]
pub(crate) struct Metrics {
    running: AtomicU64,
    waiting: AtomicU64,
    kv_reserved: AtomicU64,
    prompt_tokens: AtomicU64,
    generation_tokens: AtomicU64,
    finished: AtomicU64,
    first_tokens: AtomicU64,
    ttft_ns: AtomicU64,
    queue_ns: AtomicU64,
    prefill_ns: AtomicU64,
    decode_ns: AtomicU64,
}

/// The phases of a request that has ended.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Phases {
    pub(crate) queue: Duration,
    pub(crate) prefill: Duration,
    pub(crate) decode: Duration,
}

impl Metrics {
    /// Notes who runs and waits.
    pub(crate) fn occupied(&self, now: Occupancy) {
        self.running.store(now.running as u64, Ordering::Relaxed);
        self.waiting.store(now.waiting as u64, Ordering::Relaxed);
        self.kv_reserved.store(now.kv_reserved.0, Ordering::Relaxed);
    }

    /// Notes that a prompt was read, and how long its first token took.
    pub(crate) fn first_token(&self, isl: Tokens, ttft: Duration) {
        add(&self.prompt_tokens, isl.0);
        add(&self.first_tokens, 1);
        add_time(&self.ttft_ns, ttft);
    }

    /// Notes a token.
    pub(crate) fn token(&self) {
        add(&self.generation_tokens, 1);
    }

    /// Notes an answer that came to its end.
    pub(crate) fn ended(&self, phases: Phases) {
        add(&self.finished, 1);
        add_time(&self.queue_ns, phases.queue);
        add_time(&self.prefill_ns, phases.prefill);
        add_time(&self.decode_ns, phases.decode);
    }

    /// The page, for the model of this name and a KV cache of this size.
    pub(crate) fn page(&self, model: &str, kv_capacity: Tokens) -> String {
        let count = |number: &AtomicU64| number.load(Ordering::Relaxed) as f64;
        let seconds = |nanos: &AtomicU64| count(nanos) / 1e9;
        let (finished, first_tokens) = (count(&self.finished), count(&self.first_tokens));
        let mut page = Page::of(model);
        page.gauge("num_requests_running", count(&self.running));
        page.gauge("num_requests_waiting", count(&self.waiting));
        page.gauge("kv_cache_usage_perc", count(&self.kv_reserved) / kv_capacity.0.max(1) as f64);
        page.counter("num_preemptions_total", 0.0);
        page.counter("prefix_cache_queries_total", 0.0);
        page.counter("prefix_cache_hits_total", 0.0);
        page.counter("prompt_tokens_total", count(&self.prompt_tokens));
        page.counter("generation_tokens_total", count(&self.generation_tokens));
        page.type_of("request_success_total", "counter");
        page.sample("request_success_total", "finished_reason=\"length\",", finished);
        page.histogram("time_to_first_token_seconds", first_tokens, seconds(&self.ttft_ns));
        page.histogram("request_queue_time_seconds", finished, seconds(&self.queue_ns));
        page.histogram("request_prefill_time_seconds", finished, seconds(&self.prefill_ns));
        page.histogram("request_decode_time_seconds", finished, seconds(&self.decode_ns));
        let config = format!(
            "block_size=\"{BLOCK}\",enable_prefix_caching=\"False\",gpu_memory_utilization=\"{}\",\
             kv_cache_size_tokens=\"{}\",num_gpu_blocks=\"{}\",",
            MEMORY_SHARE.0,
            kv_capacity.0,
            kv_capacity.0 / BLOCK,
        );
        page.type_of("cache_config_info", "gauge");
        page.sample("cache_config_info", &config, 1.0);
        page.signed()
    }
}

/// There is one writer, and no reader compares two numbers.
fn add(number: &AtomicU64, more: u64) {
    number.fetch_add(more, Ordering::Relaxed);
}

fn add_time(number: &AtomicU64, more: Duration) {
    add(number, more.as_nanos() as u64);
}

/// Prometheus' text format, written.
struct Page {
    text: String,
    model: String,
}

impl Page {
    fn of(model: &str) -> Self {
        let model = model.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
        Self { text: String::new(), model }
    }

    /// The page, and who wrote it under another engine's names.
    fn signed(mut self) -> String {
        // Writing to a String cannot fail, here and below.
        let version = env!("CARGO_PKG_VERSION");
        let _ = writeln!(
            self.text,
            "# TYPE farebox:engine_info gauge\nfarebox:engine_info{{version=\"{version}\"}} 1"
        );
        self.text
    }

    fn type_of(&mut self, name: &str, kind: &str) {
        let _ = writeln!(self.text, "# TYPE vllm:{name} {kind}");
    }

    fn sample(&mut self, name: &str, labels: &str, value: f64) {
        let model = &self.model;
        let _ = writeln!(
            self.text,
            "vllm:{name}{{{labels}engine=\"0\",model_name=\"{model}\"}} {value}"
        );
    }

    fn gauge(&mut self, name: &str, value: f64) {
        self.type_of(name, "gauge");
        self.sample(name, "", value);
    }

    fn counter(&mut self, name: &str, value: f64) {
        self.type_of(name, "counter");
        self.sample(name, "", value);
    }

    /// Of one bucket, which holds everything.
    fn histogram(&mut self, name: &str, count: f64, sum: f64) {
        self.type_of(name, "histogram");
        self.sample(&format!("{name}_bucket"), "le=\"+Inf\",", count);
        self.sample(&format!("{name}_count"), "", count);
        self.sample(&format!("{name}_sum"), "", sum);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use farebox_wire::prometheus::Exposition;

    #[test]
    fn the_page_says_what_was_noted() {
        let metrics = Metrics::default();
        metrics.occupied(Occupancy { running: 3, waiting: 2, kv_reserved: Tokens(250) });
        metrics.first_token(Tokens(40), Duration::from_millis(125));
        metrics.token();
        metrics.token();
        let ms = Duration::from_millis;
        metrics.ended(Phases { queue: ms(25), prefill: ms(100), decode: ms(500) });
        let page = metrics.page("a \"b\"", Tokens(1000));
        let read = Exposition::parse(page.as_bytes());
        assert_eq!(read.skipped, 0, "{page}");
        for (name, value) in [
            ("vllm:num_requests_running", 3.0),
            ("vllm:num_requests_waiting", 2.0),
            ("vllm:kv_cache_usage_perc", 0.25),
            ("vllm:prompt_tokens_total", 40.0),
            ("vllm:generation_tokens_total", 2.0),
            ("vllm:request_success_total", 1.0),
            ("vllm:time_to_first_token_seconds_sum", 0.125),
            ("vllm:time_to_first_token_seconds_count", 1.0),
            ("vllm:request_queue_time_seconds_sum", 0.025),
            ("vllm:request_prefill_time_seconds_sum", 0.1),
            ("vllm:request_decode_time_seconds_sum", 0.5),
        ] {
            let values: Vec<_> = read.named(name).map(|sample| sample.value).collect();
            assert_eq!(values, [value], "{name}");
        }
        let config = read.named("vllm:cache_config_info").next().unwrap();
        assert_eq!(config.label("kv_cache_size_tokens"), Some("1000"));
        assert_eq!(config.label("num_gpu_blocks"), Some("62"));
        assert_eq!(config.label("model_name"), Some("a \"b\""));
    }
}
