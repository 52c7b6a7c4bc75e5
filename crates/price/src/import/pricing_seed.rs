//! The result file of the pricing seed, `rushilbhat/inference-pricing` (2025): JSON lines, one per
//! configuration, each a sweep of batches sent at once and waited for.
//!
//! ```text
//! {"id": "w8a8_4", "measurements": [{"batch_size": 8, "input_tps": .., "output_tps": ..,
//!  "avg_ttft": seconds, "avg_tpot": seconds}, ..]}
//! ```
//!
//! An id is the precision, `_`, and the tensor parallelism. What the file does not say comes from
//! the published run, see [`SeedRun`]. Three things follow from how that tool measures:
//!
//! - Throughputs are counter differences over the wall time of a whole batch, so ramp and drain
//!   are inside: `steady` is false.
//! - It stops its sweep at the first error, so every batch in the file ended whole.
//! - Latencies are means of the server's histograms, so a percentile of them is undecidable.
//!   `avg_tpot` is the mean gap between tokens, pooled over requests.

use farebox_core::curve::{CURVE_SCHEMA, RequestCounts};
use farebox_core::deployment::Pool;
use farebox_core::summarise::attach_phase_times;
use farebox_core::{
    Deployment, Distribution, LoadCurve, LoadKind, LoadPoint, Milliseconds, Offered,
    RequestsPerSecond, Source, TokensPerSecond, Workload,
};
use serde::Deserialize;
use std::collections::BTreeMap;

/// What the file leaves out.
#[derive(Debug, Clone, PartialEq)]
pub struct SeedRun {
    /// The model served.
    pub model: String,
    /// The engine.
    pub engine: String,
    /// The accelerator.
    pub gpu: String,
    /// Input length asked for.
    pub isl: u32,
    /// Output length of every request: the run ignored end-of-sequence, so asked is observed.
    pub osl: u32,
}

impl SeedRun {
    /// The run published with the tool. Its output length is confirmed by the data: with 449, a
    /// batch took `449 x batch_size / output_tps` seconds, and that times `input_tps` is a whole
    /// number of tokens in all 63 measurements.
    pub fn published() -> Self {
        Self {
            model: "Meta-Llama-3.1-8B-Instruct".to_owned(),
            engine: "vllm".to_owned(),
            gpu: "a100-sxm-80gb".to_owned(),
            isl: 1807,
            osl: 449,
        }
    }
}

/// Why a file cannot be read.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ImportError {
    /// There is no configuration in it.
    #[error("the file holds no configuration")]
    Empty,
    /// A line is wrong.
    #[error("line {line}: {fault}")]
    Line {
        /// Counted from 1.
        line: usize,
        /// What is wrong with it.
        fault: ImportFault,
    },
}

/// What is wrong with a line.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ImportFault {
    /// No JSON, or without a field that is needed.
    #[error("{0}")]
    Json(String),
    /// The id is not a precision and a tensor parallelism.
    #[error("the id `{0}` is not PRECISION_TP, such as w8a8_4")]
    Id(String),
    /// The id stood on an earlier line already.
    #[error("the id `{id}` was used on line {first} already")]
    DuplicateId {
        /// The id.
        id: String,
        /// Where it stood first.
        first: usize,
    },
    /// A sweep without measurements.
    #[error("`measurements` is empty")]
    NoMeasurements,
    /// A batch was measured twice.
    #[error("batch_size {0} stands there twice")]
    DuplicateBatch(u32),
    /// A number that no measurement gives.
    #[error("`{field}` is {value}: it must be above 0")]
    Number {
        /// The field.
        field: &'static str,
        /// What stands there.
        value: f64,
    },
}

