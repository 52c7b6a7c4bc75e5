//! One configuration as a table states it.

use serde::Deserialize;

/// The columns that describe a configuration; every other column of a table is ignored.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(default)]
pub struct RowConfig {
    /// Name of the row.
    pub row_id: String,
    /// Serving engine.
    pub engine: String,
    /// Its version.
    pub engine_version: String,
    /// Hub id of the model.
    pub model_hf_id: String,
    /// Accelerator in the catalogue.
    pub gpu_id: String,
    /// Accelerators in all.
    pub num_gpus: String,
    /// Tensor parallelism.
    pub tp: String,
    /// Pipeline parallelism.
    pub pp: String,
    /// Expert parallelism.
    pub ep: String,
    /// Attention data parallelism.
    pub dp: String,
    /// How load was offered.
    pub mode: String,
    /// Precision of the weights.
    pub precision_weights: String,
    /// Precision of the cache.
    pub precision_kv: String,
    /// Input length, tokens.
    pub isl: String,
    /// Output length, tokens.
    pub osl: String,
    /// Requests in flight, or in a batch.
    pub concurrency: String,
    /// Requests per second, or `inf`.
    pub request_rate: String,
}
