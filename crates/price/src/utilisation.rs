//! How much of what a machine could serve is sold.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// The share of the load line that is sold: above 0, at most 1.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Utilisation(f64);

/// A number that is no such share.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no share of what is served: above 0 and at most 1, such as 0.6")]
pub struct UtilisationError(String);

impl Utilisation {
    /// Everything served is sold.
    pub const FULL: Self = Self(1.0);

    /// The share, if it is above 0 and at most 1.
    pub fn new(share: f64) -> Option<Self> {
        (share > 0.0 && share <= 1.0).then_some(Self(share))
    }

    /// The bare number.
    pub const fn get(self) -> f64 {
        self.0
    }
}

impl Default for Utilisation {
    fn default() -> Self {
        Self::FULL
    }
}

impl FromStr for Utilisation {
    type Err = UtilisationError;

    fn from_str(text: &str) -> Result<Self, UtilisationError> {
        let share = text.trim().parse().ok().and_then(Self::new);
        share.ok_or_else(|| UtilisationError(text.to_owned()))
    }
}

impl fmt::Display for Utilisation {
    /// As a percentage.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Rounded, for 0.07 x 100 is no 7 in binary.
        write!(f, "{} %", (self.0 * 1e4).round() / 100.0)
    }
}

impl TryFrom<f64> for Utilisation {
    type Error = UtilisationError;

    fn try_from(share: f64) -> Result<Self, UtilisationError> {
        Self::new(share).ok_or_else(|| UtilisationError(share.to_string()))
    }
}

impl From<Utilisation> for f64 {
    fn from(utilisation: Utilisation) -> Self {
        utilisation.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_above_nothing_and_at_most_everything() {
        assert_eq!("0.07".parse::<Utilisation>().unwrap().to_string(), "7 %");
        assert_eq!("1".parse(), Ok(Utilisation::FULL));
        for text in ["0", "-0.5", "1.01", "NaN", "inf", "", "x", "50%"] {
            assert!(text.parse::<Utilisation>().is_err(), "{text}");
        }
    }
}
