//! The rules that spread a machine's cost over token kinds, as people name them; `split.rs`
//! has their formulas.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A rule that spreads cost over token kinds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Allocation {
    /// Prefill time pays for input, decode time for output.
    #[default]
    Time,
    /// One price for every token.
    Blended,
    /// An output token costs so many times an input token.
    Ratio(OutputRatio),
    /// The pricing seed's published rule: input and output each carry the whole cost, so the
    /// machine is charged twice. Kept to reproduce its figures.
    DoubleCount,
}

/// What an output token costs, in input tokens: above 0 and at most a million.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct OutputRatio(f64);

/// The largest ratio that can still be meant.
const MAX_RATIO: f64 = 1e6;

impl OutputRatio {
    /// The ratio, if it is above 0 and at most a million.
    pub fn new(ratio: f64) -> Option<Self> {
        (ratio > 0.0 && ratio <= MAX_RATIO).then_some(Self(ratio))
    }

    /// The bare number.
    pub const fn get(self) -> f64 {
        self.0
    }
}

/// Why a text names no allocation.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AllocationError {
    /// There is no such rule.
    #[error("unknown allocation `{0}`: use time, blended, ratio:R or double-count")]
    Unknown(String),
    /// The ratio cannot be one.
    #[error("the ratio `{0}` is impossible: a number above 0 and up to 1000000, such as ratio:4")]
    BadRatio(String),
}

impl FromStr for Allocation {
    type Err = AllocationError;

    fn from_str(text: &str) -> Result<Self, AllocationError> {
        match text.trim() {
            "time" => Ok(Self::Time),
            "blended" => Ok(Self::Blended),
            "double-count" => Ok(Self::DoubleCount),
            other => {
                let ratio = other
                    .strip_prefix("ratio:")
                    .ok_or_else(|| AllocationError::Unknown(other.to_owned()))?;
                let number = ratio.trim().parse().ok().and_then(OutputRatio::new);
                number.map(Self::Ratio).ok_or_else(|| AllocationError::BadRatio(ratio.to_owned()))
            }
        }
    }
}

impl fmt::Display for Allocation {
    /// The spelling that [`FromStr`] reads.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Time => f.write_str("time"),
            Self::Blended => f.write_str("blended"),
            Self::Ratio(ratio) => write!(f, "ratio:{}", ratio.get()),
            Self::DoubleCount => f.write_str("double-count"),
        }
    }
}

impl TryFrom<String> for Allocation {
    type Error = AllocationError;

    fn try_from(text: String) -> Result<Self, AllocationError> {
        text.parse()
    }
}

impl From<Allocation> for String {
    fn from(allocation: Allocation) -> Self {
        allocation.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_reads_back_as_written() {
        for text in ["time", "blended", "ratio:4", "ratio:0.25", "double-count"] {
            assert_eq!(text.parse::<Allocation>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn refuses_what_is_no_rule() {
        for ratio in ["0", "-1", "NaN", "inf", "1e7", "", "x"] {
            let got = format!("ratio:{ratio}").parse::<Allocation>();
            assert_eq!(got, Err(AllocationError::BadRatio(ratio.to_owned())));
        }
        let unknown = AllocationError::Unknown("free".to_owned());
        assert_eq!("free".parse::<Allocation>(), Err(unknown));
    }
}
