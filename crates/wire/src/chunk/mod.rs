//! One event's payload as a typed chunk, read without building a JSON tree.
//!
//! `payload` (what a payload can be, and [`parse`]) stands on `openai` (the fields of an OpenAI
//! chunk), `native` (TGI's and SGLang's own events) and `fields` (values of which only the presence
//! or the length is wanted); `stencil` is a short cut past all of it. Next: [`crate::stream`], which puts chunks in relation.

pub(crate) mod fields;
mod native;
mod openai;
mod payload;
mod stencil;

pub use openai::{Channel, Delta, Deltas};
pub use payload::{BadJson, Chunk, Dialect, Payload, PromptProgress, parse};
pub(crate) use stencil::Stencil;
