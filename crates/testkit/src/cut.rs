//! Cutting a row of events into writes.

use std::time::Duration;

use crate::plan::PlannedWrite;
use crate::stream_answer::Cutting;

/// How far apart the two halves of a character are sent, so that one read does not see both.
const INSIDE_CHARACTER_GAP: Duration = Duration::from_millis(1);

/// One write per event goes in.
pub(crate) fn cut(cutting: Cutting, events: Vec<PlannedWrite>) -> Vec<PlannedWrite> {
    match cutting {
        Cutting::Whole => events,
        Cutting::EventsPerWrite(count) => events.chunks(count.max(1)).map(join).collect(),
        Cutting::Pieces(count, gap) => {
            events.iter().flat_map(|event| in_pieces(event, count.max(1), gap)).collect()
        }
        Cutting::InsideCharacter(bytes) => {
            events.into_iter().flat_map(|event| inside_character(event, bytes)).collect()
        }
    }
}

/// Several events in one write, when the last is due.
fn join(events: &[PlannedWrite]) -> PlannedWrite {
    PlannedWrite {
        at: events.iter().map(|event| event.at).max().unwrap_or_default(),
        bytes: events.iter().flat_map(|event| event.bytes.iter().copied()).collect(),
        labels: events.iter().flat_map(|event| event.labels.iter().copied()).collect(),
    }
}

fn in_pieces(event: &PlannedWrite, count: u32, gap: Duration) -> Vec<PlannedWrite> {
    let size = event.bytes.len().div_ceil(count as usize).max(1);
    let pieces: Vec<&[u8]> = event.bytes.chunks(size).collect();
    let last = pieces.len().saturating_sub(1);
    let piece = |(place, bytes): (usize, &&[u8])| PlannedWrite {
        at: event.at.saturating_sub(gap * (last - place) as u32),
        bytes: bytes.to_vec(),
        // Only the last piece completes the event.
        labels: if place == last { event.labels.clone() } else { Vec::new() },
    };
    pieces.iter().enumerate().map(piece).collect()
}

/// Cuts `offset` bytes into the first character beyond ASCII.
fn inside_character(event: PlannedWrite, offset: usize) -> Vec<PlannedWrite> {
    let Some(start) = event.bytes.iter().position(|byte| !byte.is_ascii()) else {
        return vec![event];
    };
    let (head, tail) = event.bytes.split_at((start + offset).min(event.bytes.len()));
    let early = event.at.saturating_sub(INSIDE_CHARACTER_GAP);
    vec![
        PlannedWrite { at: early, bytes: head.to_vec(), labels: Vec::new() },
        PlannedWrite { at: event.at, bytes: tail.to_vec(), labels: event.labels },
    ]
}
