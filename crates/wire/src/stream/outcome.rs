//! How a stream ended, and what it said about itself.

use serde::{Deserialize, Serialize};

use crate::error_body::ErrorBody;
use crate::finish::FinishReason;
use crate::usage::{NativeCounts, Usage};

/// Everything a stream has said so far. Valid at any moment; final once the stream is closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamOutcome {
    /// Whether it is whole, and if not, why.
    pub ending: Ending,
    /// The reason of the choice that ended last.
    pub finish: Option<FinishReason>,
    /// Final usage. Output and reasoning tokens are added over choices where the server states them
    /// one by one; input tokens are the largest stated, so they are one prompt's.
    pub usage: Option<Usage>,
    /// The engine's own counts, added up likewise.
    pub native: Option<NativeCounts>,
    /// What the events showed.
    pub streamed: Streamed,
    /// What went wrong, if the ending says that something did.
    pub failure: Option<Failure>,
}

/// The token-bearing events of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Streamed {
    /// How many there were. Fewer than tokens, on every engine.
    pub events: u64,
    /// The sum of their counts and its source; `None` as soon as one event had no count.
    pub counted: Option<(u64, CountSource)>,
}

/// Where per-event counts came from, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CountSource {
    /// The server returned token ids.
    TokenIds,
    /// Usage ran along with the chunks.
    UsageStream,
    /// The engine sends one token per event.
    Native,
}

/// How a stream ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// `[DONE]`, or every choice that began has a finish reason.
    Complete,
    /// It stopped without a terminal signal.
    Truncated,
    /// It carried an error.
    InBandError(When),
    /// It carried an event that is not JSON, or too long to hold.
    BadJson,
}

/// On which side of the first token something happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// No token had come.
    BeforeFirstToken,
    /// Tokens had come.
    AfterFirstToken,
}

/// What went wrong first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// The server's error.
    InBand(ErrorBody, When),
    /// Why the event could not be read.
    BadJson(String),
}

impl Failure {
    /// In words, for a record or a log.
    pub fn message(&self) -> &str {
        match self {
            Self::InBand(error, _) => &error.message,
            Self::BadJson(reason) => reason,
        }
    }
}
