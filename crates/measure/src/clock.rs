//! The run's one monotonic clock.

use farebox_core::RunInstant;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// Turns instants of this process into instants of the run.
#[derive(Debug, Clone, Copy)]
pub struct RunClock {
    epoch: Instant,
    epoch_unix_ns: u64,
}

impl RunClock {
    /// A clock that starts now.
    pub fn start() -> Self {
        let unix = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self { epoch: Instant::now(), epoch_unix_ns: unix.as_nanos() as u64 }
    }

    /// Wall-clock nanoseconds since the Unix epoch at the run's zero.
    pub fn epoch_unix_ns(&self) -> u64 {
        self.epoch_unix_ns
    }

    /// Now, on the run's clock.
    pub fn now(&self) -> RunInstant {
        self.at(Instant::now())
    }

    /// `instant` on the run's clock; zero before its start.
    pub fn at(&self, instant: Instant) -> RunInstant {
        RunInstant::from_nanos(instant.saturating_duration_since(self.epoch).as_nanos() as u64)
    }
}
