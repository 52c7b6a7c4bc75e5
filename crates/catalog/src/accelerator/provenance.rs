//! Where the figures of an accelerator come from.

use crate::as_of::AsOf;
use crate::confidence::Confidence;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Sources and doubts of one entry.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Provenance {
    /// How sure the entry is as a whole.
    pub confidence: Confidence,
    /// The vendor document that settles a doubt; not necessarily read.
    pub authority: Option<String>,
    /// What was read, and when.
    pub sources: Vec<SourceRead>,
    /// Disagreements and traps, in words.
    pub notes: Option<String>,
    /// Ratio rules that do not hold for this chip, and why.
    pub exceptions: BTreeMap<String, String>,
}

/// One source that was opened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceRead {
    /// What was read: a page, a file at a commit, a package version.
    pub read: String,
    /// When.
    pub checked: AsOf,
}
