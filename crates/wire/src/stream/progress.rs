//! One choice's progress: which of its deltas bear tokens, and how many each.
//!
//! Text is proof of a token; so are token ids, and a running usage count that grew, even when no
//! text came (TRT-LLM sends empty text for tokens it has not turned into text yet). A usage count
//! that appears only at the end is the total and says nothing about the chunk it rides on.

use super::event::EventKind;
use super::outcome::CountSource;
use crate::chunk::{Channel, Delta, Dialect};
use crate::usage::Usage;

/// What one delta brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// Tokens, in this channel; how many, and who says so, if anybody does.
    Tokens(EventKind, Option<(u32, CountSource)>),
    /// The role alone.
    Role,
    /// Nothing to see.
    Nothing,
}

/// The state of one choice.
#[derive(Debug)]
pub(super) struct Progress {
    /// Where its latest tokens went: tokens without text are taken to go on there.
    channel: EventKind,
    /// The last running count.
    counted: u64,
    counting: Counting,
    pub(super) ended: bool,
}

/// Whether this choice's usage is a running count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Counting {
    /// No token yet, so nobody knows.
    Open,
    /// Every token-bearing chunk so far came with a count that grew.
    Running,
    /// Some chunk had tokens and no count: a later count is a total.
    Totals,
}

impl Progress {
    pub(super) fn new() -> Self {
        Self { channel: EventKind::Content, counted: 0, counting: Counting::Open, ended: false }
    }

    /// Takes one delta and the usage object of its chunk.
    pub(super) fn step(&mut self, delta: Delta, usage: Option<Usage>, dialect: Dialect) -> Step {
        let grown = self.grown(delta, usage);
        let counted = match (delta.token_ids, grown) {
            (Some(ids), _) if dialect == Dialect::Tgi => Some((ids, CountSource::Native)),
            (Some(ids), _) => Some((ids, CountSource::TokenIds)),
            (None, Some(grown)) => Some((grown, CountSource::UsageStream)),
            (None, None) => None,
        };
        let has_count = counted.is_some_and(|(tokens, _)| tokens > 0);
        let kind = match delta.channel {
            Channel::Content => EventKind::Content,
            Channel::Reasoning => EventKind::Reasoning,
            Channel::Tool => EventKind::Tool,
            Channel::Cumulative if has_count || usage.is_none() => EventKind::Content,
            Channel::Role if !has_count => return Step::Role,
            Channel::Empty | Channel::Cumulative if !has_count => return Step::Nothing,
            Channel::Empty | Channel::Role | Channel::Cumulative => self.channel,
        };
        if grown.is_none() {
            self.counting = Counting::Totals;
        }
        self.channel = kind;
        Step::Tokens(kind, counted)
    }

    /// By how much a running count grew, if this is one.
    fn grown(&mut self, delta: Delta, usage: Option<Usage>) -> Option<u32> {
        let seen = usage?.output_tokens;
        let bears_text = !matches!(delta.channel, Channel::Empty | Channel::Role);
        let ends = delta.finish.is_some() || self.ended;
        let runs = match self.counting {
            Counting::Running => true,
            Counting::Totals => false,
            // The first chunk with tokens has all tokens so far; a count with the end and no text
            // is the total of a server that shows nothing else.
            Counting::Open => seen > 0 && (bears_text || !ends),
        };
        // A role chunk is never token-bearing: its count waits for the first chunk that is.
        if !runs || delta.channel == Channel::Role {
            return None;
        }
        self.counting = Counting::Running;
        let grown = seen.saturating_sub(self.counted);
        self.counted = self.counted.max(seen);
        Some(u32::try_from(grown).unwrap_or(u32::MAX))
    }
}
