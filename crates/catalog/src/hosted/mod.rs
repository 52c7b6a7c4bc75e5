//! What an API charges per token, and what a bill comes to.
//!
//! Reading order: `api_model` ([`ApiModel`]), `bill` ([`Bill`]), `entry` (the TOML shape),
//! `tariff` (many prices in one table), `table` ([`HostedModels`]).

mod api_model;
mod bill;
mod entry;
mod table;
pub(crate) mod tariff;

pub use api_model::{ApiModel, CrossCheck, CrossVerdict, Status, Tiers, TokenPrices};
pub use bill::{Bill, BillError, Tokens};
pub use table::HostedModels;
