//! How an engine was set up, as far as it says so itself.

use crate::mapping::table;
use farebox_core::{EngineKind, Signal};
use farebox_wire::prometheus::{Exposition, Sample};
use serde::{Deserialize, Serialize};

/// An engine's own settings. What it does not say is none.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct EngineSettings {
    /// Tokens that the KV cache holds, over all replicas behind the address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kv_capacity_tokens: Option<u64>,
    /// Blocks of the KV cache.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kv_blocks: Option<u64>,
    /// Tokens in a block.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub block_tokens: Option<u64>,
    /// Share of the accelerator's memory that it may use, 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_fraction: Option<f64>,
    /// Most requests in the running batch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_running: Option<u64>,
    /// Longest prompt and answer together, in tokens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_model_len: Option<u64>,
    /// Type of the KV cache's numbers, `auto` and `fp8` among them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kv_dtype: Option<String>,
    /// Whether prompts share what they have in common.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prefix_caching: Option<bool>,
}

impl EngineSettings {
    /// Whether the engine said nothing.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// What the metrics of `kind` say of it.
    pub(crate) fn of(kind: EngineKind, exposition: &Exposition<'_>) -> Self {
        let capacity = table(kind).iter().find(|row| row.signal == Signal::KvCapacityTokens);
        let tokens = capacity.and_then(|row| row.read(exposition).ok());
        let config = exposition.named("vllm:cache_config_info").next();
        Self {
            kv_capacity_tokens: tokens.filter(|tokens| *tokens >= 1.0).map(|tokens| tokens as u64),
            max_running: number(exposition, "dynamo_frontend_model_max_num_seqs"),
            max_model_len: number(exposition, "dynamo_frontend_model_context_length"),
            ..config.map(Self::of_vllm).unwrap_or_default()
        }
    }

    /// The labels of `vllm:cache_config_info`, which are Python's words.
    fn of_vllm(config: &Sample<'_>) -> Self {
        let label = |name| config.label(name).filter(|value| *value != "None");
        Self {
            kv_blocks: label("num_gpu_blocks").and_then(|blocks| blocks.parse().ok()),
            block_tokens: label("block_size").and_then(|tokens| tokens.parse().ok()),
            memory_fraction: label("gpu_memory_utilization").and_then(|share| share.parse().ok()),
            kv_dtype: label("cache_dtype").map(str::to_owned),
            prefix_caching: label("enable_prefix_caching").map(|word| word == "True"),
            ..Self::default()
        }
    }

    /// Fills what is none here from `other`.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            kv_capacity_tokens: self.kv_capacity_tokens.or(other.kv_capacity_tokens),
            kv_blocks: self.kv_blocks.or(other.kv_blocks),
            block_tokens: self.block_tokens.or(other.block_tokens),
            memory_fraction: self.memory_fraction.or(other.memory_fraction),
            max_running: self.max_running.or(other.max_running),
            max_model_len: self.max_model_len.or(other.max_model_len),
            kv_dtype: self.kv_dtype.or(other.kv_dtype),
            prefix_caching: self.prefix_caching.or(other.prefix_caching),
        }
    }
}

fn number(exposition: &Exposition<'_>, name: &str) -> Option<u64> {
    let value = exposition.named(name).next()?.value;
    (value >= 1.0).then_some(value as u64)
}
