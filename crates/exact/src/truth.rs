//! What really happened, on this process's clock.

use std::time::{Duration, Instant};

/// One request and when its tokens were handed to the kernel.
#[derive(Debug, Clone)]
pub struct Answered {
    /// The `x-request-id` header; empty where there was none.
    pub request_id: String,
    /// When the last byte of the request reached this machine.
    pub arrived: Instant,
    /// Every token-bearing write, in order.
    pub writes: Vec<Write>,
    /// Tokens in all.
    pub tokens: u32,
}

/// One write that bears tokens.
#[derive(Debug, Clone, Copy)]
pub struct Write {
    /// When it was meant to happen.
    pub due: Instant,
    /// When it did: the moment before the system call.
    pub at: Instant,
}

impl Answered {
    /// From the request's arrival to its first token.
    pub fn ttft(&self) -> Option<Duration> {
        Some(self.writes.first()?.at.saturating_duration_since(self.arrived))
    }

    /// From the first token's write to the last one's.
    pub fn decode(&self) -> Option<Duration> {
        let (first, last) = (self.writes.first()?, self.writes.last()?);
        Some(last.at.saturating_duration_since(first.at))
    }
}

impl Write {
    /// How late it was.
    pub fn late(&self) -> Duration {
        self.at.saturating_duration_since(self.due)
    }
}
