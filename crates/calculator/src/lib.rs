//! The calculator: what is asked of an estimate and of a price, and the document that answers.
//! Command line, API and pages ask here, so that they say the same.
//!
//! Reading order: `document` (what is said), then `estimator`, `notes` (what to know
//! first); `question` (what is asked), `machine`, `fleet` and `billing` (of what, at
//! which price), `deployed`
//! (asking). `hosted` is the bill of an API.

mod billing;
#[cfg(test)]
mod billing_tests;
mod deployed;
mod document;
mod estimator;
mod fit;
mod fleet;
mod hosted;
mod lengths;
mod load_line;
mod machine;
mod notes;
mod question;
mod question_error;
mod said;
pub mod scenario;
#[cfg(test)]
mod tests;

pub use billing::{Billing, NamedPrice};
pub use deployed::Deployed;
pub use estimator::Estimator;
pub use fleet::Fleet;
pub use hosted::{Billed, HostedDocument};
pub use lengths::{Lengths, closed};
pub use machine::{Machine, Nodes};
pub use question::{GpuChoice, LoadChoice, Question, TypedFigures};
pub use question_error::QuestionError;

pub use document::{
    AccuracyFigures, Decode, ESTIMATE_SCHEMA, EstimateDocument, EstimatedPrice, HOURS_PER_MONTH,
    ModelFigures, Prefill, RefusedDocument, System, Traffic, Users, WorkloadFigures,
};
pub use said::{model_figures, refused};
