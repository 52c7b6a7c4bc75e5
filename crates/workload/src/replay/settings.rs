//! How a trace is to be sent again, and why it cannot be.

use crate::sharing::Pause;
use std::ops::Range;
use std::time::Duration;

/// How much faster than it was a trace is sent: 2 halves every gap.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Speed(f64);

impl Speed {
    /// As it was.
    pub const AS_IT_WAS: Self = Self(1.0);

    /// A speed above zero.
    pub fn new(times: f64) -> Result<Self, ReplayError> {
        let sound = times.is_finite() && times > 0.0;
        if sound { Ok(Self(times)) } else { Err(ReplayError::Speed(times)) }
    }

    /// How many times as fast.
    pub const fn get(self) -> f64 {
        self.0
    }
}

/// Whether a trace starts over when it is through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Repeat {
    /// It ends.
    #[default]
    Once,
    /// It starts over, with other texts of the same shape.
    Forever,
    /// It starts over with the same texts, so that every load begins elsewhere: none is to meet
    /// what the load before left in a cache.
    Elsewhere,
}

/// How to send a trace.
#[derive(Debug, Clone, PartialEq)]
pub struct ReplaySettings {
    /// How much faster than it was.
    pub speed: Speed,
    /// The part of it to send, counted from its first request; none for all.
    pub slice: Option<Range<Duration>>,
    /// Whether it starts over.
    pub repeat: Repeat,
    /// Time from an answer to the next turn of its conversation, at least.
    pub think: Pause,
}

impl Default for ReplaySettings {
    fn default() -> Self {
        let think = Pause::Fixed(0.0);
        Self { speed: Speed::AS_IT_WAS, slice: None, repeat: Repeat::Once, think }
    }
}

/// Why a trace cannot be sent again.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ReplayError {
    /// Nothing in it.
    #[error("the trace has no requests{}", if *.sliced { " in the slice asked for" } else { "" })]
    Empty {
        /// Whether a slice was asked for.
        sliced: bool,
    },
    /// No time to send a request at.
    #[error("request {row} of the trace has no time")]
    NoTime {
        /// Which one, from 1.
        row: usize,
    },
    /// No speed.
    #[error("{0} is no speed: above 0, where 1 is as it was")]
    Speed(f64),
}
