//! What really happened, in the server's own clock.

use std::time::Instant;

use farebox_wire::EventKind;
use serde_json::Value;

/// One request and what was sent for it.
#[derive(Debug, Clone)]
pub struct Exchange {
    /// Which connection, from 0 in the order of acceptance.
    pub connection: u64,
    /// Which POST, from 0 in the order of arrival.
    pub ordinal: usize,
    /// The `x-request-id` header.
    pub request_id: Option<String>,
    /// The method.
    pub method: String,
    /// The path, with its query.
    pub path: String,
    /// All headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body as it came.
    pub body: Vec<u8>,
    /// When its last byte had been read. All times of the script count from here.
    pub received_at: Instant,
    /// Every write, in order. A [`crate::Flood`] logs its first and its last.
    pub writes: Vec<Wrote>,
    /// How it ended.
    pub ended: Ended,
}

/// One write to the socket.
#[derive(Debug, Clone)]
pub struct Wrote {
    /// When the script wanted it.
    pub due: Instant,
    /// When it was handed to the kernel.
    pub at: Instant,
    /// The events it completed. A piece of an event that a later write completes has none.
    pub labels: Vec<Label>,
    /// How many bytes, HTTP framing included.
    pub bytes: usize,
}

/// What a write was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Label {
    /// Status line and headers.
    Head,
    /// An event, and the tokens it stands for.
    Event {
        /// What a correct client should see in it.
        kind: EventKind,
        /// Tokens made, whatever the text shows.
        tokens: u32,
    },
    /// `[DONE]`.
    Done,
    /// A whole body that is not streamed, and its tokens.
    Body {
        /// Tokens made.
        tokens: u32,
    },
    /// The end of a chunked body.
    BodyEnd,
}

/// How an exchange ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// It has not.
    Open,
    /// The answer was sent as scripted and the connection kept.
    KeptAlive,
    /// The answer was sent as scripted and the connection closed.
    Closed,
    /// The connection was reset, as scripted.
    Reset,
    /// The client went away first.
    ClientLeft,
    /// The server was stopped first.
    Stopped,
}

impl Exchange {
    /// The body as JSON, or null.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    /// The writes that completed token-bearing events.
    pub fn token_writes(&self) -> impl DoubleEndedIterator<Item = &Wrote> {
        self.writes.iter().filter(|wrote| wrote.bears_tokens())
    }

    /// When the first token was sent.
    pub fn first_token_at(&self) -> Option<Instant> {
        self.token_writes().next().map(|wrote| wrote.at)
    }

    /// When the last token was sent.
    pub fn last_token_at(&self) -> Option<Instant> {
        self.token_writes().next_back().map(|wrote| wrote.at)
    }

    /// How many tokens were sent.
    pub fn tokens(&self) -> u64 {
        let labels = self.writes.iter().flat_map(|wrote| &wrote.labels);
        labels.map(|label| u64::from(label.tokens())).sum()
    }

    /// Nanoseconds from the request's arrival to `instant`.
    pub fn ns_since_received(&self, instant: Instant) -> u64 {
        instant.saturating_duration_since(self.received_at).as_nanos() as u64
    }
}

impl Wrote {
    /// Whether it completed an event that bears tokens.
    pub fn bears_tokens(&self) -> bool {
        self.labels.iter().any(|label| label.tokens() > 0)
    }
}

impl Label {
    /// The tokens it stands for.
    pub fn tokens(self) -> u32 {
        match self {
            Self::Event { tokens, .. } | Self::Body { tokens } => tokens,
            Self::Head | Self::Done | Self::BodyEnd => 0,
        }
    }

    pub(crate) fn event(kind: EventKind) -> Self {
        Self::Event { kind, tokens: 0 }
    }
}
