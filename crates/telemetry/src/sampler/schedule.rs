//! When to look next: on a grid, so that a slow answer delays nothing but its own successor.

use std::time::{Duration, Instant};

/// Moments `interval` apart from `start` on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Schedule {
    start: Instant,
    interval: Duration,
}

/// Shortest time between two looks.
const SHORTEST: Duration = Duration::from_millis(1);

impl Schedule {
    pub(super) fn new(start: Instant, interval: Duration) -> Self {
        Self { start, interval: interval.max(SHORTEST) }
    }

    /// The first moment of the grid after `now`. Moments that passed while a look was under way are
    /// left out, so that looks never pile up.
    pub(super) fn after(self, now: Instant) -> Instant {
        let gone = now.saturating_duration_since(self.start);
        let steps = gone.as_nanos() / self.interval.as_nanos() + 1;
        let nanos = steps.saturating_mul(self.interval.as_nanos());
        self.start + Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slow_look_costs_the_moments_it_covered() {
        let start = Instant::now();
        let schedule = Schedule::new(start, Duration::from_millis(250));
        for (now, next) in [(0, 250), (1, 250), (249, 250), (250, 500), (1010, 1250)] {
            let at = |ms| start + Duration::from_millis(ms);
            assert_eq!(schedule.after(at(now)), at(next), "{now} ms");
        }
    }
}
