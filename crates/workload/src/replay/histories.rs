//! The conversations of a trace that is sent again.

use crate::plan::{Segment, SegmentId, Turn};
use std::collections::HashMap;

/// What every conversation has said so far.
#[derive(Debug, Default)]
pub(super) struct Histories {
    /// Conversations by pass and name: another pass is another conversation.
    sessions: HashMap<(u64, u64), Turn>,
    said: HashMap<u64, Vec<Segment>>,
}

impl Histories {
    /// The next turn of a conversation, which has a number that no other pass uses. Turns are
    /// counted here: not every trace does.
    pub(super) fn turn(&mut self, pass: u64, session: u64) -> Turn {
        let fresh = Turn { session: self.sessions.len() as u64, turn: 0 };
        let next = self.sessions.entry((pass, session)).or_insert(fresh);
        let turn = *next;
        next.turn += 1;
        turn
    }

    /// The conversation grown to `isl` tokens; begun anew where it did not grow, because then it
    /// did not keep what was said.
    pub(super) fn grow(&mut self, turn: Turn, isl: u32) -> Vec<Segment> {
        let said = self.said.entry(turn.session).or_default();
        let before: u32 = said.iter().map(|segment| segment.tokens).sum();
        if before >= isl {
            said.clear();
        }
        let tokens = if before >= isl { isl } else { isl - before };
        said.push(Segment { id: SegmentId::Turn(turn), tokens });
        said.clone()
    }
}
