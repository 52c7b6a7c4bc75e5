//! When the output tokens of a load point came, over all of its requests.
//!
//! Each arrival is kept until there are many; from then on they are counted in bins of time, which
//! double in width as the point grows longer, so that room is bounded whatever the number of
//! tokens. A bin that an edge of the window cuts is shared out evenly.

use crate::quantity::RunInstant;
use std::collections::VecDeque;

/// Tokens by the time of their arrival.
#[derive(Debug, Clone, Default)]
pub(crate) struct Timeline {
    each: Vec<(RunInstant, f64)>,
    bins: Option<Bins>,
}

/// Arrivals that are kept one by one, at most.
const MOST_EACH: usize = 1 << 16;
/// Bins at most. So a bin is at most 1 / 32,768 of the time from the first token to the last.
const MOST_BINS: u64 = 1 << 16;
/// Width of a bin to begin with: 2^14 ns, 16 microseconds.
const FIRST_SHIFT: u32 = 14;

impl Timeline {
    /// Notes that so many tokens came at `instant`.
    pub(crate) fn add(&mut self, instant: RunInstant, tokens: f64) {
        if let Some(bins) = &mut self.bins {
            return bins.add(instant, tokens);
        }
        self.each.push((instant, tokens));
        if self.each.len() > MOST_EACH {
            let mut bins = Bins::around(instant);
            for (instant, tokens) in std::mem::take(&mut self.each) {
                bins.add(instant, tokens);
            }
            self.bins = Some(bins);
        }
    }

    /// Each arrival, or each bin: from when to when so many tokens came.
    pub(crate) fn spans(&self) -> impl Iterator<Item = (RunInstant, RunInstant, f64)> + '_ {
        let each = self.each.iter().map(|(instant, tokens)| (*instant, *instant, *tokens));
        each.chain(self.bins.iter().flat_map(Bins::spans))
    }
}

/// Tokens in bins of 2^shift nanoseconds, from the first bin that holds something to the last.
#[derive(Debug, Clone)]
struct Bins {
    shift: u32,
    first: u64,
    tokens: VecDeque<f64>,
}

impl Bins {
    fn around(instant: RunInstant) -> Self {
        let first = instant.nanos() >> FIRST_SHIFT;
        Self { shift: FIRST_SHIFT, first, tokens: VecDeque::from([0.0]) }
    }

    fn add(&mut self, instant: RunInstant, tokens: f64) {
        let place = self.make_room(instant);
        self.tokens[place] += tokens;
    }

    /// Where the bin of `instant` stands, made if need be.
    fn make_room(&mut self, instant: RunInstant) -> usize {
        loop {
            let bin = instant.nanos() >> self.shift;
            let last = self.first + self.tokens.len() as u64 - 1;
            if bin.max(last) - bin.min(self.first) >= MOST_BINS {
                self.widen();
                continue;
            }
            while bin < self.first {
                self.tokens.push_front(0.0);
                self.first -= 1;
            }
            let place = (bin - self.first) as usize;
            if place >= self.tokens.len() {
                self.tokens.resize(place + 1, 0.0);
            }
            return place;
        }
    }

    /// Joins bins in pairs.
    fn widen(&mut self) {
        if self.first % 2 == 1 {
            self.tokens.push_front(0.0);
            self.first -= 1;
        }
        let tokens = self.tokens.make_contiguous();
        self.tokens = tokens.chunks(2).map(|pair| pair.iter().sum()).collect();
        self.first /= 2;
        self.shift += 1;
    }

    fn spans(&self) -> impl Iterator<Item = (RunInstant, RunInstant, f64)> + '_ {
        let at = |bin: u64| RunInstant::from_nanos(bin << self.shift);
        let full = (self.first..).zip(&self.tokens).filter(|(_, tokens)| **tokens > 0.0);
        full.map(move |(bin, tokens)| (at(bin), at(bin + 1), *tokens))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// However many come and in whatever order: none is lost, and each is near its time.
        #[test]
        fn bins_lose_nothing(mut at in prop::collection::vec(0..60_000_000_000_u64, 1..300)) {
            let mut bins = Bins::around(RunInstant::from_nanos(at[0]));
            for ns in &at {
                bins.add(RunInstant::from_nanos(*ns), 1.0);
            }
            at.sort_unstable();
            let reach = at[at.len() - 1] - at[0];
            prop_assert!((1_u64 << bins.shift) <= (reach / (MOST_BINS / 2 - 2)).max(1 << FIRST_SHIFT));
            let found = bins.spans().flat_map(|(from, to, n)| vec![(from, to); n as usize]);
            let found: Vec<_> = found.collect();
            prop_assert_eq!(found.len(), at.len());
            for ((from, to), ns) in found.into_iter().zip(at) {
                prop_assert!(from.nanos() <= ns && ns < to.nanos());
            }
        }
    }

    #[test]
    fn arrivals_are_kept_one_by_one_until_there_are_many() {
        let mut timeline = Timeline::default();
        let mut add = |from: usize, to: usize| {
            for index in from..to {
                timeline.add(RunInstant::from_nanos(index as u64 * 1_000), 0.5);
            }
            timeline.clone()
        };
        let (all, more) = (add(0, MOST_EACH), add(MOST_EACH, 2 * MOST_EACH));
        assert_eq!(all.spans().filter(|(from, to, _)| from == to).count(), MOST_EACH);
        assert_eq!(more.spans().filter(|(from, to, _)| from == to).count(), 0);
        for (timeline, tokens) in [(all, MOST_EACH / 2), (more, MOST_EACH)] {
            let kept: f64 = timeline.spans().map(|(_, _, tokens)| tokens).sum();
            assert!((kept - tokens as f64).abs() < 1e-6, "{kept} of {tokens}");
        }
    }
}
