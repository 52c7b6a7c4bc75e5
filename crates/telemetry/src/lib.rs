//! What engines and accelerators say of themselves, read into one model and sampled on a schedule.
//!
//! Reading order: [`reading`] (what one look at an engine found, and what it did not),
//! [`mapping`] (which of an engine's names means what: data), [`engine`] (asking it), and
//! [`sampler`] (all of it again and again, on a thread that the measurement never waits for).

pub mod engine;
pub mod mapping;
pub mod reading;
pub mod sampler;
pub mod settings;

pub use engine::{EngineProbe, ScrapeError};
pub use reading::{EngineReading, Missing};
pub use sampler::{Gap, Sampler, SamplerSettings, TelemetryEvent, Timed};
pub use settings::EngineSettings;
