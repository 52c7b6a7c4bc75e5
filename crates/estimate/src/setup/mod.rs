//! What is asked: which engine, spread how, at what precision, under which load.
//!
//! Reading order: `engine`, `parallel`, `job`, then `question` ([`Setup`], all of it together).

mod engine;
mod job;
mod parallel;
mod question;

pub use engine::{Engine, Era};
pub use farebox_catalog::model::ModelSpec;
pub use job::{Job, Load};
pub use parallel::Parallelism;
pub use question::Setup;
