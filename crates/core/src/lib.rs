//! The vocabulary of Farebox: quantities, promises, records, and the one curve everything meets in.
//!
//! Pure: no clock, no files, no network. Time comes in as a value.
//!
//! Reading order: [`record`] (what happened to one request), [`curve`] (what happened at one
//! load), [`tally`] and [`mod@summarise`] (how the first becomes the second), then [`slo`] and [`load_line`] (what
//! was promised, and the highest load that keeps the promise).

pub mod apart;
pub mod attainment;
pub mod books;
pub mod cache;
pub mod client;
pub mod compare;
pub mod curve;
mod curve_check;
pub mod deployment;
pub mod digest;
pub mod distribution;
pub mod engine_kind;
pub mod health;
pub mod interpolate;
mod intervals;
pub mod latency;
mod load;
pub mod load_line;
pub mod metric;
pub mod phase_fit;
pub mod quantity;
pub mod record;
mod record_line;
pub mod recording;
pub mod reported;
pub mod run;
mod served;
pub mod server_times;
pub mod slo;
pub mod stats;
pub mod summarise;
pub mod tally;
pub mod tariff;
pub mod telemetry;
mod timeline;
pub mod verdict;
pub mod warm_up;
pub mod window;

pub use attainment::Attainment;
pub use cache::{CacheControl, CacheState};
pub use client::{ArrivalClock, Calibration, ClientHealth, ErrorBar, ReadLag};
pub use curve::{Load, LoadCurve, LoadKind, LoadPoint, Offered, Source};
pub use curve_check::CurveFault;
pub use deployment::{Deployment, Pool, Workload};
pub use digest::Digest;
pub use distribution::Distribution;
pub use engine_kind::EngineKind;
pub use load_line::LoadLine;
pub use metric::{Clock, Metric, Statistic};
pub use quantity::{
    Milliseconds, RequestsPerSecond, RunInstant, TokensPerSecond, UsdPerHour, UsdPerMtok,
};
pub use record::{Event, EventKind, FailureReason, Phase, RequestRecord, Status, TokenSource};
pub use recording::Recording;
pub use run::{PointMarks, RunManifest, RunState};
pub use server_times::ServerTimes;
pub use slo::Slo;
pub use summarise::summarise;
pub use tally::Tally;
pub use tariff::Tariff;
pub use telemetry::{Scope, Signal, TelemetrySample};
pub use verdict::Verdict;
