//! The date a fact was true, as exactly as its source says it.

use jiff::civil::Date;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;

/// A date known to the year, the month or the day.
///
/// Ordering and age use the earliest day it can mean: an undated price counts as old.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AsOf {
    earliest: Date,
    precision: Precision,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Precision {
    Year,
    Month,
    Day,
}

/// Text that is none of `2026`, `2026-08` and `2026-08-17`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is not a date such as 2026, 2026-08 or 2026-08-17")]
pub struct AsOfError(String);

impl AsOf {
    /// The earliest day this date can mean.
    pub const fn earliest(self) -> Date {
        self.earliest
    }

    /// Whole days from the earliest day it can mean to `today`; 0 when that lies ahead.
    pub fn age_days(self, today: Date) -> u32 {
        let days = (today - self.earliest).get_days();
        u32::try_from(days).unwrap_or(0)
    }
}

impl FromStr for AsOf {
    type Err = AsOfError;

    fn from_str(text: &str) -> Result<Self, AsOfError> {
        let (full, precision) = match text.len() {
            4 => (format!("{text}-01-01"), Precision::Year),
            7 => (format!("{text}-01"), Precision::Month),
            _ => (text.to_owned(), Precision::Day),
        };
        match full.parse() {
            Ok(earliest) if full.len() == 10 => Ok(Self { earliest, precision }),
            _ => Err(AsOfError(text.to_owned())),
        }
    }
}

impl fmt::Display for AsOf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month) = (self.earliest.year(), self.earliest.month());
        match self.precision {
            Precision::Year => write!(f, "{year:04}"),
            Precision::Month => write!(f, "{year:04}-{month:02}"),
            Precision::Day => write!(f, "{}", self.earliest),
        }
    }
}

impl Serialize for AsOf {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for AsOf {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn a_vague_date_prints_as_it_was_and_counts_from_its_first_day() {
        for (text, age) in [("2026-11-20", 3), ("2026-11", 22), ("2026", 326), ("2027-01-01", 0)] {
            let as_of: AsOf = text.parse().unwrap();
            assert_eq!(as_of.to_string(), text);
            assert_eq!(as_of.age_days(date(2026, 11, 23)), age, "{text}");
        }
    }

    #[test]
    fn other_texts_are_refused() {
        for text in ["", "soon", "2026-13", "2026-02-30", "20261123", "2026-11-23T00:00"] {
            assert!(text.parse::<AsOf>().is_err(), "{text}");
        }
    }
}
