//! The document `farebox.price/1`: every curve at every promise.

use crate::allocation::Allocation;
use crate::load_line_rule::LoadLineRule;
use crate::machine::Packing;
use crate::note::Note;
use crate::price::Price;
use crate::settings::{PriceSettings, SettingsError};
use crate::tier;
use crate::utilisation::Utilisation;
use farebox_core::run::Rental;
use farebox_core::{Clock, Deployment, LoadCurve, LoadPoint, Slo};
use serde::{Deserialize, Serialize};

/// The schema tag of a price document.
pub const PRICE_SCHEMA: &str = "farebox.price/1";

/// The name of the tier that promises nothing.
pub const MAX_TIER: &str = "max";

/// Prices of some curves, with what they were made from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PriceSheet {
    /// Always [`PRICE_SCHEMA`].
    pub schema: String,
    /// The rule asked for; a tier names the one it used.
    pub allocation: Allocation,
    /// How the load line was read.
    pub load_line: LoadLineRule,
    /// What the machine costs.
    pub rental: Rental,
    /// How the machine was filled.
    pub packing: Packing,
    /// The share of the load line that is sold; every tier's tokens per second are those sold.
    #[serde(default)]
    pub utilisation: Utilisation,
    /// Whether some curve lacks points because its run was cut short.
    pub partial: bool,
    /// What to know about all of it; what concerns one tier stands there.
    pub notes: Vec<String>,
    /// Curve by curve, promise by promise.
    pub tiers: Vec<Tier>,
}

/// One curve at one promise.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(from = "crate::sheet_row::Row", into = "crate::sheet_row::Row")]
pub struct Tier {
    /// Name of the curve.
    pub curve: String,
    /// What answers.
    pub deployment: Deployment,
    /// Name of the promise, or [`MAX_TIER`].
    pub name: String,
    /// The promise in the grammar of `--slo`; none for [`MAX_TIER`].
    pub slo: Option<String>,
    /// The clock its latencies are read on; none where the curve has no points.
    pub clock: Option<Clock>,
    /// Whether the curve lacks points because its run was cut short.
    pub partial: bool,
    /// The price, or why there is none.
    pub outcome: Outcome,
}

/// What a promise came to.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// It is kept at this price.
    Priced(Box<Price>),
    /// There is no price.
    Unpriced {
        /// Why.
        reason: String,
    },
}

impl Tier {
    /// The price, where there is one.
    pub fn price(&self) -> Option<&Price> {
        match &self.outcome {
            Outcome::Priced(price) => Some(price),
            Outcome::Unpriced { .. } => None,
        }
    }

    /// Why there is no price, where there is none.
    pub fn reason(&self) -> Option<&str> {
        match &self.outcome {
            Outcome::Priced(_) => None,
            Outcome::Unpriced { reason } => Some(reason),
        }
    }

    fn of(curve: &LoadCurve, slo: Option<&Slo>, settings: &PriceSettings) -> Self {
        let outcome = match tier::buy(curve, slo, settings) {
            Ok(price) => Outcome::Priced(Box::new(price)),
            Err(refusal) => Outcome::Unpriced { reason: refusal.to_string() },
        };
        Self {
            curve: curve.name.clone(),
            deployment: curve.deployment.clone(),
            name: slo.map_or_else(|| MAX_TIER.to_owned(), Slo::name),
            slo: slo.map(Slo::terms),
            clock: curve.points.first().map(LoadPoint::clock),
            partial: !curve.complete,
            outcome,
        }
    }
}

/// Prices every curve at every promise of `settings`; without promises, at the highest throughput.
pub fn price(curves: &[LoadCurve], settings: &PriceSettings) -> Result<PriceSheet, SettingsError> {
    settings.check()?;
    let promises: Vec<Option<&Slo>> = match settings.slos.as_slice() {
        [] => vec![None],
        slos => slos.iter().map(Some).collect(),
    };
    let tiers: Vec<Tier> = curves
        .iter()
        .flat_map(|curve| promises.iter().map(|slo| Tier::of(curve, *slo, settings)))
        .collect();
    Ok(PriceSheet {
        schema: PRICE_SCHEMA.to_owned(),
        allocation: settings.allocation,
        load_line: settings.load_line,
        rental: settings.rental.clone(),
        packing: settings.packing,
        utilisation: settings.utilisation,
        partial: curves.iter().any(|curve| !curve.complete),
        notes: notes(curves, settings, &tiers),
        tiers,
    })
}

fn notes(curves: &[LoadCurve], settings: &PriceSettings, tiers: &[Tier]) -> Vec<String> {
    let twice = (settings.allocation == Allocation::DoubleCount).then_some(Note::ChargedTwice);
    let sold = settings.utilisation;
    let sold = (sold < Utilisation::FULL).then_some(Note::Sold(sold));
    let replicated = tiers.iter().filter_map(Tier::price).any(|price| price.replicas > 1);
    let assumed = replicated.then_some(Note::ReplicasAssumed);
    let partial = curves.iter().filter(|curve| !curve.complete);
    twice
        .into_iter()
        .chain(sold)
        .chain(assumed)
        .chain(partial.map(|curve| Note::Partial(curve.name.clone())))
        .map(|note| note.to_string())
        .collect()
}
