//! Rows that give no request: counted by reason, never lost.

use std::collections::BTreeMap;
use std::fmt;

/// Why a row, or a turn of it, gives no request.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Skip {
    /// It is no JSON.
    NotJson,
    /// It is no UTF-8.
    NotUtf8,
    /// It is longer than a row may be.
    TooLong,
    /// It has another number of fields than the header.
    FieldCount,
    /// It lacks this field, or the field is null.
    MissingField(String),
    /// This field holds something else than it should.
    WrongType(String),
    /// A conversation in which nobody answers.
    NoAnswer,
    /// Lengths without the text they are of.
    NoText,
    /// The model's chat template refuses such messages.
    Template,
    /// A prompt of no tokens.
    EmptyPrompt,
    /// An answer of no tokens; in logs, a request that failed.
    EmptyAnswer,
    /// A time that cannot be read.
    BadTime,
    /// A window was asked for and the row has no time on its clock.
    NoTime,
}

impl fmt::Display for Skip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotJson => f.write_str("no valid JSON"),
            Self::NotUtf8 => f.write_str("no valid UTF-8"),
            Self::TooLong => f.write_str("longer than a row may be"),
            Self::FieldCount => f.write_str("another number of fields than the header"),
            Self::MissingField(field) => write!(f, "no field `{field}`"),
            Self::WrongType(field) => write!(f, "`{field}` is of another type"),
            Self::NoAnswer => f.write_str("nobody answers"),
            Self::NoText => f.write_str("lengths and no text"),
            Self::Template => f.write_str("messages that the chat template refuses"),
            Self::EmptyPrompt => f.write_str("an empty prompt"),
            Self::EmptyAnswer => f.write_str("an empty answer or a failed request"),
            Self::BadTime => f.write_str("a time that cannot be read"),
            Self::NoTime => f.write_str("no time to compare with the window"),
        }
    }
}

/// How many of one reason, and where the first was.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Skipped {
    /// Rows or turns.
    pub count: u64,
    /// The input of the first.
    pub input: String,
    /// Its row, from 1.
    pub row: u64,
}

/// All that was skipped, by reason.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SkipReport {
    reasons: BTreeMap<Skip, Skipped>,
}

impl SkipReport {
    /// Counts one more; call in the order of the rows, so that the first stays the first.
    pub fn note(&mut self, reason: Skip, input: &str, row: u64) {
        let first = || Skipped { count: 0, input: input.to_owned(), row };
        self.reasons.entry(reason).or_insert_with(first).count += 1;
    }

    /// Takes over a count that was kept.
    pub(crate) fn restore(&mut self, reason: Skip, skipped: Skipped) {
        self.reasons.insert(reason, skipped);
    }

    /// Each reason with its count and first place.
    pub fn reasons(&self) -> impl Iterator<Item = (&Skip, &Skipped)> {
        self.reasons.iter()
    }

    /// How many reasons there are.
    pub(crate) fn kinds(&self) -> usize {
        self.reasons.len()
    }

    /// All together.
    pub fn total(&self) -> u64 {
        self.reasons.values().map(|skipped| skipped.count).sum()
    }
}

impl fmt::Display for SkipReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (reason, skipped)) in self.reasons().enumerate() {
            let comma = if index > 0 { ", " } else { "" };
            write!(f, "{comma}{} ({reason}; first: row {})", skipped.count, skipped.row)?;
        }
        Ok(())
    }
}
