//! What a search is remembered by.

use super::Found;
use farebox_core::run::Rental;
use serde::Serialize;

/// What a search found and what it cost: `search.json`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SearchReport {
    /// Always `farebox.search/1`.
    pub schema: String,
    /// By promise.
    pub tiers: Vec<Found>,
    /// How many times a load was offered.
    pub offered: usize,
    /// Seconds that the machine was under load.
    pub machine_s: f64,
    /// What they cost; none where nobody said what the machine costs.
    pub usd: Option<f64>,
}

impl SearchReport {
    /// Of a search that put the machine under load for `machine_s` seconds.
    pub(crate) fn of(
        tiers: Vec<Found>,
        offered: usize,
        machine_s: f64,
        price: Option<&Rental>,
    ) -> Self {
        let usd = price.map(|rental| rental.usd_per_hour_total.per_second() * machine_s);
        Self { schema: "farebox.search/1".to_owned(), tiers, offered, machine_s, usd }
    }
}
