//! What is asked of a server: lengths, arrivals, sessions and shared prefixes, as pure seeded
//! generators, and the traffic profile that real requests are summed up in.
//!
//! Pure: no clock, no files, no network. Time comes in as a value, randomness as a seed.
//!
//! Reading order: [`observed`] (one request as it was seen).

pub mod observed;

pub use observed::{Calendar, Observed, ObservedTraffic};
