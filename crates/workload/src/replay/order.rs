//! In which order the requests of a trace are sent, and where they begin.

use super::Seen;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// By their own times.
pub(super) fn by_time(requests: &[Seen]) -> Arc<[Seen]> {
    let mut ordered = requests.to_vec();
    ordered.sort_by_key(|seen| seen.at_ns);
    ordered.into()
}

/// Conversations one after another, each from its first turn to its last, by when they began.
pub(super) fn by_conversation(requests: &[Seen]) -> Arc<[Seen]> {
    let mut first = HashMap::new();
    let begun = |(row, seen): (usize, &Seen)| {
        let begun = seen.session.map_or(row, |session| *first.entry(session).or_insert(row));
        (begun, seen.clone())
    };
    let mut ordered: Vec<(usize, Seen)> = requests.iter().enumerate().map(begun).collect();
    ordered.sort_by_key(|(begun, _)| *begun);
    ordered.into_iter().map(|(_, seen)| seen).collect()
}

/// The share of requests that follow no answer.
pub(super) fn share_of_starts(requests: &[Seen]) -> f64 {
    let mut known = HashSet::new();
    let starts = |seen: &&Seen| seen.session.is_none_or(|session| known.insert(session));
    requests.iter().filter(starts).count() as f64 / requests.len() as f64
}

/// Where this load begins, at the first turn of a conversation. Steps of the golden ratio spread
/// any number of loads about evenly (Weyl's equidistribution).
pub(super) fn beginning(requests: &[Seen], load: u64) -> usize {
    let n = requests.len() as u128;
    let place = (u128::from(load.wrapping_mul(0x9e37_79b9_7f4a_7c15)) * n) >> 64;
    let place = place as usize;
    let starts = |row: &usize| {
        let (before, here) = (row.checked_sub(1).map(|row| &requests[row]), &requests[*row]);
        here.session.is_none() || before.is_none_or(|before| before.session != here.session)
    };
    (place..requests.len()).chain(0..place).find(starts).unwrap_or(0)
}
