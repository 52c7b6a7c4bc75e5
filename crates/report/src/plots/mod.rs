//! What the picture of a curve shows.
//!
//! Reading order: [`curve`] (the entry: four panels), then `latency` and `cost` (what they hold),
//! `tiers` (limits and load lines), `captions` (the same in words). `traffic` is the picture of
//! a traffic profile, [`timeline`] that of what a machine reported over time.

mod captions;
mod cost;
pub mod curve;
mod latency;
mod tiers;
pub mod timeline;
mod traffic;

pub use curve::{PlotRequest, plot};
pub use timeline::{Timeline, TimelineKind, timeline_chart};
pub use traffic::traffic_chart;
