//! The tables, one per engine.

#![allow(clippy::enum_glob_use, reason = "tables read best in bare words; tests may glob anyway")]

mod dynamo;
mod llama_cpp;
mod sglang;
mod tgi;
mod trtllm;
mod vllm;

pub(super) use dynamo::DYNAMO;
pub(super) use llama_cpp::LLAMA_CPP;
pub(super) use sglang::SGLANG;
pub(super) use tgi::TGI;
pub(super) use trtllm::TRTLLM;
pub(super) use vllm::VLLM;

use super::{Meaning, Row};
use farebox_core::Signal;

/// A row of a table.
const fn row(signal: Signal, meanings: &'static [Meaning]) -> Row {
    Row { signal, meanings }
}
