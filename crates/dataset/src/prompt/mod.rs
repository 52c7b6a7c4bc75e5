//! Prompts of exactly as many tokens as were asked for, of ordinary prose, written and checked
//! before anything is sent.
//!
//! A prompt is made of the segments of its plan. Each opens with words that no other segment
//! opens with, goes on in whole sentences, and ends in single words. Pieces of text have the same
//! tokens wherever they stand, so the sum is nearly always right at once; what decides is that the
//! finished prompt, chat template included, is encoded again.

mod corpus;
mod opening;
mod writer;

pub use corpus::Corpus;
pub use writer::PromptWriter;

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
