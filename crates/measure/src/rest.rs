//! A short rest of an event loop before it looks at its sockets again.
//!
//! To be woken for each token costs more than the token. Network drivers rest between interrupts
//! for the same reason ("Eliminating Receive Livelock in an Interrupt-Driven Kernel", Mogul &
//! Ramakrishnan, ACM Transactions on Computer Systems 15, 1997). Where the kernel keeps the times
//! of arrival nobody has to be there when a token comes, and one look takes in what has come to
//! many streams.
//!
//! What it may cost is bounded: the next request of a slot goes out later by the rest, a small
//! part of the gap between two tokens, and tokens of one stream that come closer together than
//! that may be given the time of the last of them.

use std::cell::Cell;
use std::time::{Duration, Instant};

/// A rest is at most this part of the shortest gap between reads of one connection...
const SHARE: u32 = 16;
/// ...and no longer than this; the kernel's timer adds some 50 us.
const LONGEST: Duration = Duration::from_micros(500);
/// A shorter one is not worth its timer.
const SHORTEST: Duration = Duration::from_micros(20);

thread_local! {
    static ROUND: Cell<Round> = const { Cell::new(Round::NEW) };
    static LAST_ROUND: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// What an event loop read since it last waited.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Round {
    reads: u32,
    shortest_gap: Duration,
}

/// Notes a read of this thread's event loop, and how long after the connection's last one its
/// bytes came.
pub(crate) fn note_read(gap: Duration) {
    let Round { reads, shortest_gap } = ROUND.get();
    ROUND.set(Round { reads: reads + 1, shortest_gap: shortest_gap.min(gap) });
}

/// Rests, where that pays, before this thread's event loop waits for its sockets.
pub(crate) fn take() {
    let (round, now) = (ROUND.replace(Round::NEW), Instant::now());
    let last = LAST_ROUND.replace(Some(now));
    if let Some(rest) = last.and_then(|last| round.rest_after(now - last)) {
        std::thread::sleep(rest);
    }
}

impl Round {
    const NEW: Self = Self { reads: 0, shortest_gap: Duration::MAX };

    /// How long to rest after this round, which with the wait before it took so long.
    fn rest_after(self, took: Duration) -> Option<Duration> {
        let rest = (self.shortest_gap / SHARE).min(LONGEST);
        // Where reads come further apart, it would take in no second one.
        let pays = self.reads > 0 && took <= rest * self.reads;
        (pays && rest >= SHORTEST).then_some(rest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loop_rests_where_many_streams_are_slow() {
        let rest = |reads, gap_us, took_us| {
            let shortest_gap = Duration::from_micros(gap_us);
            let round = Round { reads, shortest_gap };
            round.rest_after(Duration::from_micros(took_us)).map(|rest| rest.as_micros())
        };
        assert_eq!(rest(4, 10_000, 60), Some(500), "10 ms a token, four of them at once");
        assert_eq!(rest(4, 3_200, 60), Some(200), "a small part of the gap");
        assert_eq!(rest(1, 3_200, 150), Some(200), "one by one, but close together");
        assert_eq!(rest(1, 3_200, 250), None, "too far apart: none would come meanwhile");
        assert_eq!(rest(4, 160, 60), None, "as fast as the server can: nothing to wait for");
        assert_eq!(rest(1, 10_000, 10_000), None, "one stream is woken for its token anyway");
        assert_eq!(Round::NEW.rest_after(Duration::ZERO), None, "nothing was read");
    }
}
