//! Model x machine x parallelism x precision x load to step time, throughput, memory and bound.
//!
//! A roofline per class of operator, with fixed costs per layer, step and sequence, composed into
//! what a request sees. Every efficiency and overhead is data: the embedded calibration, fitted to
//! published measurements by this crate and rebuilt by it. Pure: no clock, no files, no network.
//!
//! Reading order: [`setup`] (what is asked), [`compiled`] (everything that does not depend on the
//! load, worked out once), [`operator`] (one class of operator per file), [`compose`] (steps to
//! requests), [`memory`], [`estimate`] (what comes out), [`calibration`] (the constants), [`rows`]
//! and [`validate`] (tables of measurements), [`fit`] (where the constants come from).

pub mod calibration;
pub mod compiled;
pub mod compose;
pub mod error;
pub mod estimate;
pub mod fit;
pub mod memory;
pub mod operator;
pub mod rows;
pub mod setup;
pub mod validate;

pub use calibration::{Accuracy, Calibration, Coefficient};
pub use compiled::Compiled;
pub use compose::Span;
pub use error::EstimateError;
pub use estimate::{Bound, Estimate};
pub use memory::Memory;
pub use setup::{Engine, Job, Load, Parallelism, Setup};

#[cfg(test)]
mod test_support;
#[cfg(test)]
mod traps;
