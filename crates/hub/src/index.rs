//! `model.safetensors.index.json`: which tensor is in which shard, and the size of all.

use crate::name::FileName;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// What the index of a sharded model says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WeightIndex {
    /// Bytes of all tensors. Some writers leave it out, and some count tied tensors twice.
    pub total_bytes: Option<u64>,
    /// Parameters of all tensors, which few writers give.
    pub total_parameters: Option<u64>,
    /// Names of the tensors.
    pub tensors: BTreeSet<String>,
    /// The files, each once.
    pub shards: BTreeSet<FileName>,
}

/// Why an index cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IndexError {
    /// It is not the JSON it should be.
    #[error("the index is malformed at line {line}, column {column}")]
    Json {
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
    },
    /// A shard's name could lead out of the repository.
    #[error("`{0}` is no file name for a shard")]
    Shard(String),
}

#[derive(Deserialize)]
struct Document {
    #[serde(default)]
    metadata: Metadata,
    weight_map: BTreeMap<String, String>,
}

/// Some writers put floating-point numbers here.
#[derive(Default, Deserialize)]
struct Metadata {
    total_size: Option<serde_json::Number>,
    total_parameters: Option<serde_json::Number>,
}

impl WeightIndex {
    /// Reads the text of the file.
    pub fn parse(json: &[u8]) -> Result<Self, IndexError> {
        let document: Document = serde_json::from_slice(json)
            .map_err(|e| IndexError::Json { line: e.line(), column: e.column() })?;
        let mut shards = BTreeSet::new();
        let mut tensors = BTreeSet::new();
        for (tensor, shard) in document.weight_map {
            shards.insert(FileName::parse(&shard).ok_or(IndexError::Shard(shard))?);
            tensors.insert(tensor);
        }
        let total_bytes = document.metadata.total_size.as_ref().and_then(whole);
        let total_parameters = document.metadata.total_parameters.as_ref().and_then(whole);
        Ok(Self { total_bytes, total_parameters, tensors, shards })
    }
}

/// A count, also where it is written as `1.5e10`.
fn whole(number: &serde_json::Number) -> Option<u64> {
    number.as_u64().or_else(|| {
        let float = number.as_f64()?;
        (float >= 0.0 && float < 2_f64.powi(53) && float.fract() == 0.0).then_some(float as u64)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards_are_listed_once_and_totals_read_in_either_form() {
        let json = br#"{"metadata":{"total_size":1.5e10,"total_parameters":7},"weight_map":{
            "a":"model-2.safetensors","b":"model-1.safetensors","c":"model-2.safetensors"}}"#;
        let index = WeightIndex::parse(json).unwrap();
        assert_eq!(index.total_bytes, Some(15_000_000_000));
        assert_eq!((index.total_parameters, index.tensors.len()), (Some(7), 3));
        let shards: Vec<_> = index.shards.iter().map(FileName::as_str).collect();
        assert_eq!(shards, ["model-1.safetensors", "model-2.safetensors"]);
        assert_eq!(WeightIndex::parse(br#"{"weight_map":{}}"#).unwrap().total_bytes, None);
    }

    #[test]
    fn hostile_and_malformed_indexes_are_refused() {
        let shard = WeightIndex::parse(br#"{"weight_map":{"a":"../../x"}}"#);
        assert_eq!(shard, Err(IndexError::Shard("../../x".to_owned())));
        for text in ["", "[]", "{}", r#"{"weight_map":[1]}"#] {
            let error = WeightIndex::parse(text.as_bytes());
            assert!(matches!(error, Err(IndexError::Json { .. })), "{text}");
        }
        let odd = br#"{"metadata":{"total_size":-1},"weight_map":{}}"#;
        assert_eq!(WeightIndex::parse(odd).unwrap().total_bytes, None);
    }
}
