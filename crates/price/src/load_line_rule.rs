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
    /// Also between the last load that keeps the promise and the next, on straight lines.
    Interpolated,
}

/// A text that names no rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown load line `{0}`: use measured or interpolated")]
pub struct LoadLineRuleError(pub String);

impl FromStr for LoadLineRule {
    type Err = LoadLineRuleError;

    fn from_str(text: &str) -> Result<Self, LoadLineRuleError> {
        match text {
            "measured" => Ok(Self::Measured),
            "interpolated" => Ok(Self::Interpolated),
            other => Err(LoadLineRuleError(other.to_owned())),
        }
    }
}

impl fmt::Display for LoadLineRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Measured => f.write_str("measured"),
            Self::Interpolated => f.write_str("interpolated"),
        }
    }
}
