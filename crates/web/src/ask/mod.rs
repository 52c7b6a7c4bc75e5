//! What was typed, what it may be, and what it means.
//!
//! Reading order: `parameter` (the table of everything that can be asked), `values` (what was
//! asked, checked against it), `question` (what that means), `packed` (a configuration in an
//! address).

pub(crate) mod packed;
pub(crate) mod parameter;
mod question;
mod values;

pub(crate) use parameter::Scope;
pub(crate) use question::{Asked, ModelChoice};
pub(crate) use values::Values;
