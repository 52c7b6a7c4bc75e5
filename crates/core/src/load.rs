//! How load is offered to a server.

use crate::metric::Clock;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A load, whatever came of it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Load {
    /// What is counted.
    pub kind: LoadKind,
    /// How much of it: requests in flight, requests at once, requests per second, trace speed.
    pub value: f64,
}

impl Load {
    /// This load as it was held: `steady` or not.
    pub const fn offered(self, steady: bool) -> Offered {
        Offered { kind: self.kind, value: self.value, steady }
    }
}

impl fmt::Display for Load {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind.name(), self.value)
    }
}

/// The load offered to the server, and how it was held.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Offered {
    /// What is counted.
    pub kind: LoadKind,
    /// How much of it, as in [`Load`].
    pub value: f64,
    /// True when the figures are of a window that held this load throughout, ramp and drain cut
    /// off; false when they span a whole run.
    pub steady: bool,
}

/// How load is offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LoadKind {
    /// Closed loop: this many requests in flight.
    Concurrency,
    /// This many sent at once, then waited for.
    Batch,
    /// Open loop: requests per second.
    Rate,
    /// A recorded trace at this speed.
    Trace,
}

impl LoadKind {
    /// Which clock latencies of this kind of load are promised on.
    pub const fn clock(self) -> Clock {
        if self.is_open_loop() { Clock::Scheduled } else { Clock::Send }
    }

    /// Whether requests come by a schedule, whatever the answers do.
    pub const fn is_open_loop(self) -> bool {
        matches!(self, Self::Rate | Self::Trace)
    }

    /// The word used in flags and files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Concurrency => "concurrency",
            Self::Batch => "batch",
            Self::Rate => "rate",
            Self::Trace => "trace",
        }
    }
}

impl Offered {
    /// The load alone.
    pub const fn load(&self) -> Load {
        Load { kind: self.kind, value: self.value }
    }
}

impl fmt::Display for Offered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.load().fmt(f)
    }
}
