//! What the picture of a curve shows.
//!
//! Reading order: [`curve`] (the entry: four panels), then `latency` and `cost` (what they hold),
//! `tiers` (limits and load lines), `captions` (the same in words). [`frontier_chart`],
//! [`distribution_chart`] and [`cost_chart`] are pictures of their own; `traffic` is that of a
//! traffic profile, [`timeline`] that of what a machine reported over time.

mod captions;
mod cost;
pub mod curve;
mod distribution;
mod frontier;
mod latency;
mod tiers;
pub mod timeline;
mod traffic;

pub use cost::cost_chart;
pub use curve::{PlotRequest, plot};
pub use distribution::distribution_chart;
pub use frontier::frontier_chart;
pub use timeline::{Timeline, TimelineKind, timeline_chart};
pub use traffic::traffic_chart;
