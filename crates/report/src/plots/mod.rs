//! What the picture of a curve shows.
//!
//! Reading order: [`curve`] (the entry: four panels), then `latency` and `cost` (what they hold),
//! `tiers` (limits and load lines), `captions` (the same in words). `traffic` is the picture of
//! a traffic profile.

mod captions;
mod cost;
pub mod curve;
mod latency;
mod tiers;
mod traffic;

pub use curve::{PlotRequest, plot};
pub use traffic::traffic_chart;
