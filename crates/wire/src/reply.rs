//! An answer that was not streamed.

use thiserror::Error;

use crate::chunk::{BadJson, Channel, Payload, parse};
use crate::error_body::ErrorBody;
use crate::finish::FinishReason;
use crate::usage::{NativeCounts, Usage};

/// The body of a 200 answer to a request without `stream`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reply {
    /// Whether any choice has text, reasoning or a tool call.
    pub text: ReplyText,
    /// The reason of the last choice.
    pub finish: Option<FinishReason>,
    /// Usage, if stated.
    pub usage: Option<Usage>,
    /// The engine's own counts, if stated.
    pub native: Option<NativeCounts>,
}

/// Whether an answer says anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReplyText {
    /// No choice has text.
    Empty,
    /// Some choice has text.
    Present,
}

/// Why a body is no answer.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ReplyError {
    /// It is not JSON.
    #[error(transparent)]
    BadJson(#[from] BadJson),
    /// It is an error under a status that promised an answer.
    #[error("the server answered with an error: {}", .0.message)]
    InBand(ErrorBody),
    /// It has no choices.
    #[error("the answer has no choices")]
    NoChoices,
}

impl Reply {
    /// Reads the body of a chat, completions or native answer.
    pub fn parse(body: &[u8]) -> Result<Self, ReplyError> {
        let chunk = match parse(body)? {
            Payload::Chunk(chunk) if !chunk.deltas.is_empty() => chunk,
            Payload::Error(error) => return Err(ReplyError::InBand(error)),
            Payload::Chunk(_) | Payload::Done | Payload::Null => return Err(ReplyError::NoChoices),
        };
        let says = chunk.deltas.iter().any(|delta| delta.channel > Channel::Role);
        Ok(Self {
            text: if says { ReplyText::Present } else { ReplyText::Empty },
            finish: chunk.deltas.iter().filter_map(|delta| delta.finish).last(),
            usage: chunk.usage,
            native: chunk.native,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_without_an_answer_is_an_error_of_its_kind() {
        let read = |body: &str| Reply::parse(body.as_bytes());
        assert_eq!(read(r#"{"choices":[]}"#), Err(ReplyError::NoChoices));
        assert!(matches!(read(r#"{"error":"no"}"#), Err(ReplyError::InBand(_))));
        assert!(matches!(read("<html>"), Err(ReplyError::BadJson(_))));
        let empty = read(r#"{"choices":[{"message":{"role":"assistant","content":""}}]}"#);
        assert_eq!(empty.unwrap().text, ReplyText::Empty);
    }
}
