//! What a machine costs to rent: whole instances per hour, each with provider and date.
//!
//! Reading order: `offer` ([`Offer`]), `row` (the CSV shape), `need`
//! ([`Need`]: how much is rented), `table` ([`Offers`]), `choice` (the default rule).

mod choice;
mod need;
mod offer;
mod row;
mod table;

pub(crate) use row::OfferLine;

pub use need::Need;
pub use offer::{Offer, OfferKind};
pub use table::{OfferError, Offers};
