//! What really happened to one request, as the server saw it: the measure of any measuring client.

use serde::Serialize;
use serde::ser::SerializeTuple;

use crate::quantity::{Nanos, Tokens};

/// The truth about one request. Times are nanoseconds since the engine's epoch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RequestTruth {
    /// The client's `x-request-id`, or the engine's own name for the request.
    pub request_id: String,
    /// When the request's head had been read.
    pub received_ns: Nanos,
    /// When its body had been read and the request joined the queue.
    pub queued_ns: Nanos,
    /// Tokens in the prompt.
    pub isl: Tokens,
    /// Tokens asked for, which is what a complete answer has.
    pub osl: Tokens,
    /// Token by token or in one piece.
    pub delivery: Delivery,
    /// Whether every token was written.
    pub outcome: Outcome,
    /// One entry per token that left the pacer, in order.
    pub tokens: Vec<TokenTruth>,
}

/// When one token was due, left the pacer and was written. As JSON: `[due, released, written]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenTruth {
    /// When the step-time formula has it.
    pub due_ns: Nanos,
    /// When the pacer let it go; later than due by the pacer's lateness.
    pub released_ns: Nanos,
    /// When the write began that put the last byte of its chunk into the socket; `None` if it
    /// never was. In a non-streaming answer all tokens share one write.
    pub written_ns: Option<Nanos>,
}

/// How an answer travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Delivery {
    /// As server-sent events, one per token.
    Stream,
    /// As one JSON document after the last token.
    Whole,
}

/// How a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// Every token was written to the socket.
    Complete,
    /// The client went away, or the engine was stopped, before that.
    Cancelled,
}

impl RequestTruth {
    /// The outcome that the tokens speak of.
    pub(crate) fn judged(mut self) -> Self {
        let written = self.tokens.iter().filter(|token| token.written_ns.is_some()).count();
        let is_complete = written as u64 == self.osl.0;
        self.outcome = if is_complete { Outcome::Complete } else { Outcome::Cancelled };
        self
    }
}

impl Serialize for TokenTruth {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut tuple = serializer.serialize_tuple(3)?;
        tuple.serialize_element(&self.due_ns)?;
        tuple.serialize_element(&self.released_ns)?;
        tuple.serialize_element(&self.written_ns)?;
        tuple.end()
    }
}
