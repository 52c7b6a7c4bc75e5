//! Requests as they will be sent: the type that generators make and a load generator follows.

use crate::observed::{Observed, ObservedTraffic};
use crate::profile::PrefixTree;

/// One request to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned {
    /// Its number in the plan, from 0.
    pub index: u64,
    /// When it is due, in nanoseconds since the start; none in closed loop, where the server's
    /// answers set the pace.
    pub at_ns: Option<u64>,
    /// Input tokens.
    pub isl: u32,
    /// Output tokens.
    pub osl: u32,
    /// The conversation that it belongs to and its turn in it, from 0.
    pub turn: Option<Turn>,
    /// How long after the answer to the turn before it is sent, in nanoseconds, where its
    /// conversation waits for answers; 0 for first turns.
    pub think_ns: u64,
    /// What its prompt is made of, in order; their tokens add up to `isl`.
    pub segments: Vec<Segment>,
}

/// A turn of a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Turn {
    /// Which conversation.
    pub session: u64,
    /// Which turn, from 0.
    pub turn: u32,
}

/// A piece of a prompt. Two prompts begin with the same text exactly as far as their segments
/// agree, and share nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Segment {
    /// Which text.
    pub id: SegmentId,
    /// How much of it, in tokens: of one text, the shorter segment is a beginning of the longer.
    pub tokens: u32,
}

/// Which text a segment is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SegmentId {
    /// The request's own, in nobody else's prompt.
    Own(u64),
    /// The prefix that a group of requests has in common.
    Group(u32),
    /// What a turn adds to its conversation.
    Turn(Turn),
    /// A named block of a trace, in its pass over that trace: a trace that is looped does not
    /// meet its own prompts again.
    Block {
        /// Which pass, from 0.
        pass: u64,
        /// The block's name.
        block: u64,
    },
}

/// What somebody who watched these requests being sent would have seen: for profiling a plan.
pub fn observe<'a>(planned: impl IntoIterator<Item = &'a Planned>) -> ObservedTraffic {
    let mut tree = PrefixTree::new();
    let requests = planned.into_iter().map(|request| {
        let pieces = request.segments.iter().map(|segment| (segment.id, segment.tokens));
        Observed {
            at_ns: request.at_ns.map(|at| i64::try_from(at).unwrap_or(i64::MAX)),
            isl: request.isl,
            osl: request.osl,
            session: request.turn.map(|turn| turn.session),
            turn: request.turn.map_or(0, |turn| turn.turn),
            shared_prefix: Some(tree.add(pieces) as u32),
            blocks: Vec::new(),
        }
    });
    ObservedTraffic { requests: requests.collect(), ..ObservedTraffic::default() }
}
