//! What is asked of a server: lengths, arrivals, sessions and shared prefixes, as pure seeded
//! generators, and the traffic profile that real requests are summed up in.
//!
//! Pure: no clock, no files, no network. Time comes in as a value, randomness as a seed.
//!
//! Reading order: [`observed`] (one request as it was seen), [`profile`] (many of them summed
//! up), [`plan`] (one request as it will be sent), [`workload`] (what makes those), and then the
//! generators that it is made of: [`lengths`], [`arrivals`], [`sharing`] and [`replay`].

pub mod arrivals;
pub mod catalogue;
pub mod lengths;
pub mod observed;
pub mod plan;
pub mod profile;
mod random;
pub mod replay;
pub mod sharing;
pub mod spec;
mod weighted;
pub mod workload;

pub use arrivals::{Arrivals, ArrivalsError, HourlyRate, Pace, Rhythm};
pub use lengths::{Length, Lengths, Marginal};
pub use observed::{Calendar, Observed, ObservedTraffic};
pub use plan::{Planned, Segment, SegmentId, Turn, observe};
pub use profile::{About, Traffic, TrafficError};
pub use replay::{Repeat, Replay, ReplayError, ReplaySettings, Speed};
pub use sharing::{Pause, Prefixes, Sessions, Sharing, Turns};
pub use spec::SpecError;
pub use workload::{Generated, Plan, Workload};
