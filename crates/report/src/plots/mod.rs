//! What the picture of a curve shows.
//!
//! Reading order: [`curve`] (the entry: four panels), then `latency` and `cost` (what they hold),
//! `tiers` (limits and load lines), `captions` (the same in words).

mod captions;
mod cost;
pub mod curve;
mod latency;
mod tiers;

pub use curve::{PlotRequest, plot};
