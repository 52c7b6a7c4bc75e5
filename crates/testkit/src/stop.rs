//! A stop signal that every wait listens to, and waits that end on time.

use std::hint::spin_loop;
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How early a wait wakes to spin the rest: about what a sleeping thread is late by.
const SPIN: Duration = Duration::from_micros(120);

/// Set once; whoever waits wakes.
#[derive(Debug, Default)]
pub(crate) struct Stop {
    stopped: Mutex<bool>,
    wake: Condvar,
}

/// What ended a wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Woken {
    OnTime,
    Stopped,
}

impl Stop {
    pub(crate) fn stop(&self) {
        *self.stopped.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.wake.notify_all();
    }

    pub(crate) fn is_stopped(&self) -> bool {
        *self.stopped.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sleeps until shortly before `deadline` and spins the rest.
    pub(crate) fn wait_until(&self, deadline: Instant) -> Woken {
        let mut stopped = self.stopped.lock().unwrap_or_else(PoisonError::into_inner);
        while !*stopped {
            let left = deadline.saturating_duration_since(Instant::now());
            let Some(sleep) = left.checked_sub(SPIN).filter(|sleep| !sleep.is_zero()) else {
                break;
            };
            let waited = self.wake.wait_timeout(stopped, sleep);
            stopped = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        if *stopped {
            return Woken::Stopped;
        }
        drop(stopped);
        while Instant::now() < deadline {
            spin_loop();
        }
        Woken::OnTime
    }
}
