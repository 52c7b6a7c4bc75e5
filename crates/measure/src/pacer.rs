//! Sends on a schedule of absolute times, and catches up after a stall.
//!
//! Every request is due at a time that was fixed before; none is moved because an earlier one was
//! late. Were gaps slept one after another, their errors would add up and the offered rate would
//! be lower than the one asked for.
//!
//! It runs on a thread of its own: the event loop's timers tick in milliseconds and wait behind
//! whatever the loop is doing, while a thread that sleeps and then spins for the last moment wakes
//! within microseconds.

use crate::cancel::Cancel;
use crate::stop_early::StopEarly;
use std::thread;
use std::time::{Duration, Instant};

/// Something that is due at a time after the start.
pub(crate) struct Due<T> {
    pub(crate) at: Duration,
    pub(crate) what: T,
}

/// What waits: the seam where tests put a clock of their own.
pub(crate) trait Timer {
    /// Waits until `at` after the start, not at all if that has passed; false when asked to stop.
    fn wait_until(&mut self, at: Duration) -> bool;
}

/// Hands each request over when it is due, in order, until there are no more or one is due at
/// `end` or later. When the schedule was over: at `end`, with the last of all requests, or when
/// it was asked to stop (none).
pub(crate) fn pace<T>(
    requests: impl IntoIterator<Item = Due<T>>,
    end: Option<Duration>,
    timer: &mut impl Timer,
    mut send: impl FnMut(Due<T>),
) -> Option<Duration> {
    let mut over = Duration::ZERO;
    for request in requests {
        if let Some(end) = end.filter(|end| request.at >= *end) {
            return timer.wait_until(end).then_some(end);
        }
        if !timer.wait_until(request.at) {
            return None;
        }
        over = request.at;
        send(request);
    }
    Some(over)
}

/// The time on the wall, since `start`.
pub(crate) struct WallTimer {
    pub(crate) start: Instant,
    pub(crate) cancel: Cancel,
    pub(crate) stop_early: StopEarly,
}

/// A sleeping thread wakes this much late at most, as a rule.
const SPIN: Duration = Duration::from_micros(100);
/// Longest sleep before looking whether to stop.
const NAP: Duration = Duration::from_millis(20);

impl Timer for WallTimer {
    fn wait_until(&mut self, at: Duration) -> bool {
        let due = self.start + at;
        loop {
            if self.cancel.is_thrown() || self.stop_early.is_said() {
                return false;
            }
            let left = due.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return true;
            }
            match left.checked_sub(SPIN) {
                Some(sleep) if !sleep.is_zero() => thread::sleep(sleep.min(NAP)),
                _ => spin_until(due),
            }
        }
    }
}

fn spin_until(due: Instant) {
    while Instant::now() < due {
        std::hint::spin_loop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;
    use std::rc::Rc;

    /// A clock that jumps: at each of these times it is found so much later.
    struct Jumpy {
        now: Duration,
        stalls: Vec<(Duration, Duration)>,
    }

    /// Shared with what notes when requests are sent.
    impl Timer for Rc<RefCell<Jumpy>> {
        fn wait_until(&mut self, at: Duration) -> bool {
            let mut jumpy = self.borrow_mut();
            jumpy.now = jumpy.now.max(at);
            let now = jumpy.now;
            if let Some((_, length)) = jumpy.stalls.pop_if(|(from, _)| *from <= now) {
                jumpy.now += length;
            }
            true
        }
    }

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    /// When each was due and when it was sent, in milliseconds.
    fn sent(
        n: u64,
        end: Option<Duration>,
        stalls: &[(u64, u64)],
    ) -> (Vec<(u64, u64)>, Option<u64>) {
        let stalls = stalls.iter().map(|(from, length)| (ms(*from), ms(*length))).collect();
        let mut timer = Rc::new(RefCell::new(Jumpy { now: ms(0), stalls }));
        let clock = timer.clone();
        let mut sent = Vec::new();
        let requests = (0..n).map(|i| Due { at: ms(i * 100), what: () });
        let over = pace(requests, end, &mut timer, |due| {
            let now = clock.borrow().now;
            sent.push((due.at.as_millis() as u64, now.as_millis() as u64));
        });
        (sent, over.map(|over| over.as_millis() as u64))
    }

    #[test]
    fn after_a_stall_everything_due_goes_out_at_once_and_the_rest_on_time() {
        let (sent, over) = sent(6, None, &[(200, 250)]);
        assert_eq!(sent, [(0, 0), (100, 100), (200, 450), (300, 450), (400, 450), (500, 500)]);
        assert_eq!(over, Some(500), "the schedule ends with its last request");
    }

    #[test]
    fn what_is_due_at_the_end_or_later_is_not_sent() {
        let (before, over) = sent(100, Some(ms(250)), &[]);
        assert_eq!(before, [(0, 0), (100, 100), (200, 200)]);
        assert_eq!(over, Some(250), "it goes on to its end");
        // What was due before the end is sent even when a stall made it late.
        let (late, _) = sent(100, Some(ms(250)), &[(100, 400)]);
        assert_eq!(late, [(0, 0), (100, 500), (200, 500)]);
        assert_eq!(sent(2, Some(ms(900)), &[]).1, Some(100), "a trace may end before");
    }

    #[test]
    fn a_thrown_switch_ends_the_wait() {
        let cancel = Cancel::default();
        cancel.throw();
        let stop_early = StopEarly::default();
        let mut timer = WallTimer { start: Instant::now(), cancel, stop_early };
        let requests = [Due { at: Duration::from_hours(1), what: () }];
        assert_eq!(pace(requests, None, &mut timer, |_| ()), None);
    }
}
