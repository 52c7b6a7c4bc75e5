//! A dataset's own conversations, for sending them: every question with what was said before it,
//! and how long its answer was.

use crate::count::{CountWorker, TokenCounter, turns};
use crate::error::DatasetError;
use crate::field::FieldMap;
use crate::read::{ReadRequest, all_cores, shape_of};
use crate::rows::{Input, RawRow, Rows};
use crate::shape::{Content, Message, Role};
use crate::skip::{Skip, SkipReport};
use std::sync::Arc;

/// One question of a conversation, as the dataset has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchange {
    talk: Arc<[Message]>,
    /// Messages before the answer.
    asked: usize,
    /// Which conversation, from 0.
    pub conversation: u64,
    /// Tokens of all that is said before the answer, with what the chat template or the tokenizer
    /// adds.
    pub isl: u32,
    /// Tokens of the answer that it got.
    pub osl: u32,
}

impl Exchange {
    /// All that is said before the answer; the last message is the question.
    pub fn messages(&self) -> &[Message] {
        &self.talk[..self.asked]
    }
}

/// Conversations of a dataset, and what gave none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchanges {
    /// In the order of the rows, the turns of a conversation one after another.
    pub list: Vec<Exchange>,
    /// Rows and turns that gave none.
    pub skipped: SkipReport,
    /// Rows read.
    pub rows: u64,
}

/// How much of a dataset is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    /// Exchanges in all.
    pub exchanges: usize,
    /// Turns of each conversation, from its first.
    pub turns: usize,
}

/// Reads exchanges until there are as many as `extent` says; a conversation is never cut by it.
pub fn exchanges(
    inputs: &[Input],
    field_map: Option<&FieldMap>,
    counter: &dyn TokenCounter,
    extent: Extent,
) -> Result<Exchanges, DatasetError> {
    let request = ReadRequest { inputs, field_map, window: None, counter, threads: all_cores() };
    let mut worker = counter.worker();
    let mut read = Exchanges { list: Vec::new(), skipped: SkipReport::default(), rows: 0 };
    for input in inputs {
        let mut rows = Rows::open(input)?;
        let (shape, first) = shape_of(&request, input, &mut rows)?;
        let mut pending = first.rows.into_iter();
        while read.list.len() < extent.exchanges {
            let next = pending.next().map_or_else(|| rows.next(), |row| Ok(Some(row)))?;
            let Some(row) = next else { break };
            let place = Place { conversation: read.rows, input: input.name(), row: row.number };
            read.rows += 1;
            let entry = row.row.and_then(RawRow::into_value).and_then(|value| shape.read(value));
            let talk = entry.and_then(|entry| talk_of(entry.content));
            let added =
                talk.and_then(|talk| read.add(worker.as_mut(), &talk, extent.turns, &place));
            if let Err(reason) = added {
                read.skipped.note(reason, &place.input, place.row);
            }
        }
    }
    if read.list.is_empty() {
        let input = inputs.iter().map(Input::name).collect::<Vec<_>>().join(", ");
        let (rows, reasons) = (read.rows, read.skipped.to_string());
        return Err(DatasetError::NoRequests { input, rows, reasons });
    }
    Ok(read)
}

/// Where a conversation is.
struct Place {
    conversation: u64,
    input: String,
    row: u64,
}

impl Exchanges {
    /// Adds the first `most` turns of a conversation.
    fn add(
        &mut self,
        worker: &mut dyn CountWorker,
        talk: &Arc<[Message]>,
        most: usize,
        place: &Place,
    ) -> Result<(), Skip> {
        let length = |tokens: u64, empty: Skip| match u32::try_from(tokens) {
            Ok(tokens) if tokens > 0 => Ok(tokens),
            _ => Err(empty),
        };
        for turn in turns(worker, talk)?.into_iter().take(most) {
            let isl = length(turn.isl, Skip::EmptyPrompt);
            match (isl, length(turn.osl, Skip::EmptyAnswer)) {
                (Ok(isl), Ok(osl)) => self.list.push(Exchange {
                    talk: talk.clone(),
                    asked: turn.answer,
                    conversation: place.conversation,
                    isl,
                    osl,
                }),
                (Err(reason), _) | (_, Err(reason)) => {
                    self.skipped.note(reason, &place.input, place.row);
                }
            }
        }
        Ok(())
    }
}

/// The messages, without what an assistant said before anybody asked: servers want a question
/// first.
fn talk_of(content: Content) -> Result<Arc<[Message]>, Skip> {
    let Content::Talk(messages) = content else { return Err(Skip::NoText) };
    Ok(messages.into_iter().skip_while(|message| message.role == Role::Assistant).collect())
}
