//! What engines and accelerators say of themselves, read into one model and sampled on a schedule.
//!
//! Reading order: [`reading`] (what one look at an engine found, and what it did not),
//! [`mapping`] (which of an engine's names means what: data), [`engine`] (asking it), [`gpu`] and
//! [`host`] (the machine below it), and [`sampler`] (all of it again and again, on a thread that the
//! measurement never waits for). Two pure parts make sense of what was read: [`delta`] (counters
//! over a window) and [`kv_estimate`] (the cache of an engine that publishes none).

pub mod delta;
pub mod engine;
pub mod gpu;
pub mod host;
pub mod kv_estimate;
pub mod mapping;
pub mod reading;
pub mod sampler;
pub mod settings;

pub use delta::{Delta, Traffic};
pub use engine::{EngineProbe, ScrapeError};
pub use gpu::{GpuCard, GpuError, GpuProbe, GpuReading};
pub use host::{HostError, HostReading, Listener, ProcessTree};
pub use reading::{EngineReading, Missing};
pub use sampler::{Asked, Gap, Sampler, SamplerSettings, TelemetryEvent, Timed};
pub use settings::EngineSettings;