/// Whether `text` is such a file, judged by its first line.
pub fn looks_like(text: &str) -> bool {
    let first = text.lines().find(|line| !line.trim().is_empty());
    let value = first.and_then(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    value.is_some_and(|value| value["id"].is_string() && value["measurements"].is_array())
}

/// Reads the curves of `text`, one per configuration, each by rising batch.
pub fn read(text: &str, run: &SeedRun) -> Result<Vec<LoadCurve>, ImportError> {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut curves = Vec::new();
    let lines = (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty());
    for (line, text) in lines {
        let at_line = |fault| ImportError::Line { line, fault };
        let config = Configuration::read(text).map_err(at_line)?;
        if let Some(first) = seen.insert(config.id.clone(), line) {
            return Err(at_line(ImportFault::DuplicateId { id: config.id, first }));
        }
        curves.push(config.curve(run).map_err(at_line)?);
    }
    if curves.is_empty() { Err(ImportError::Empty) } else { Ok(curves) }
}

#[derive(Deserialize)]
struct Configuration {
    id: String,
    measurements: Vec<Measurement>,
}

#[derive(Deserialize)]
struct Measurement {
    batch_size: u32,
    input_tps: f64,
    output_tps: f64,
    avg_ttft: f64,
    avg_tpot: f64,
}

impl Configuration {
    fn read(line: &str) -> Result<Self, ImportFault> {
        let mut config: Self =
            serde_json::from_str(line).map_err(|error| ImportFault::Json(error.to_string()))?;
        config.measurements.sort_by_key(|measured| measured.batch_size);
        config.check()?;
        Ok(config)
    }

    fn check(&self) -> Result<(), ImportFault> {
        if self.measurements.is_empty() {
            return Err(ImportFault::NoMeasurements);
        }
        let twice = self.measurements.windows(2).find(|w| w[0].batch_size == w[1].batch_size);
        if let Some(twice) = twice {
            return Err(ImportFault::DuplicateBatch(twice[0].batch_size));
        }
        self.measurements.iter().try_for_each(Measurement::check)
    }

    fn curve(self, run: &SeedRun) -> Result<LoadCurve, ImportFault> {
        let pool = self.pool(run)?;
        let isl: f64 = self.measurements.iter().map(|m| m.input_per_request(run.osl)).sum();
        let isl_observed = isl / self.measurements.len() as f64;
        let mut points: Vec<LoadPoint> =
            self.measurements.iter().map(|measured| measured.point(run.osl)).collect();
        attach_phase_times(&mut points);
        Ok(LoadCurve {
            schema: CURVE_SCHEMA.to_owned(),
            name: self.id,
            deployment: Deployment {
                engine: Some(run.engine.clone()),
                pools: vec![pool],
                ..Deployment::machine(run.model.clone())
            },
            workload: Workload {
                isl: Some(run.isl),
                osl: Some(run.osl),
                isl_observed: Some(isl_observed),
                ..Workload::default()
            },
            source: Source::Imported,
            complete: true,
            price: None,
            points,
        })
    }

    fn pool(&self, run: &SeedRun) -> Result<Pool, ImportFault> {
        let bad = || ImportFault::Id(self.id.clone());
        let (precision, tp) = self.id.rsplit_once('_').ok_or_else(bad)?;
        let tp = tp.parse().ok().filter(|tp| *tp > 0).ok_or_else(bad)?;
        Ok(Pool {
            gpu: Some(run.gpu.clone()),
            precision: Some(precision.to_owned()),
            ..Pool::tensor_parallel(tp)
        })
    }
}

impl Measurement {
    fn check(&self) -> Result<(), ImportFault> {
        let fields = [
            ("batch_size", f64::from(self.batch_size)),
            ("input_tps", self.input_tps),
            ("output_tps", self.output_tps),
            ("avg_ttft", self.avg_ttft),
            ("avg_tpot", self.avg_tpot),
        ];
        let bad = fields.into_iter().find(|(_, value)| !(value.is_finite() && *value > 0.0));
        bad.map_or(Ok(()), |(field, value)| Err(ImportFault::Number { field, value }))
    }

    /// The counters of input and output ran over the same wall time, so their ratio is that of
    /// the lengths.
    fn input_per_request(&self, osl: u32) -> f64 {
        f64::from(osl) * self.input_tps / self.output_tps
    }

    fn point(&self, osl: u32) -> LoadPoint {
        let mean = |seconds: f64, n| {
            Some(Distribution::Mean { mean: Milliseconds::new(seconds * 1e3), n })
        };
        let requests = u64::from(self.batch_size);
        LoadPoint {
            requests: RequestCounts {
                ok: requests,
                in_window: requests,
                ..RequestCounts::default()
            },
            ttft_ms: mean(self.avg_ttft, Some(requests)),
            tpot_ms: mean(self.avg_tpot, None),
            ..LoadPoint::of_rates(
                Offered { kind: LoadKind::Batch, value: f64::from(self.batch_size), steady: false },
                TokensPerSecond::new(self.input_tps),
                TokensPerSecond::new(self.output_tps),
                RequestsPerSecond::new(self.output_tps / f64::from(osl)),
            )
        }
    }
}
