//! The work done inside a window, in equal slices of its time.
//!
//! A figure per second is the sum of all slices over the length of the window; the slices apart
//! are the batches that say how far it can be trusted.

use crate::digest::{Digest, Output};
use crate::quantity::RunInstant;
use crate::record::RequestRecord;
use crate::stats::batches::MOST;
use crate::tally::PointTally;
use crate::window::Window;

/// Work of one slice, or of several together.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Served {
    /// Whole answers, each spread over its life.
    pub(crate) requests: f64,
    /// Input tokens, spread over the life of their request as it is itself: counted when they were
    /// read, in the bursts at the start of each wave, a window that ends in a wave would hold more
    /// prompts than answers.
    pub(crate) input: f64,
    /// Those from the prefix cache; none where the server does not say.
    pub(crate) cached: Option<f64>,
    /// Output tokens by when they arrived.
    pub(crate) output: f64,
}

impl Served {
    /// By every request that touches the window, slice by slice.
    pub(crate) fn slices(tally: &PointTally, window: &Window) -> Vec<Self> {
        let mut slices = Slices::of(window);
        for request in &tally.requests {
            slices.add(request);
        }
        for (from, to, tokens) in tally.tokens.spans() {
            slices.spread(from, to, |slice, share| slice.output += tokens * share);
        }
        slices.served
    }

    /// All that one request brought, whenever.
    pub(crate) fn whole(record: &RequestRecord) -> Self {
        let is_read = record.first_token_ns.is_some();
        let tokens = |count: Option<u64>| count.filter(|_| is_read).map(|n| n as f64);
        Self {
            requests: f64::from(u8::from(record.is_ok())),
            input: tokens(record.input_tokens).unwrap_or(0.0),
            cached: tokens(record.cached_tokens),
            output: tokens(record.output_tokens).unwrap_or(0.0),
        }
    }

    /// This over so many seconds.
    pub(crate) fn per_s(self, seconds: f64) -> Self {
        Self {
            requests: self.requests / seconds,
            input: self.input / seconds,
            cached: self.cached.map(|cached| cached / seconds),
            output: self.output / seconds,
        }
    }

    /// All of them together.
    pub(crate) fn sum<'a>(slices: impl IntoIterator<Item = &'a Self>) -> Self {
        slices.into_iter().fold(Self::default(), |mut sum, slice| {
            sum.requests += slice.requests;
            sum.input += slice.input;
            sum.output += slice.output;
            if let Some(cached) = slice.cached {
                *sum.cached.get_or_insert(0.0) += cached;
            }
            sum
        })
    }
}

struct Slices {
    window: Window,
    nanos: f64,
    served: Vec<Served>,
}

impl Slices {
    fn of(window: &Window) -> Self {
        let nanos = window.seconds() * 1e9 / MOST as f64;
        Self { window: *window, nanos, served: vec![Served::default(); MOST] }
    }

    fn add(&mut self, request: &Digest) {
        if request.is_ok() {
            self.spread(request.send_ns, request.end_ns, |slice, share| slice.requests += share);
        }
        self.add_input(request);
        if request.output() == Output::Even {
            self.add_even_output(request);
        }
    }

    fn add_input(&mut self, request: &RequestRecord) {
        if request.first_token_ns.is_none() {
            return;
        }
        // Of an answer that was cut off nobody counted the prompt: as many as were asked for.
        let cut_off = (!request.is_ok()).then(|| u64::from(request.isl_requested));
        let input = request.input_tokens.or(cut_off).unwrap_or(0) as f64;
        let cached = request.cached_tokens.map(|cached| cached as f64);
        self.spread(request.send_ns, request.end_ns, |slice, share| {
            slice.input += share * input;
            if let Some(cached) = cached {
                *slice.cached.get_or_insert(0.0) += share * cached;
            }
        });
    }

    /// Output tokens of which nobody knows when each came: evenly over the decode time.
    fn add_even_output(&mut self, request: &RequestRecord) {
        if let (Some(total), Some(first), Some(last)) =
            (request.output_tokens, request.first_token_ns, request.last_token_ns)
        {
            self.spread(first, last, |slice, share| slice.output += total as f64 * share);
        }
    }

    /// Which slice an instant lies in: after its start, up to and including its end.
    fn at(&self, instant: RunInstant) -> Option<usize> {
        let since = instant.nanos().saturating_sub(self.window.start.nanos()) as f64;
        let slice = ((since / self.nanos).ceil() as usize).saturating_sub(1);
        self.window.holds(instant).then_some(slice.min(MOST - 1))
    }

    /// Gives each slice its share of what happened evenly from `from` to `to`.
    fn spread(&mut self, from: RunInstant, to: RunInstant, mut give: impl FnMut(&mut Served, f64)) {
        if to <= from {
            if let Some(slice) = self.at(to) {
                give(&mut self.served[slice], 1.0);
            }
            return;
        }
        let start = self.window.start.nanos() as f64;
        let place = |instant: RunInstant| (instant.nanos() as f64 - start) / self.nanos;
        let (begin, end) = (place(from), place(to));
        let first = begin.max(0.0).floor() as usize;
        let last = end.min(MOST as f64).ceil().max(0.0) as usize;
        for slice in first..last {
            let inside = end.min(slice as f64 + 1.0) - begin.max(slice as f64);
            give(&mut self.served[slice], inside.max(0.0) / (end - begin));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Event, EventKind, tests_support::record};
    use crate::tally::Tally;
    use proptest::prelude::*;

    fn at(ms: u64) -> RunInstant {
        RunInstant::from_nanos(ms * 1_000_000)
    }

    proptest! {
        /// What slices hold together is what the window holds.
        #[test]
        fn slices_lose_nothing(send in 0..400_u64, prefill in 0..200_u64, decode in 0..400_u64,
                               with_events: bool) {
            let window = Window { start: at(100), end: at(397), steady: true };
            let (first, last) = (at(send + prefill), at(send + prefill + decode));
            let events: Vec<Event> = (0..=8_u64)
                .map(|i| Event {
                    since_send_ns: (prefill * 1_000_000) + i * decode * 125_000,
                    kind: EventKind::Content,
                    tokens: None,
                    read_id: 0,
                })
                .collect();
            let inside = events
                .iter()
                .filter(|e| window.holds(at(send).plus_nanos(e.since_send_ns)))
                .count() as f64 / 9.0;
            let record = RequestRecord {
                send_ns: at(send),
                first_token_ns: Some(first),
                last_token_ns: Some(last),
                end_ns: last,
                events: if with_events { events } else { Vec::new() },
                ..record()
            };
            let mut tally = Tally::default();
            tally.add(&record);
            let sum = Served::sum(&Served::slices(tally.of_point(0), &window));
            let close = |got: f64, want: f64| (got - want).abs() < 1e-9;
            let output = if with_events { inside } else { window.share_of(first, last) };
            prop_assert!(close(sum.output, 8.0 * output), "{} not {}", sum.output, 8.0 * output);
            prop_assert!(close(sum.input, 16.0 * window.share_of(at(send), last)));
            prop_assert!(close(sum.requests, window.share_of(at(send), last)));
        }
    }
}
