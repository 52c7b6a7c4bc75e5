//! Time of one class of operator each, in seconds on the slowest accelerator.
//!
//! Widths, peaks and bandwidth are divided out when a deployment is compiled; what is left here
//! depends on tokens, context and constants. Reading order: `product` (dense matrices), `experts`,
//! `attention`, `collective`, `machine` (the figures they divide by).

mod attention;
mod collective;
mod experts;
mod machine;
mod product;

pub use attention::{Attention, Cache};
pub use collective::Collective;
pub use experts::Experts;
pub use machine::Machine;
pub(crate) use machine::links;
pub use product::{Product, Shares, roofline};
