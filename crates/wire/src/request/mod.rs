//! Request bodies, and what to leave out of them when a server refuses a field.
//!
//! `body` builds the bytes of OpenAI's APIs and `native` those of the engines' own, `options` says
//! what they ask for, `negotiation` adapts the options to a refusal.

mod api;
mod body;
mod native;
mod negotiation;
mod options;

pub use api::Api;
pub use body::{ChatMessage, ChatRequest, CompletionRequest, Prompt};
pub use native::{NativeInput, NativeRequest};
pub use negotiation::{Adaptation, Negotiation};
pub use options::{OptionalField, OutputLimitField, RequestOptions, StreamMode};
