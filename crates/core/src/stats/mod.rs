//! Statistics that say how far they can be trusted.
//!
//! Requests of one run are not independent: they share queues and steps. So every interval here
//! takes its values in the order in which they were sent and lets batches of neighbours tell how
//! much the run really knows. `docs/statistics.md` has each definition with its source.
//!
//! Reading order: [`samples`] (exact statistics), [`batches`] (what neighbours have in common),
//! [`mean`] and [`percentile`] (intervals), [`settling`] (where a run becomes steady),
//! [`enough`], [`modes`] and [`ratio`] (too few, two kinds, and more than chance), [`sketch`] (what
//! there is too much of to keep).

pub mod batches;
pub mod enough;
mod interval;
pub mod mean;
pub mod modes;
pub mod percentile;
pub mod ratio;
pub mod samples;
pub mod settling;
pub mod sketch;
pub(crate) mod special;

pub use interval::{Interval, LEVEL};
pub use samples::Samples;
pub use sketch::Sketch;
