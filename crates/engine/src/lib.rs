//! The simulated OpenAI-compatible server: quickstart, self-test and everybody's test bench.
//!
//! It answers over real HTTP with invented words, at the times at which a real machine would. Three
//! parts, in reading order:
//!
//! 1. **The inside**, pure: no clock, no runtime, no I/O. `quantity`, `machine` and `preset` hold
//!    the numbers, `step_time` says how long a step takes, `scheduler` what it does, `timeline` when
//!    its tokens are due.
//! 2. **The pacer**, a thread: `pacer` turns those deadlines into real time on `clock`.
//! 3. **The shell**, HTTP: `engine` starts everything, `server` accepts, `routes` dispatch,
//!    `request`, `request_body` and `prompt` read what is asked, `reply` and `reply_body` write the
//!    answer, `metrics` counts for `/metrics`, and `ledger`, `stamped_io`, `truth` and `truth_log` record when each token left.
//!
//! Simulated: continuous batching, chunked prefill, a KV cache of finite size. Not simulated: the
//! end of sequence (every answer ends with `length`), prefix caching, preemption, speculation.
//!
//! ```no_run
//! use farebox_engine::{Engine, EngineConfig, preset};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let model = preset::model("llama-3.1-8b")?;
//! let engine = Engine::start(EngineConfig::new(model, preset::accelerator("a100")?)).await?;
//! let base_url = engine.url();
//! // Point any OpenAI-compatible client at `base_url`.
//! engine.shutdown().await?;
//! # Ok(())
//! # }
//! ```

mod api_error;
mod clock;
mod config;
mod engine;
mod error;
mod ledger;
mod machine;
mod metrics;
mod pacer;
pub mod preset;
mod prompt;
mod quantity;
mod reply;
mod reply_body;
mod request;
mod request_body;
mod routes;
mod scheduler;
mod server;
mod stamped_io;
mod step_time;
mod timeline;
mod truth;
mod truth_log;
mod words;

pub use config::{EngineConfig, TimeScale};
pub use engine::{Engine, EngineHandle};
pub use error::EngineError;
pub use machine::{Accelerator, MEMORY_SHARE, Machine, ModelShape, kv_capacity};
pub use preset::UnknownPreset;
pub use prompt::{CONVERSATION_TOKENS, MESSAGE_TOKENS};
pub use quantity::{Bytes, BytesPerSecond, Flops, FlopsPerSecond, Fraction, Nanos, Tokens};
pub use scheduler::{
    AdmitError, Emission, Job, Occupancy, RequestId, Scheduler, SchedulerLimits, Step,
};
pub use step_time::{Calibration, Roofline, StepTime, StepWork};
pub use truth::{Delivery, Outcome, RequestTruth, TokenTruth};
pub use truth_log::TruthLog;
