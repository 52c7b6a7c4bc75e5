//! A row as a question: names looked up, words turned into types.

use super::{Reason, RowConfig};
use crate::setup::{Engine, Era, Job, Load, Parallelism, Setup};
use farebox_catalog::Accelerators;
use farebox_catalog::model::{KvFormat, ModelCatalog, ModelSpec, Precision};
use std::collections::HashMap;

/// Requests in flight where a table says neither how many nor how often.
const UNSTATED_CONCURRENCY: f64 = 256.0;

/// Looks up names; reads every model once.
#[derive(Debug)]
pub struct Resolver<'a> {
    accelerators: &'a Accelerators,
    models: HashMap<String, ModelSpec>,
    catalog: ModelCatalog,
}

/// What a row asks.
#[derive(Debug, Clone)]
pub struct Question<'a> {
    /// The deployment.
    pub setup: Setup<'a>,
    /// The load.
    pub job: Job,
}

impl<'a> Resolver<'a> {
    /// Over the accelerators and models of a catalogue.
    pub fn new(accelerators: &'a Accelerators, catalog: ModelCatalog) -> Self {
        Self { accelerators, models: HashMap::new(), catalog }
    }

    /// Reads the models of `rows`, so that questions can borrow them.
    pub fn load<'r>(&mut self, rows: impl Iterator<Item = &'r RowConfig>) {
        for name in rows.map(|row| row.model_hf_id.trim()) {
            if self.models.contains_key(name) {
                continue;
            }
            if let Ok(spec) = self.catalog.find(name) {
                self.models.insert(name.to_owned(), spec);
            }
        }
    }

    /// The question of `row`; its model must have been loaded.
    pub fn question<'s>(&'s self, row: &'s RowConfig) -> Result<Question<'s>, Reason> {
        refuse_mode(&row.mode)?;
        let name = filled("model_hf_id", &row.model_hf_id)?;
        let model = self.models.get(name).ok_or_else(|| Reason::UnknownModel(name.to_owned()))?;
        let id = filled("gpu_id", &row.gpu_id)?;
        let gpu = self.accelerators.get(id).ok_or_else(|| Reason::UnknownGpu(id.to_owned()))?;
        let engine = engine(row);
        let (precision, weight_scale) = precision(&row.precision_weights)?;
        let setup = Setup {
            model,
            gpu,
            version: Some(row.engine_version.trim()),
            era: era(row, &engine),
            engine: engine.clone(),
            parallel: parallel(row)?,
            precision,
            kv: cache_format(&row.precision_kv, &engine, precision),
            weight_scale,
        };
        let isl = number("isl", &row.isl)?.ok_or(Reason::Empty("isl"))?;
        let osl = number("osl", &row.osl)?.ok_or(Reason::Empty("osl"))?;
        Ok(Question { setup, job: Job::new(isl, osl, load(row)?)? })
    }
}

fn refuse_mode(mode: &str) -> Result<(), Reason> {
    match mode.trim() {
        "disagg" => Err(Reason::Disaggregated),
        mode if mode.starts_with("mlperf_") => Err(Reason::Mlperf),
        _ => Ok(()),
    }
}

fn engine(row: &RowConfig) -> Engine {
    let name = row.engine.trim();
    if name.is_empty() { Engine::Vllm } else { Engine::named(name) }
}

/// Without a version, whole batches at once are how engines were measured before they had servers.
fn era(row: &RowConfig, engine: &Engine) -> Era {
    let unstated = if row.mode.trim() == "offline_batch" { Era::First } else { Era::Current };
    Era::of(engine, row.engine_version.trim()).unwrap_or(match row.engine_version.trim() {
        "" => unstated,
        _ => Era::Current,
    })
}

