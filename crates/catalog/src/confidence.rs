//! How sure a fact is.

use serde::{Deserialize, Serialize};
use std::fmt;

/// How sure a fact is; the order is from least to most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// From memory, from one weak source, or derived.
    Low,
    /// One good source, or sources that differ in detail.
    Medium,
    /// Two sources agree, or one dated primary source was read.
    High,
}

impl fmt::Display for Confidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        })
    }
}
