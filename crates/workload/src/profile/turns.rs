//! Conversations: how many turns, how fast they grow, how long between one and the next.

use super::summary::Summary;
use crate::observed::Observed;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The conversations of a source.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TurnProfile {
    /// How many conversations.
    pub sessions: u64,
    /// Requests in each.
    pub per_session: Summary,
    /// Input tokens by which a turn is longer than the one before: its answer and what was said
    /// next. Null without a second turn anywhere.
    pub growth_tokens: Option<Summary>,
    /// Seconds from one turn's request to the next one's, the answer's time included: a log of
    /// requests cannot tell waiting from thinking. Null without times.
    pub between_s: Option<Summary>,
}

impl TurnProfile {
    /// Sums up the requests that name their conversation; none where none does.
    pub fn of(requests: &[Observed]) -> Option<Self> {
        let mut sessions: BTreeMap<u64, Vec<&Observed>> = BTreeMap::new();
        for request in requests {
            if let Some(session) = request.session {
                sessions.entry(session).or_default().push(request);
            }
        }
        for turns in sessions.values_mut() {
            turns.sort_by_key(|request| request.turn);
        }
        let steps = || sessions.values().flat_map(|turns| turns.windows(2));
        let growth = steps().map(|pair| f64::from(pair[1].isl) - f64::from(pair[0].isl));
        let between = steps()
            .filter_map(|pair| Some(pair[1].at_ns?.saturating_sub(pair[0].at_ns?) as f64 / 1e9));
        Some(Self {
            sessions: sessions.len() as u64,
            per_session: Summary::of(sessions.values().map(|turns| turns.len() as f64))?,
            growth_tokens: Summary::of(growth),
            between_s: Summary::of(between),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_grow_and_wait() {
        let turn = |session, turn, isl, at: Option<i64>| Observed {
            session: Some(session),
            turn,
            isl,
            at_ns: at.map(|s| s * 1_000_000_000),
            ..Observed::default()
        };
        let requests = [
            turn(1, 1, 150, Some(40)),
            turn(2, 0, 80, None),
            turn(1, 0, 100, Some(10)),
            turn(1, 2, 260, None),
            Observed { isl: 9, ..Observed::default() },
        ];
        let profile = TurnProfile::of(&requests).unwrap();
        assert_eq!((profile.sessions, profile.per_session.mean), (2, 2.0));
        assert_eq!(profile.growth_tokens.map(|growth| growth.mean), Some(80.0));
        let between = profile.between_s.unwrap();
        assert_eq!((between.mean, between.n), (30.0, 1));
        assert_eq!(TurnProfile::of(&requests[4..]), None);
    }
}
