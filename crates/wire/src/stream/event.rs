//! One thing that happened in a stream.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One event of a stream. Its time is the time of the read that brought it: the caller's to stamp.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StreamEvent {
    /// What happened.
    pub kind: EventKind,
    /// Tokens this event brought, where the server's own counts tell; `None` is unknown, not zero.
    pub tokens: Option<u32>,
}

/// What an event is. Serialised in lower case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EventKind {
    /// The role alone: no token has been made yet, whatever the client's clock would like.
    Role,
    /// Tokens of reasoning.
    Reasoning,
    /// Tokens of the answer.
    Content,
    /// Tokens of a tool call.
    Tool,
    /// A choice ended.
    Finish,
    /// Final usage.
    Usage,
    /// A chunk that shows the server alive and no token made.
    Progress,
    /// A keep-alive.
    Ping,
    /// An error inside the stream, or an event that cannot be read.
    Error,
}

impl EventKind {
    /// Whether the event shows that tokens were made: what TTFT, ICL and E2E are measured to.
    pub fn bears_tokens(self) -> bool {
        matches!(self, Self::Reasoning | Self::Content | Self::Tool)
    }

    /// The name used in records.
    pub fn name(self) -> &'static str {
        match self {
            Self::Role => "role",
            Self::Reasoning => "reasoning",
            Self::Content => "content",
            Self::Tool => "tool",
            Self::Finish => "finish",
            Self::Usage => "usage",
            Self::Progress => "progress",
            Self::Ping => "ping",
            Self::Error => "error",
        }
    }
}

impl fmt::Display for EventKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
