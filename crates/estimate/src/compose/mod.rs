//! Steps composed into what a request sees.
//!
//! Reading order: `step` (one decode step, one prefill), `answer` (what a composition yields), then
//! the compositions: `closed` (requests come and go), `batch` (all at once), `queue` (never empty),
//! `rate` (open loop), `light` (what no engine can beat), and `mixed` (one step, for simulators).

mod answer;
mod batch;
mod closed;
mod light;
mod mixed;
mod queue;
mod rate;
mod step;

#[cfg(test)]
mod tests;

pub use answer::Answer;
pub use light::Light;
pub use mixed::Span;
pub use step::{Breakdown, Steps};