fn parallel(row: &RowConfig) -> Result<Parallelism, Reason> {
    let width = |column, text: &str| -> Result<u32, Reason> {
        Ok(number(column, text)?.map_or(1, |n| n.round().clamp(0.0, 1e9) as u32))
    };
    filled("tp", &row.tp)?;
    let mut parallel = Parallelism {
        tp: width("tp", &row.tp)?,
        pp: width("pp", &row.pp)?,
        ep: width("ep", &row.ep)?,
        dp: width("dp", &row.dp)?,
        replicas: 1,
    };
    let gpus = number("num_gpus", &row.num_gpus)?.unwrap_or(1.0);
    let copies = gpus / parallel.gpus_per_replica().max(1) as f64;
    parallel.replicas = copies.round().clamp(1.0, 1e5) as u32;
    Ok(parallel)
}

/// The precision a table's word means, and its bytes relative to that of the same products.
fn precision(word: &str) -> Result<(Option<Precision>, f64), Reason> {
    let word = word.trim().trim_end_matches('?').to_lowercase();
    let known = match word.as_str() {
        "" | "auto" => (None, 1.0),
        "fp16" | "bf16" => (Some(Precision::Bf16), 1.0),
        "gguf-q8_0" => (Some(Precision::W8a16), 8.5 / 8.0),
        "gguf-q6_k" => (Some(Precision::W8a16), 6.56 / 8.0),
        w if w.starts_with("fp8") => (Some(Precision::Fp8), 1.0),
        w if w.contains("int4") => (Some(Precision::W4a16), 1.0),
        w => match w.parse() {
            Ok(precision) => (Some(precision), 1.0),
            Err(_) => return Err(Reason::UnknownPrecision(word)),
        },
    };
    Ok(known)
}

/// Where a table does not say, TensorRT-LLM keeps the cache of 8-bit and 4-bit checkpoints in 8 bits.
fn cache_format(word: &str, engine: &Engine, weights: Option<Precision>) -> KvFormat {
    let narrow = matches!(
        weights,
        Some(Precision::Fp8 | Precision::Fp4 | Precision::Nvfp4 | Precision::Mxfp4)
    );
    if word.is_empty() && *engine == Engine::Trtllm && narrow || word.contains("fp8") {
        KvFormat::Fp8
    } else if word.contains("int8") {
        KvFormat::Int8
    } else {
        KvFormat::Bf16
    }
}

fn load(row: &RowConfig) -> Result<Load, Reason> {
    let concurrency = number("concurrency", &row.concurrency)?;
    let rate = number("request_rate", &row.request_rate)?.filter(|rate| rate.is_finite());
    Ok(match (row.mode.trim(), concurrency, rate) {
        ("max_throughput", _, _) => Load::Saturated,
        ("offline_batch", Some(n), _) => Load::Static(n),
        ("single_stream", None, _) => Load::Closed(1.0),
        (_, Some(n), _) => Load::Closed(n),
        (_, None, Some(rate)) => Load::Rate(rate),
        (_, None, None) => Load::Closed(UNSTATED_CONCURRENCY),
    })
}

fn filled<'t>(column: &'static str, text: &'t str) -> Result<&'t str, Reason> {
    let text = text.trim();
    if text.is_empty() { Err(Reason::Empty(column)) } else { Ok(text) }
}

fn number(column: &'static str, text: &str) -> Result<Option<f64>, Reason> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    match text.parse::<f64>() {
        Ok(value) if !value.is_nan() => Ok(Some(value)),
        _ => Err(Reason::NotANumber { column, value: text.to_owned() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unstated_cache_is_narrow_only_where_its_engine_makes_it_so() {
        let (trtllm, vllm, fp8) = (Engine::Trtllm, Engine::Vllm, Some(Precision::Fp8));
        assert_eq!(cache_format("", &trtllm, fp8), KvFormat::Fp8);
        assert_eq!(cache_format("bf16", &trtllm, fp8), KvFormat::Bf16, "what is stated counts");
        assert_eq!(cache_format("", &trtllm, Some(Precision::Bf16)), KvFormat::Bf16);
        assert_eq!(cache_format("", &vllm, fp8), KvFormat::Bf16);
    }
}
