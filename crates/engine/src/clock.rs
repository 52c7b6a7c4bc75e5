//! The engine's one monotonic clock, and how to keep an appointment on it.

use std::hint;
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::quantity::Nanos;

/// Sleeping overshoots by tens of microseconds (timer slack, then the scheduler), so the last part
/// of a wait is spent spinning.
const SPIN: Duration = Duration::from_micros(150);

/// Counts from the moment it was made.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    epoch: Instant,
    epoch_unix_ns: u64,
}

impl Clock {
    pub(crate) fn start() -> Self {
        let unix = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self { epoch: Instant::now(), epoch_unix_ns: unix.as_nanos() as u64 }
    }

    pub(crate) fn epoch(&self) -> Instant {
        self.epoch
    }

    pub(crate) fn epoch_unix_ns(&self) -> u64 {
        self.epoch_unix_ns
    }

    pub(crate) fn now(&self) -> Nanos {
        Nanos(self.epoch.elapsed().as_nanos() as u64)
    }

    /// Returns at `deadline` or just after it; at once if it has passed.
    pub(crate) fn sleep_until(&self, deadline: Nanos) {
        loop {
            let left = deadline.since(self.now());
            if left.is_zero() {
                return;
            }
            match left.checked_sub(SPIN) {
                Some(nap) if !nap.is_zero() => thread::sleep(nap),
                _ => hint::spin_loop(),
            }
        }
    }
}
