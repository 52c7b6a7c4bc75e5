//! The time series of the engine-comparison seed (`bencyna/hpml-llama2-tgi`, 2025): one JSON object
//! with `history_times` in seconds and what was read at each.
//!
//! | field | of | in |
//! |---|---|---|
//! | `history_values` | KV cache in use, from vLLM's `/metrics` | per cent |
//! | `history_memory_mb`, `total_memory_mb` | memory of all GPUs together, from `nvidia-smi` | MiB |

use farebox_core::{RunInstant, Scope, Signal, TelemetrySample};
use serde::Deserialize;

/// What is wrong with a series.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum SeriesError {
    /// No JSON, or without a field that is needed.
    #[error("{0}")]
    Json(String),
    /// Neither a KV series nor a memory series.
    #[error("neither `history_values` nor `history_memory_mb` stands beside `history_times`")]
    Neither,
    /// Times and values do not pair up.
    #[error("{times} times and {values} values do not pair up")]
    Lengths {
        /// So many times.
        times: usize,
        /// So many values.
        values: usize,
    },
    /// A value that cannot be.
    #[error("`{field}[{index}]` is {value}: {rule}")]
    Value {
        /// The field.
        field: &'static str,
        /// Which one, from 0.
        index: usize,
        /// What stands there.
        value: f64,
        /// What would be possible.
        rule: &'static str,
    },
}

#[derive(Deserialize)]
struct Series {
    history_times: Vec<f64>,
    history_values: Option<Vec<f64>>,
    history_memory_mb: Option<Vec<f64>>,
    total_memory_mb: Option<f64>,
}

/// What `nvidia-smi` calls MB.
const MIB: f64 = 1_048_576.0;

/// Whether `text` is such a series.
pub(super) fn looks_like(text: &str) -> bool {
    text.trim_start().starts_with('{') && text.contains("\"history_times\"")
}

/// The samples of `text`. A share above 100 % is refused: that tool reads `5.7e-05` as 5.7, and
/// whoever plots that believes it.
pub(super) fn read(text: &str) -> Result<Vec<TelemetrySample>, SeriesError> {
    let series: Series =
        serde_json::from_str(text).map_err(|error| SeriesError::Json(error.to_string()))?;
    let times = check("history_times", &series.history_times, f64::INFINITY, "from 0 on, rising")?;
    if let Some(values) = &series.history_values {
        let values = check("history_values", values, 100.0, "a share is from 0 to 100 %")?;
        return paired(times, values, (Signal::KvUsedFraction, &Scope::Engine, 0.01));
    }
    let Some(values) = &series.history_memory_mb else { return Err(SeriesError::Neither) };
    let values = check("history_memory_mb", values, f64::INFINITY, "from 0 on")?;
    let mut samples = paired(times, values, (Signal::MemoryUsedBytes, &Scope::Host, MIB))?;
    if let (Some(total), Some(first)) = (series.total_memory_mb, samples.first().cloned()) {
        let (metric, value) = (Signal::MemoryTotalBytes, total * MIB);
        samples.push(TelemetrySample { metric, value, ..first });
    }
    Ok(samples)
}

fn check<'a>(
    field: &'static str,
    values: &'a [f64],
    most: f64,
    rule: &'static str,
) -> Result<&'a [f64], SeriesError> {
    let bad = values.iter().position(|value| !(*value >= 0.0 && *value <= most));
    bad.map_or(Ok(values), |index| {
        Err(SeriesError::Value { field, index, value: values[index], rule })
    })
}

/// A sample of `metric` for each time, values in `unit`.
fn paired(
    times: &[f64],
    values: &[f64],
    (metric, scope, unit): (Signal, &Scope, f64),
) -> Result<Vec<TelemetrySample>, SeriesError> {
    if times.len() != values.len() {
        return Err(SeriesError::Lengths { times: times.len(), values: values.len() });
    }
    let sample = |(seconds, value): (&f64, &f64)| TelemetrySample {
        t_ns: RunInstant::from_nanos((seconds * 1e9) as u64),
        scope: scope.clone(),
        metric,
        value: value * unit,
    };
    Ok(times.iter().zip(values).map(sample).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use farebox_core::recording::{Recording, mean_max, whole};

    /// Task, its series, readings, and the peak in 875ths of the cache.
    const SERIES: [(&str, &str, usize, f64); 3] = [
        (
            "recall",
            include_str!("../../../price/fixtures/engine-seed/vllm_kv_fact_recall.json"),
            163,
            255.0,
        ),
        (
            "reasoning",
            include_str!("../../../price/fixtures/engine-seed/vllm_kv_reasoning.json"),
            518,
            642.0,
        ),
        (
            "summary",
            include_str!("../../../price/fixtures/engine-seed/vllm_kv_summarization_1.json"),
            882,
            875.0,
        ),
    ];

    #[test]
    fn the_published_kv_series_are_read() {
        for (task, text, n, peak) in SERIES {
            assert!(looks_like(text));
            let recording: Recording = read(text).unwrap().into_iter().collect();
            let readings = recording.engine(Signal::KvUsedFraction);
            assert_eq!(readings.len(), n, "{task}");
            let seen = mean_max(readings, &[whole(readings).unwrap()]).unwrap();
            assert!((seen.max * 875.0 - peak).abs() < 1e-6, "{task}: {seen:?}");
            // Its card held 875 blocks: every reading is so many of them.
            let blocks = |value: f64| value * 875.0;
            assert!(readings.iter().all(|(_, v)| (blocks(*v) - blocks(*v).round()).abs() < 1e-6));
        }
    }

    #[test]
    fn memory_is_in_bytes_of_all_gpus() {
        let text = r#"{"baseline_memory_mb": 21000, "history_times": [0.0, 0.1],
            "history_memory_mb": [21000, 21004], "history_memory_percent": [91.2, 91.3],
            "total_memory_mb": 23034, "peak_memory_mb": 21004}"#;
        let recording: Recording = read(text).unwrap().into_iter().collect();
        let used = recording.total(Signal::MemoryUsedBytes);
        assert_eq!(used.last(), Some(&(RunInstant::from_nanos(100_000_000), 21_004.0 * MIB)));
        let there_is = recording.total(Signal::MemoryTotalBytes)[0].1 / MIB;
        assert!((there_is - 23_034.0).abs() < 1e-9, "{there_is}");
    }

    #[test]
    fn an_exponent_that_was_cut_off_is_noticed() {
        let text = r#"{"history_times": [0.0, 0.1], "history_values": [0.0, 570.0]}"#;
        let error = read(text).unwrap_err().to_string();
        assert_eq!(error, "`history_values[1]` is 570: a share is from 0 to 100 %");
        let text = r#"{"history_times": [0.0], "history_values": [1.0, 2.0]}"#;
        assert_eq!(read(text), Err(SeriesError::Lengths { times: 1, values: 2 }));
        assert_eq!(read(r#"{"history_times": []}"#), Err(SeriesError::Neither));
    }
}
