//! A dataset's own prompts, for sending them: the first question of each row and how long its
//! answer was.

use crate::count::{CountWorker, TokenCounter};
use crate::error::DatasetError;
use crate::field::FieldMap;
use crate::read::{ReadRequest, all_cores, shape_of};
use crate::rows::{Input, RawRow, Rows};
use crate::shape::{Content, Message, Role};
use crate::skip::{Skip, SkipReport};

/// A prompt as the dataset has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchange {
    /// What was asked; instructions stand before it.
    pub prompt: String,
    /// Its tokens, with what the chat template or the tokenizer adds.
    pub isl: u32,
    /// Tokens of the answer that it got.
    pub osl: u32,
}

/// Prompts of a dataset, and what gave none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchanges {
    /// In the order of the rows.
    pub list: Vec<Exchange>,
    /// Rows that gave none.
    pub skipped: SkipReport,
    /// Rows read.
    pub rows: u64,
}

/// Reads the first `most` exchanges. Later turns are left out: as a prompt of its own a question
/// without its history is another question.
pub fn exchanges(
    inputs: &[Input],
    field_map: Option<&FieldMap>,
    counter: &dyn TokenCounter,
    most: usize,
) -> Result<Exchanges, DatasetError> {
    let request = ReadRequest { inputs, field_map, window: None, counter, threads: all_cores() };
    let mut worker = counter.worker();
    let mut read = Exchanges { list: Vec::new(), skipped: SkipReport::default(), rows: 0 };
    for input in inputs {
        let mut rows = Rows::open(input)?;
        let (shape, first) = shape_of(&request, input, &mut rows)?;
        let mut pending = first.rows.into_iter();
        while read.list.len() < most {
            let next = pending.next().map_or_else(|| rows.next(), |row| Ok(Some(row)))?;
            let Some(row) = next else { break };
            read.rows += 1;
            let entry = row.row.and_then(RawRow::into_value).and_then(|value| shape.read(value));
            match entry.and_then(|entry| exchange(worker.as_mut(), &entry.content)) {
                Ok(exchange) => read.list.push(exchange),
                Err(reason) => read.skipped.note(reason, &input.name(), row.number),
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

fn exchange(worker: &mut dyn CountWorker, content: &Content) -> Result<Exchange, Skip> {
    let Content::Talk(messages) = content else { return Err(Skip::NoText) };
    let answer = messages.iter().position(|message| message.role == Role::Assistant);
    let answer = answer.filter(|at| *at > 0).ok_or(Skip::NoAnswer)?;
    let asked: Vec<&str> = messages[..answer].iter().map(|it| it.content.as_str()).collect();
    let prompt = Message::new(Role::User, asked.join("\n\n"));
    let isl = worker.prompts(std::slice::from_ref(&prompt), &[1])?.first().copied();
    let length = |tokens: u64, empty| match u32::try_from(tokens) {
        Ok(tokens) if tokens > 0 => Ok(tokens),
        _ => Err(empty),
    };
    Ok(Exchange {
        isl: length(isl.unwrap_or(0), Skip::EmptyPrompt)?,
        osl: length(worker.count(&messages[answer].content), Skip::EmptyAnswer)?,
        prompt: prompt.content,
    })
}
