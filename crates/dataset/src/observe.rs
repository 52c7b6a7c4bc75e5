//! One row to the requests in it.

use crate::count::{CountWorker, turns};
use crate::shape::{Content, Entry, Lengths, Message};
use crate::skip::Skip;
use crate::time::Moment;

/// What became of one row.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Outcome {
    /// One request, of lengths that the source declares.
    Declared(Seen),
    /// The turns of a conversation, counted; empty prompts and answers among them.
    Counted(Vec<Seen>),
    /// Nothing.
    Skipped(Skip),
}

/// A request, not yet placed among the others.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Seen {
    pub(crate) at: Option<Moment>,
    pub(crate) session: Option<u64>,
    pub(crate) turn: u32,
    pub(crate) lengths: Lengths,
}

pub(crate) fn observe(worker: &mut dyn CountWorker, entry: &Entry) -> Result<Outcome, Skip> {
    match &entry.content {
        Content::Lengths(lengths) => {
            let (at, session, lengths) = (entry.at, entry.session, lengths.clone());
            Ok(Outcome::Declared(Seen { at, session, turn: 0, lengths }))
        }
        Content::Talk(messages) => talk(worker, entry, messages).map(Outcome::Counted),
    }
}

fn talk(
    worker: &mut dyn CountWorker,
    entry: &Entry,
    messages: &[Message],
) -> Result<Vec<Seen>, Skip> {
    let seen = turns(worker, messages)?.into_iter().enumerate().map(|(turn, counted)| {
        let (isl, osl) = (counted.isl, counted.osl);
        Seen {
            at: time_of(messages, counted.answer).or(entry.at),
            session: entry.session,
            turn: turn as u32,
            // What turns share follows from their session.
            lengths: Lengths { isl, osl, ..Lengths::default() },
        }
    });
    Ok(seen.collect())
}

/// When the answer at `answer` was asked for: the question's time, else the answer's.
fn time_of(messages: &[Message], answer: usize) -> Option<Moment> {
    messages[answer - 1].at.or(messages[answer].at)
}
