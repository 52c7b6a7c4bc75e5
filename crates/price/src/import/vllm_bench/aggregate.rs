//! Means over the runs of a load, the way such results are published.

use super::run::Run;
use farebox_core::{Metric, Statistic};

/// Means over the runs of one load. A mean of percentiles is the percentile of nothing; it is here
/// to be compared with what others publish.
#[derive(Debug, Clone, PartialEq)]
pub struct Aggregate {
    /// Requests in flight as asked for, which may be more than there were requests.
    pub max_concurrency: f64,
    /// Input tokens of a request.
    pub input_tokens_per_request: f64,
    /// Output tokens of a request.
    pub output_tokens_per_request: f64,
    /// Output tokens per second.
    pub output_tok_per_s: f64,
    /// Answers per second.
    pub requests_per_s: f64,
    /// Mean of the runs' means.
    pub ttft_mean_ms: f64,
    /// Mean of the runs' 99th percentiles.
    pub ttft_p99_ms: f64,
    /// Mean of the runs' means.
    pub tpot_mean_ms: f64,
    /// Mean of the runs' means.
    pub e2e_mean_ms: f64,
    /// Wall time of a run, in seconds.
    pub duration_s: f64,
}

/// One row per cap on requests in flight, by rising cap. Runs without a cap are left out.
pub fn aggregate(runs: &[Run]) -> Vec<Aggregate> {
    let mut caps: Vec<f64> = runs.iter().filter_map(|run| run.max_concurrency).collect();
    caps.sort_by(f64::total_cmp);
    caps.dedup();
    let of = |cap: f64| runs.iter().filter(move |run| run.max_concurrency == Some(cap));
    caps.into_iter().map(|cap| row(cap, &of(cap).collect::<Vec<_>>())).collect()
}

fn row(max_concurrency: f64, runs: &[&Run]) -> Aggregate {
    let mean =
        |of: &dyn Fn(&Run) -> f64| runs.iter().map(|run| of(run)).sum::<f64>() / runs.len() as f64;
    let latency = |metric: Metric, statistic: Statistic| {
        mean(&|run| run.latency(metric, statistic).unwrap_or(f64::NAN))
    };
    Aggregate {
        max_concurrency,
        input_tokens_per_request: mean(&|run| run.input_tokens / run.completed),
        output_tokens_per_request: mean(&|run| run.output_tokens / run.completed),
        output_tok_per_s: mean(&|run| run.output_throughput),
        requests_per_s: mean(&|run| run.request_throughput),
        ttft_mean_ms: latency(Metric::Ttft, Statistic::Mean),
        ttft_p99_ms: latency(Metric::Ttft, Statistic::Percentile(99.0)),
        tpot_mean_ms: latency(Metric::Tpot, Statistic::Mean),
        e2e_mean_ms: latency(Metric::E2e, Statistic::Mean),
        duration_s: mean(&|run| run.duration_s),
    }
}
