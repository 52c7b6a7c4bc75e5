//! What the server does and when.

use std::time::Duration;

/// When the tokens of an answer are written, counted from the arrival of its request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Schedule {
    /// To the first token.
    pub ttft: Duration,
    /// From one event to the next. With none, an answer is a single write.
    pub gap: Duration,
    /// Tokens that share an event, at least 1.
    pub tokens_per_event: u32,
    /// What comes before the first token.
    pub opening: Opening,
    /// A time in which nothing is written.
    pub stall: Option<Stall>,
}

/// What comes before the first token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opening {
    /// Nothing: the head comes with it.
    WithFirstToken,
    /// Head and role event as soon as the request is there. Neither is a token.
    RoleAtOnce,
}

/// A server that stops for a while, as one that compiles a kernel or swaps does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stall {
    /// It begins with the arrival of this request, counted from 0.
    pub at_request: u64,
    /// How long it lasts.
    pub lasts: Duration,
}

impl Schedule {
    /// `ttft` to the first token and `gap` to each further one, an event each.
    pub const fn new(ttft: Duration, gap: Duration) -> Self {
        let opening = Opening::WithFirstToken;
        Self { ttft, gap, tokens_per_event: 1, opening, stall: None }
    }

    /// The same with a role event ahead of the first token.
    #[must_use]
    pub const fn role_at_once(self) -> Self {
        Self { opening: Opening::RoleAtOnce, ..self }
    }

    /// The same with a stall.
    #[must_use]
    pub const fn stalling(self, stall: Stall) -> Self {
        Self { stall: Some(stall), ..self }
    }
}
