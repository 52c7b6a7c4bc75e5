//! Models: from a `config.json` of any known family to shapes, exact parameter counts and bytes.
//!
//! Reading order: [`spec`] (what comes out), [`layer`] and [`params`] (what it is made of),
//! [`precision`] and [`cache`] (bytes), [`read`] (how a configuration becomes a model), `family`
//! (the architectures), `part` (their building blocks), [`typed`] (models described by hand),
//! [`catalog`] (models known by name).

pub mod cache;
pub mod catalog;
#[cfg(test)]
mod count_tests;
mod draft;
pub mod error;
mod exclude;
mod experts;
mod family;
mod fields;
#[cfg(test)]
mod hostile_tests;
mod json;
pub mod layer;
#[cfg(test)]
mod memory_tests;
pub mod params;
mod part;
mod pattern;
pub mod precision;
mod quantisation;
pub mod read;
mod size;
pub mod spec;
mod trunk;
pub mod typed;

pub use catalog::{ModelCatalog, ModelLookupError};
pub use error::ConfigError;
pub use layer::{
    Attention, Compressed, Ffn, Gate, Indexer, KvStore, Layer, Mixer, Mla, Moe, Recurrent, Window,
};
pub use params::{ClassTable, ParamCount, TensorClass};
pub use precision::{GgufFile, KvFormat, ModelKind, Precision, UnknownPrecision, WeightFormat};
pub use read::{Assume, ConfigFiles, read_config, read_files, states_scheme};
pub use spec::{LayerGroup, ModelSpec, Outside};
pub use typed::{TypedModel, parse_param_count};
