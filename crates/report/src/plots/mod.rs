//! What the picture of a curve shows.
//!
//! Reading order: [`curve`] (the entry: four panels), then `latency` and `cost` (what they hold),
//! `tiers` (limits and load lines), `captions` (the same in words). [`frontier_chart`],
//! [`distribution_chart`] and [`cost_chart`] are pictures of their own, [`roofline_panel`] and
//! [`break_even_panel`] panels for pages; `traffic` is that of a
//! traffic profile, [`timeline`] that of what a machine
//! reported over time.

mod break_even;
mod captions;
mod cost;
pub mod curve;
mod distribution;
mod frontier;
mod latency;
mod roofline;
mod tiers;
pub mod timeline;
mod traffic;

pub use break_even::break_even_panel;
pub use cost::cost_chart;
pub use curve::{PlotRequest, plot};
pub use distribution::distribution_chart;
pub use frontier::frontier_chart;
pub use roofline::{Operating, Roofline, roofline_panel};
pub use timeline::{Timeline, TimelineKind, timeline_chart};
pub use traffic::traffic_chart;
