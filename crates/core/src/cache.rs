//! The state of the server's prefix cache, as part of the experiment.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// What share of each prompt the server's prefix cache holds when the prompt comes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum CacheState {
    /// Nothing: prompts that nobody has sent before.
    Cold,
    /// All but the last token of it.
    Warm,
    /// This share of it, between 0 and 1.
    Hit(f64),
}

/// A text that names no cache state.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no cache state: use cold, warm or hit=SHARE with a share between 0 and 1, such as hit=0.6"
)]
pub struct CacheStateError(String);

impl CacheState {
    /// The share of input tokens that should come from the cache.
    pub const fn share(self) -> f64 {
        match self {
            Self::Cold => 0.0,
            Self::Warm => 1.0,
            Self::Hit(share) => share,
        }
    }
}

impl FromStr for CacheState {
    type Err = CacheStateError;

    fn from_str(text: &str) -> Result<Self, CacheStateError> {
        let share = |text: &str| text.parse().ok().filter(|share| *share > 0.0 && *share < 1.0);
        match text {
            "cold" => Ok(Self::Cold),
            "warm" => Ok(Self::Warm),
            other => match other.strip_prefix("hit=").and_then(share) {
                Some(share) => Ok(Self::Hit(share)),
                None => Err(CacheStateError(other.to_owned())),
            },
        }
    }
}

impl fmt::Display for CacheState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cold => f.write_str("cold"),
            Self::Warm => f.write_str("warm"),
            Self::Hit(share) => write!(f, "hit={share}"),
        }
    }
}

impl TryFrom<String> for CacheState {
    type Error = CacheStateError;

    fn try_from(text: String) -> Result<Self, CacheStateError> {
        text.parse()
    }
}

impl From<CacheState> for String {
    fn from(state: CacheState) -> Self {
        state.to_string()
    }
}

/// How a declared cache state was brought about.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CacheControl {
    /// What was asked for.
    pub declared: CacheState,
    /// The endpoint that emptied the cache before each load, where the server has one.
    pub reset_endpoint: Option<String>,
    /// What was mixed into every prompt so that no earlier run's are met; none where the cache was
    /// emptied instead.
    pub salt: Option<u64>,
    /// Prompts sent before each load so that the cache holds their prefixes.
    pub primed: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_are_read_as_they_are_written() {
        for state in [CacheState::Cold, CacheState::Warm, CacheState::Hit(0.6)] {
            assert_eq!(state.to_string().parse(), Ok(state));
        }
        for text in ["", "hot", "hit", "hit=0", "hit=1", "hit=nan", "hit=-0.5"] {
            assert!(text.parse::<CacheState>().is_err(), "{text}");
        }
    }
}
