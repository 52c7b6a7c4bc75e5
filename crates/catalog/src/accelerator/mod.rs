//! What a chip can do: memory, bandwidth, dense peaks, links, power.
//!
//! Reading order: `kind` ([`Accelerator`]), `format` ([`NumberFormat`]), `link` ([`Link`]), then
//! `entry` (the TOML shape), `rules` (what an entry must satisfy), `table` ([`Accelerators`]).

mod entry;
mod format;
mod kind;
mod link;
mod provenance;
mod rules;
mod table;
mod typed;

pub use format::{NumberFormat, Peaks};
pub use kind::{Accelerator, Memory};
pub use link::{Fabric, Link};
pub use provenance::{Provenance, SourceRead};
pub use table::Accelerators;
pub use typed::{LEAST, TypedAccelerator, TypedError};
