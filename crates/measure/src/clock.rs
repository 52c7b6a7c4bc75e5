//! The run's one monotonic clock.

use farebox_core::RunInstant;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// Turns instants of this process into instants of the run.
#[derive(Debug, Clone, Copy)]
pub struct RunClock {
    /// When this process began to count.
    since: Instant,
    /// What the clock showed then: zero unless a run is gone on with.
    shown: RunInstant,
    epoch_unix_ns: u64,
}

impl RunClock {
    /// A clock that starts now.
    pub fn start() -> Self {
        let unix = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let (since, shown) = (Instant::now(), RunInstant::from_nanos(0));
        Self { since, shown, epoch_unix_ns: unix.as_nanos() as u64 }
    }

    /// The clock of a run that began at `epoch_unix_ns` and is gone on with: it shows the wall time
    /// since then, and more than `last` even where the wall clock was set back meanwhile.
    pub fn going_on(epoch_unix_ns: u64, last: RunInstant) -> Self {
        let now = Self::start();
        let wall = now.epoch_unix_ns.saturating_sub(epoch_unix_ns);
        let shown = RunInstant::from_nanos(wall.max(last.nanos() + 1));
        Self { shown, epoch_unix_ns, ..now }
    }

    /// Wall-clock nanoseconds since the Unix epoch at the run's zero.
    pub fn epoch_unix_ns(&self) -> u64 {
        self.epoch_unix_ns
    }

    /// Now, on the run's clock.
    pub fn now(&self) -> RunInstant {
        self.at(Instant::now())
    }

    /// `instant` on the run's clock; where it began to count for instants before that.
    pub fn at(&self, instant: Instant) -> RunInstant {
        self.shown.plus_nanos(instant.saturating_duration_since(self.since).as_nanos() as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_that_is_gone_on_with_keeps_its_clock() {
        let first = RunClock::start();
        let last = RunInstant::from_nanos(5_000_000_000);
        // An hour later, and after the wall clock was set back by a day.
        for (ago_s, at_least_s) in [(3600, 3600), (0, 5)] {
            let epoch = first.epoch_unix_ns() - ago_s * 1_000_000_000;
            let clock = RunClock::going_on(epoch, last);
            assert_eq!(clock.epoch_unix_ns(), epoch);
            let now = clock.now();
            assert!(now > last && now.nanos() >= at_least_s * 1_000_000_000, "{now:?}");
            assert!(now.nanos() < (at_least_s + 60) * 1_000_000_000, "{now:?}");
        }
    }
}
