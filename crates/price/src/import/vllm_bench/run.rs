//! What a line means: one run at one load.

use super::row::{Fault, Row, number};
use farebox_core::{Load, LoadKind, Metric, Statistic};
use std::collections::BTreeMap;

/// One run of `vllm bench serve`.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    /// The backend it was pointed at.
    pub backend: Option<String>,
    /// The model.
    pub model: String,
    /// Requests in flight as asked for; none without a cap.
    pub max_concurrency: Option<f64>,
    /// Requests per second as asked for; infinite where all were sent at once.
    pub request_rate: f64,
    /// Requests sent.
    pub num_prompts: f64,
    /// Wall time from the first send to the last end, in seconds.
    pub duration_s: f64,
    /// Whole answers.
    pub completed: f64,
    /// Others.
    pub failed: f64,
    /// Input tokens of the whole answers.
    pub input_tokens: f64,
    /// Output tokens of the whole answers.
    pub output_tokens: f64,
    /// Answers per second, as that tool has it.
    pub request_throughput: f64,
    /// Output tokens per second, as that tool has it.
    pub output_throughput: f64,
    /// Its latencies in milliseconds.
    pub latencies: BTreeMap<Metric, Latency>,
    /// Settings of the server that the sweep varied or noted, in the order of the columns.
    pub settings: Vec<(String, String)>,
}

/// What a row says of one latency, in milliseconds.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Latency {
    /// The mean.
    pub mean: Option<f64>,
    /// Percentile and value, rising in the percentile; the median among them.
    pub percentiles: Vec<(f64, f64)>,
}

/// Columns of every row; what stands beside them are settings of the server.
const KNOWN: [&str; 23] = [
    "",
    "date",
    "endpoint_type",
    "backend",
    "label",
    "model_id",
    "tokenizer_id",
    "num_prompts",
    "request_rate",
    "burstiness",
    "max_concurrency",
    "duration",
    "completed",
    "failed",
    "total_input_tokens",
    "total_output_tokens",
    "request_throughput",
    "request_goodput",
    "output_throughput",
    "total_token_throughput",
    "max_output_tokens_per_s",
    "max_concurrent_requests",
    "run_number",
];

impl Run {
    pub(super) fn of(row: &Row) -> Result<Self, Fault> {
        let completed = row.positive("completed")?;
        Ok(Self {
            backend: row.text("backend").map(str::to_owned),
            model: row.text("model_id").unwrap_or("unknown").to_owned(),
            max_concurrency: row.number("max_concurrency")?.filter(|n| n.is_finite()),
            request_rate: row.number("request_rate")?.unwrap_or(f64::INFINITY),
            num_prompts: row.number("num_prompts")?.unwrap_or(completed),
            duration_s: row.positive("duration")?,
            completed,
            failed: row.number("failed")?.unwrap_or(0.0),
            input_tokens: row.positive("total_input_tokens")?,
            output_tokens: row.positive("total_output_tokens")?,
            request_throughput: row.positive("request_throughput")?,
            output_throughput: row.positive("output_throughput")?,
            latencies: latencies(row)?,
            settings: settings(row),
        })
    }

    /// The load that it held: no more in flight than there were requests, and all at once where
    /// nothing held them back.
    pub fn load(&self) -> Load {
        let in_flight = self.max_concurrency.map(|cap| cap.min(self.num_prompts));
        match (self.request_rate.is_finite(), in_flight) {
            (true, _) => Load { kind: LoadKind::Rate, value: self.request_rate },
            (false, Some(value)) => Load { kind: LoadKind::Concurrency, value },
            (false, None) => Load { kind: LoadKind::Batch, value: self.num_prompts },
        }
    }

    /// What it says of `statistic` of `metric`, in milliseconds.
    pub fn latency(&self, metric: Metric, statistic: Statistic) -> Option<f64> {
        let latency = self.latencies.get(&metric)?;
        match statistic {
            Statistic::Mean => latency.mean,
            Statistic::Percentile(p) => {
                let mut listed = latency.percentiles.iter();
                listed.find(|(at, _)| (at - p).abs() < 1e-9).map(|(_, value)| *value)
            }
        }
    }
}

/// The columns `mean_ttft_ms`, `median_tpot_ms`, `p99_e2el_ms` and their like. That tool's `itl` is
/// the gap between chunks, whatever they hold: our `icl`.
fn latencies(row: &Row) -> Result<BTreeMap<Metric, Latency>, Fault> {
    let mut latencies: BTreeMap<Metric, Latency> = BTreeMap::new();
    for (column, text) in row.fields() {
        let Some((statistic, metric)) = latency_column(column) else { continue };
        let latency = latencies.entry(metric).or_default();
        let value = number(column, text)?;
        match statistic {
            Statistic::Mean => latency.mean = Some(value),
            Statistic::Percentile(p) => latency.percentiles.push((p, value)),
        }
    }
    for latency in latencies.values_mut() {
        latency.percentiles.sort_by(|a, b| a.0.total_cmp(&b.0));
    }
    Ok(latencies)
}

fn latency_column(column: &str) -> Option<(Statistic, Metric)> {
    let (statistic, metric) = column.strip_suffix("_ms")?.split_once('_')?;
    let metric = match metric {
        "ttft" => Metric::Ttft,
        "tpot" => Metric::Tpot,
        "itl" => Metric::Icl,
        "e2el" => Metric::E2e,
        _ => return None,
    };
    let statistic = match statistic {
        "median" => Statistic::Percentile(50.0),
        name => Statistic::from_name(name)?,
    };
    Some((statistic, metric))
}

fn settings(row: &Row) -> Vec<(String, String)> {
    let is_setting = |name: &str| !KNOWN.contains(&name) && !name.ends_with("_ms");
    let fields = row.fields().filter(|(name, _)| is_setting(name));
    fields.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}
