//! What a summary keeps of a request: its record without events and words, and what it needs of
//! the events in bounded room.

use crate::quantity::Milliseconds;
use crate::record::RequestRecord;
use crate::stats::Sketch;
use std::ops::Deref;

/// A record without its events. Whatever they were, it takes a few hundred bytes.
#[derive(Debug, Clone)]
pub struct Digest {
    record: RequestRecord,
    chunk_gaps: Sketch,
    token_gaps: TokenGaps,
    output: Output,
    is_contradictory: bool,
}

/// Gaps per token.
#[derive(Debug, Clone)]
enum TokenGaps {
    /// The server did not count the tokens of every chunk.
    Unknown,
    /// Every chunk brought one token.
    OfChunks,
    /// Some brought more.
    Apart(Box<Sketch>),
}

/// When the output tokens came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Output {
    /// At times that were noted one by one, in the point's [timeline](crate::timeline).
    Noted,
    /// Evenly from the first to the last, as far as anybody knows.
    Even,
}

impl Digest {
    /// Of a record.
    pub fn of(record: &RequestRecord) -> Self {
        let chunk_gaps = Sketch::of(record.chunk_gaps().map(|gap| (nanos(gap), 1)));
        let token_gaps = TokenGaps::of(record, &chunk_gaps);
        let is_noted = arrivals(record).next().is_some();
        Self {
            record: RequestRecord {
                request_id: String::new(),
                events: Vec::new(),
                finish_reason: None,
                detail: None,
                ..*record
            },
            chunk_gaps,
            token_gaps,
            output: if is_noted { Output::Noted } else { Output::Even },
            is_contradictory: is_contradictory(record),
        }
    }

    /// Gaps between successive token-bearing chunks.
    pub(crate) fn chunk_gaps(&self) -> &Sketch {
        &self.chunk_gaps
    }

    /// Gaps per token; none unless the server counted the tokens of every chunk.
    pub(crate) fn token_gaps(&self) -> Option<&Sketch> {
        match &self.token_gaps {
            TokenGaps::Unknown => None,
            TokenGaps::OfChunks => Some(&self.chunk_gaps),
            TokenGaps::Apart(gaps) => Some(gaps),
        }
    }

    pub(crate) fn output(&self) -> Output {
        self.output
    }

    /// Whether its token counts contradict each other.
    pub(crate) fn is_contradictory(&self) -> bool {
        self.is_contradictory
    }
}

impl Deref for Digest {
    type Target = RequestRecord;

    /// The record, its events and words apart.
    fn deref(&self) -> &RequestRecord {
        &self.record
    }
}

impl TokenGaps {
    fn of(record: &RequestRecord, chunk_gaps: &Sketch) -> Self {
        if record.token_gaps().all(|(_, tokens)| tokens == 1) {
            let is_counted = record.token_gaps().count() as u64 == chunk_gaps.n();
            return if is_counted { Self::OfChunks } else { Self::Unknown };
        }
        let gaps = record.token_gaps().map(|(gap, tokens)| (nanos(gap), tokens));
        Self::Apart(Box::new(Sketch::of(gaps)))
    }
}

fn nanos(gap: Milliseconds) -> u64 {
    (gap.get() * 1e6 + 0.5) as u64
}

/// When output tokens came and how many: nanoseconds from the send, and the request's tokens
/// shared out over its chunks, by what the server counted in each or else evenly. Nothing where
/// events were not kept or tokens not counted.
pub(crate) fn arrivals(record: &RequestRecord) -> impl Iterator<Item = (u64, f64)> + '_ {
    let counted = record.token_events().all(|event| event.tokens.is_some());
    let weight =
        move |tokens: Option<u32>| if counted { f64::from(tokens.unwrap_or(0)) } else { 1.0 };
    let all: f64 = record.token_events().map(|event| weight(event.tokens)).sum();
    let total = record.output_tokens.filter(|_| all > 0.0 && record.first_token_ns.is_some());
    total.into_iter().flat_map(move |total| {
        let events = record.token_events();
        events.map(move |e| (e.since_send_ns, total as f64 * weight(e.tokens) / all))
    })
}

/// Every chunk brings a token or more, and what they bring is what the end says.
fn is_contradictory(record: &RequestRecord) -> bool {
    let Some(total) = record.output_tokens else { return false };
    let counted: Option<u64> = record.token_events().map(|event| event.tokens.map(u64::from)).sum();
    let adds_up = match counted {
        Some(sum) if !record.events.is_empty() => sum == total,
        _ => true,
    };
    u64::from(record.token_chunks) > total || !adds_up
}

#[cfg(test)]
pub(crate) mod tests_support {
    use super::*;

    /// Records as a summary sees them.
    pub(crate) fn digests(records: &[RequestRecord]) -> Vec<Digest> {
        records.iter().map(Digest::of).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Event, EventKind, tests_support::record};

    /// A chunk of so many tokens every 10 ms.
    fn of_chunks(tokens: &[Option<u32>]) -> Digest {
        let event = |(index, tokens): (u64, &Option<u32>)| Event {
            since_send_ns: index * 10_000_000,
            kind: EventKind::Content,
            tokens: *tokens,
            read_id: 0,
        };
        Digest::of(&RequestRecord { events: (1..).zip(tokens).map(event).collect(), ..record() })
    }

    #[test]
    fn gaps_per_token_are_known_where_every_chunk_was_counted() {
        let of = |tokens: &[Option<u32>]| {
            of_chunks(tokens).token_gaps().map(|gaps| (gaps.n(), gaps.mean_ns()))
        };
        assert_eq!(of(&[Some(1), Some(1), Some(1)]), Some((2, Some(1e7))));
        assert_eq!(of(&[Some(1), Some(4)]), Some((4, Some(2.5e6))));
        assert_eq!(of(&[Some(1), None]), None);
    }

    #[test]
    fn a_digest_does_not_grow_with_its_tokens() {
        let digest = of_chunks(&vec![Some(1); 50_000]);
        assert!(digest.events.is_empty() && digest.output() == Output::Noted);
        assert_eq!(digest.chunk_gaps().n(), 49_999);
        assert!(format!("{digest:?}").len() < 2_000, "{digest:?}");
    }
}
