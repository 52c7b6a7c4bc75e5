//! Prompts of exactly as many tokens as were asked for, of ordinary prose, written and checked
//! before anything is sent.
//!
//! A prompt is an opening that no other has, whole sentences, and single-token words for the rest.
//! Cut pieces of text have the same tokens wherever they stand, so the sum is nearly always right
//! at once; what decides is that the finished prompt, chat template included, is encoded again.

mod corpus;
mod writer;

pub use corpus::Corpus;
pub use writer::PromptWriter;

/// Which prompt, and how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PromptPlan {
    /// The run's seed.
    pub seed: u64,
    /// Which stream of prompts: one per load point, and one for warming up.
    pub stream: u64,
    /// Which prompt of the stream.
    pub index: u64,
    /// Tokens in all, with what the chat template or the tokenizer adds.
    pub tokens: u32,
    /// What it begins with, where it shares that with others.
    pub shared: Option<SharedPrefix>,
}

/// A beginning that several prompts have in common, and nothing beyond it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SharedPrefix {
    /// Which: equal groups of one seed begin with equal text.
    pub group: u64,
    /// Tokens of it, the template's own beginning not among them.
    pub tokens: u32,
}

/// What surrounds a prompt on its way to the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// It is the only message, in the model's chat template.
    Chat,
    /// It stands by itself, with what the tokenizer puts around it.
    Completion,
}

/// A prompt, encoded once more after it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prompt {
    /// The text of the message, or of the bare prompt.
    pub text: String,
    /// Its tokens, with what is put around it.
    pub tokens: u32,
}
