//! Accelerators, models, cloud and API prices, as reviewed data with source and date.
//!
//! The facts are small text files under `catalog/`, embedded at build time and parsed on first
//! use; a user's folder of the same layout overrides or adds entries. Nothing here reads a clock
//! or a network, and an unknown value is `None` or an error, never 0.
//!
//! Reading order: [`accelerator`] (what a chip can do), [`price`] (what a machine costs to rent),
//! [`hosted`] (what an API charges), [`mod@model`] (what is served), [`catalogue`] (where they are
//! looked up), [`import`] (how newer prices are checked before they are believed).

pub mod accelerator;
pub mod as_of;
pub mod catalogue;
pub mod confidence;
mod embedded;
pub mod error;
pub mod hosted;
pub mod import;
pub mod lookup;
pub mod model;
pub mod price;
pub mod source_file;
pub mod units;

pub use accelerator::{Accelerator, Accelerators, NumberFormat};
pub use as_of::AsOf;
pub use catalogue::Catalogue;
pub use confidence::Confidence;
pub use error::CatalogueError;
pub use hosted::{ApiModel, HostedModels};
pub use lookup::LookupError;
pub use price::{Need, Offer, OfferKind, Offers};
pub use source_file::SourceFile;
pub use units::{Bytes, BytesPerSecond, FlopsPerSecond, Watts};
