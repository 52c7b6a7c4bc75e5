//! Request bodies, and what to leave out of them when a server refuses a field.
//!
//! `body` builds the bytes, `options` says what they ask for, `negotiation` adapts the options to a
//! refusal.

mod body;
mod negotiation;
mod options;

pub use body::{ChatMessage, ChatRequest, CompletionRequest, Prompt};
pub use negotiation::{Adaptation, Negotiation};
pub use options::{OptionalField, OutputLimitField, RequestOptions, StreamMode};
