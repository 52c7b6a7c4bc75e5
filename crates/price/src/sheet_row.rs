//! A tier as files spell it: one flat row, with nulls where there is no price.

use crate::allocation::Allocation;
use crate::price::Price;
use crate::sheet::{Outcome, Tier};
use farebox_core::Load;
use farebox_core::curve::Interval;
use farebox_core::{Clock, Deployment, TokensPerSecond, UsdPerHour, UsdPerMtok};
use serde::{Deserialize, Serialize};

/// See [`Tier`] and [`Price`] for the fields.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Row {
    curve: String,
    deployment: Deployment,
    name: String,
    slo: Option<String>,
    clock: Option<Clock>,
    load: Option<Load>,
    input_tok_per_s: Option<TokensPerSecond>,
    cached_input_tok_per_s: Option<TokensPerSecond>,
    output_tok_per_s: Option<TokensPerSecond>,
    replicas: Option<u32>,
    usd_per_hour_total: Option<UsdPerHour>,
    usd_per_mtok_input: Option<UsdPerMtok>,
    usd_per_mtok_cached_input: Option<UsdPerMtok>,
    usd_per_mtok_output: Option<UsdPerMtok>,
    usd_per_mtok_blended: Option<UsdPerMtok>,
    recovery: Option<f64>,
    interval: Option<Interval>,
    #[serde(default)]
    load_interval: Option<Interval>,
    allocation: Option<Allocation>,
    basis: Option<String>,
    partial: bool,
    reason: Option<String>,
    notes: Vec<String>,
}

impl From<Tier> for Row {
    fn from(tier: Tier) -> Self {
        let price = tier.price();
        let reason = tier.reason().map(str::to_owned);
        Self {
            load: price.map(|p| p.load),
            input_tok_per_s: price.map(|p| p.input_tok_per_s),
            cached_input_tok_per_s: price.and_then(|p| p.cached_input_tok_per_s),
            output_tok_per_s: price.map(|p| p.output_tok_per_s),
            replicas: price.map(|p| p.replicas),
            usd_per_hour_total: price.map(|p| p.usd_per_hour_total),
            usd_per_mtok_input: price.map(|p| p.usd_per_mtok_input),
            usd_per_mtok_cached_input: price.and_then(|p| p.usd_per_mtok_cached_input),
            usd_per_mtok_output: price.map(|p| p.usd_per_mtok_output),
            usd_per_mtok_blended: price.map(|p| p.usd_per_mtok_blended),
            recovery: price.map(|p| p.recovery),
            interval: price.and_then(|p| p.interval),
            load_interval: price.and_then(|p| p.load_interval),
            allocation: price.map(|p| p.allocation),
            basis: price.and_then(|p| p.basis.clone()),
            notes: price.map(|p| p.notes.clone()).unwrap_or_default(),
            reason,
            curve: tier.curve,
            deployment: tier.deployment,
            name: tier.name,
            slo: tier.slo,
            clock: tier.clock,
            partial: tier.partial,
        }
    }
}

impl From<Row> for Tier {
    fn from(mut row: Row) -> Self {
        let reason = row.reason.take();
        let outcome = match row.price() {
            Some(price) => Outcome::Priced(Box::new(price)),
            None => Outcome::Unpriced { reason: reason.unwrap_or_else(|| UNSAID.to_owned()) },
        };
        Self {
            curve: row.curve,
            deployment: row.deployment,
            name: row.name,
            slo: row.slo,
            clock: row.clock,
            partial: row.partial,
            outcome,
        }
    }
}

/// The reason of a row that somebody else wrote without one.
const UNSAID: &str = "no reason was given";

impl Row {
    /// The price, if none of its numbers is missing.
    fn price(&self) -> Option<Price> {
        Some(Price {
            load: self.load?,
            input_tok_per_s: self.input_tok_per_s?,
            cached_input_tok_per_s: self.cached_input_tok_per_s,
            output_tok_per_s: self.output_tok_per_s?,
            replicas: self.replicas?,
            usd_per_hour_total: self.usd_per_hour_total?,
            usd_per_mtok_input: self.usd_per_mtok_input?,
            usd_per_mtok_cached_input: self.usd_per_mtok_cached_input,
            usd_per_mtok_output: self.usd_per_mtok_output?,
            usd_per_mtok_blended: self.usd_per_mtok_blended?,
            recovery: self.recovery?,
            allocation: self.allocation?,
            basis: self.basis.clone(),
            interval: self.interval,
            load_interval: self.load_interval,
            notes: self.notes.clone(),
        })
    }
}
