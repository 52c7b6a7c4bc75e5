//! What answers, and what is asked of it.

use crate::cache::CacheState;
use crate::tariff::Tariff;
use serde::{Deserialize, Serialize};

/// What answers the requests.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Deployment {
    /// A machine of ours, or somebody's API.
    pub kind: DeploymentKind,
    /// The model's name as the server knows it.
    pub model: String,
    /// The serving engine, where it is known.
    pub engine: Option<String>,
    /// The accelerators and how the model is spread over them.
    pub pools: Vec<Pool>,
    /// What a hosted API charges; none for a machine, and where nobody said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tariff: Option<Box<Tariff>>,
    /// The engine's own settings, such as `kv_capacity_tokens`; none where it says nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub engine_settings: Option<Box<serde_json::Map<String, serde_json::Value>>>,
}

/// Who owns the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeploymentKind {
    /// Rented or owned by us: it costs by the hour.
    Machine,
    /// A hosted API: it costs by the token.
    Hosted,
}

/// A group of equal accelerators with one task.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Pool {
    /// `both`, `prefill` or `decode`.
    pub role: String,
    /// The accelerator, where it is known.
    pub gpu: Option<String>,
    /// How many accelerators serve in one replica.
    pub gpus: u32,
    /// Tensor parallelism.
    pub tp: u32,
    /// Pipeline parallelism.
    pub pp: u32,
    /// Expert parallelism.
    pub ep: u32,
    /// Attention data parallelism inside a replica.
    pub dp: u32,
    /// Whole copies.
    pub replicas: u32,
    /// Weight and activation precision, where it is known.
    pub precision: Option<String>,
    /// KV-cache type, where it is known.
    pub kv_dtype: Option<String>,
}

impl Pool {
    /// One replica on `gpus` accelerators, tensor-parallel over all of them.
    pub fn tensor_parallel(gpus: u32) -> Self {
        Self {
            role: "both".to_owned(),
            gpu: None,
            gpus,
            tp: gpus,
            pp: 1,
            ep: 1,
            dp: 1,
            replicas: 1,
            precision: None,
            kv_dtype: None,
        }
    }
}

impl Deployment {
    /// A machine serving `model`, about whose accelerators nothing is known yet.
    pub fn machine(model: impl Into<String>) -> Self {
        Self {
            kind: DeploymentKind::Machine,
            model: model.into(),
            engine: None,
            pools: Vec::new(),
            tariff: None,
            engine_settings: None,
        }
    }

    /// Somebody's API that serves `model` and charges by `tariff`.
    pub fn hosted(model: impl Into<String>, tariff: Tariff) -> Self {
        Self {
            kind: DeploymentKind::Hosted,
            tariff: Some(Box::new(tariff)),
            ..Self::machine(model)
        }
    }

    /// Accelerators that serve, over all pools; none where no pool is known.
    pub fn gpus(&self) -> Option<u32> {
        let total = self.pools.iter().map(|pool| pool.gpus * pool.replicas).sum();
        (total > 0).then_some(total)
    }
}

/// What is asked, in tokens per request.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Workload {
    /// Input length asked for, the mean where requests differ; none where a foreign file does not
    /// say.
    pub isl: Option<u32>,
    /// Output length asked for.
    pub osl: Option<u32>,
    /// Mean input length that the server counted.
    #[serde(default)]
    pub isl_observed: Option<f64>,
    /// Mean output length that the server counted.
    #[serde(default)]
    pub osl_observed: Option<f64>,
    /// What lengths were drawn from, where requests differ: a profile, a trace, distributions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lengths: Option<String>,
    /// How arrivals were spaced, in open loop.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arrivals: Option<String>,
    /// What the prefix cache was declared to hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache: Option<CacheState>,
}
