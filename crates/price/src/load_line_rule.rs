//! How the load line is read off a curve.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Where the highest load that keeps a promise may lie.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LoadLineRule {
    /// Only at loads that were run: nothing is promised between two points.
    #[default]
    Measured,
}

/// A text that names no rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown load line `{0}`: use measured")]
pub struct LoadLineRuleError(pub String);

impl FromStr for LoadLineRule {
    type Err = LoadLineRuleError;

    fn from_str(text: &str) -> Result<Self, LoadLineRuleError> {
        match text {
            "measured" => Ok(Self::Measured),
            other => Err(LoadLineRuleError(other.to_owned())),
        }
    }
}

impl fmt::Display for LoadLineRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Measured => f.write_str("measured"),
        }
    }
}
