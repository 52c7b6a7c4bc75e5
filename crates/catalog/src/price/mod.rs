//! What a machine costs to rent: whole instances per hour, each with provider and date.
//!
//! Reading order: `offer` ([`Offer`]), `row` (the CSV shape), `table` ([`Offers`]), `choice` (the
//! default rule).

mod choice;
mod offer;
mod row;
mod table;

pub(crate) use row::OfferLine;

pub use offer::{Offer, OfferKind};
pub use table::{OfferError, Offers};
