//! Requests as they were seen, summed up: the traffic profile.
//!
//! [`Traffic`] is the document, one file beside it per part. [`compat`] keeps two published rules
//! that other tools used, each with what is wrong with it.

mod arrivals;
mod cells;
pub mod compat;
mod prefix;
mod prefix_tree;
mod summary;
mod traffic;
mod turns;

pub use arrivals::ArrivalProfile;
pub use cells::{Cell, Grid, grid_span, joint_cells};
pub use prefix::{PrefixBasis, PrefixShare};
pub(crate) use prefix_tree::PrefixTree;
pub use summary::Summary;
pub use traffic::{About, TRAFFIC_SCHEMA, Traffic, TrafficError};
pub use turns::TurnProfile;
