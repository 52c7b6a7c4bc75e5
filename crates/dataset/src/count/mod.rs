//! Text to numbers of tokens, as exactly as what is known allows, and labelled accordingly.

mod added;
mod estimate;
mod files;
mod hf;
mod letters;
mod memo;
mod plan;
mod splitter;
mod template;
mod worker;

pub use estimate::Estimate;
pub use files::TokenizerFiles;
pub use hf::HfCounter;
pub use template::{ChatTemplate, TemplateError};
pub(crate) use worker::HfWorker;

use crate::shape::{Message, Role};
use crate::skip::Skip;
use std::fmt;

/// What a count rests on.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Basis {
    /// A tokenizer.
    Tokenizer {
        /// Its name.
        name: String,
        /// How messages became a prompt.
        template: TemplateUse,
    },
    /// The source declares its lengths.
    Declared,
    /// One token per four bytes of UTF-8.
    Estimate,
}

/// How messages become the text that is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TemplateUse {
    /// By the model's own chat template, as its server does.
    Applied,
    /// Their texts are counted one by one, what begins a prompt once.
    None,
}

impl fmt::Display for Basis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tokenizer { name, template: TemplateUse::Applied } => {
                write!(f, "tokens of {name}, chat template applied")
            }
            Self::Tokenizer { name, template: TemplateUse::None } => {
                write!(f, "tokens of {name}, no chat template")
            }
            Self::Declared => f.write_str("lengths as the source declares them"),
            Self::Estimate => {
                f.write_str("ESTIMATED lengths, one token per 4 bytes: --tokenizer counts them")
            }
        }
    }
}

/// Counts tokens. Shared by threads, each of which counts with a worker of its own.
pub trait TokenCounter: Send + Sync {
    /// What its counts rest on.
    fn basis(&self) -> Basis;
    /// What makes two counters give the same counts, in letters and digits.
    fn fingerprint(&self) -> String;
    /// A worker for one thread.
    fn worker(&self) -> Box<dyn CountWorker + '_>;
}

/// Counts tokens on one thread, remembering what it has seen.
pub trait CountWorker {
    /// Tokens of a bare text, nothing added.
    fn count(&mut self, text: &str) -> u64;

    /// Tokens of the prompts that end before the messages at `ends`, which rise.
    fn prompts(&mut self, messages: &[Message], ends: &[usize]) -> Result<Vec<u64>, Skip>;
}

/// One request of a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Turn {
    /// Where its answer is among the messages.
    pub(crate) answer: usize,
    pub(crate) isl: u64,
    pub(crate) osl: u64,
}

/// The requests of a conversation: one per answer that follows something else than an answer,
/// with everything before it as its input.
pub(crate) fn turns(worker: &mut dyn CountWorker, messages: &[Message]) -> Result<Vec<Turn>, Skip> {
    let answers = |role: Role| role == Role::Assistant;
    let ends: Vec<usize> = (1..messages.len())
        .filter(|at| answers(messages[*at].role) && !answers(messages[at - 1].role))
        .collect();
    if ends.is_empty() {
        return Err(Skip::NoAnswer);
    }
    let prompts = worker.prompts(messages, &ends)?;
    let turn = |(answer, isl): (usize, u64)| {
        let osl = worker.count(&messages[answer].content);
        Turn { answer, isl, osl }
    };
    Ok(ends.into_iter().zip(prompts).map(turn).collect())
}

/// Counts that grow by one message at a time, for counters without a template.
fn running(ends: &[usize], start: u64, mut count: impl FnMut(usize) -> u64) -> Vec<u64> {
    let (mut total, mut next) = (start, 0);
    let mut prompts = Vec::with_capacity(ends.len());
    for end in ends {
        total += (next..*end).map(&mut count).sum::<u64>();
        next = *end;
        prompts.push(total);
    }
    prompts
}
