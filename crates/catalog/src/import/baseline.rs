//! What a newer file is held against: the prices at hand, and which of them it should still have.

use super::{PriceBook, PriceFormat};
use crate::hosted::{ApiModel, CrossCheck, CrossVerdict, HostedModels};
use crate::price::Offers;
use std::collections::BTreeSet;

/// The prices at hand and what is expected of a newer file.
#[derive(Debug, Clone, PartialEq)]
pub struct Baseline {
    pub(super) prices: PriceBook,
    pub(super) expected: Expected,
}

/// Which entries a newer file should still have.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Expected {
    /// These: the same catalogue had them before, so that a file cut short is noticed even when
    /// it lost whole providers.
    Entries(BTreeSet<String>),
    /// All of whatever providers it is about: a table somebody made need not cover the rest.
    OfItsProviders,
}

impl Baseline {
    /// The token prices of a catalogue, for a file of this format.
    pub fn of_hosted(models: &HostedModels, format: PriceFormat) -> Self {
        let prices = PriceBook::of_hosted(models);
        let expected = match format.source() {
            None => Expected::OfItsProviders,
            Some(source) => {
                let had = models.iter().filter(|model| attests(source, model));
                let priced = had.filter(|model| prices.get(&model.id).is_some());
                Expected::Entries(priced.map(|model| model.id.clone()).collect())
            }
        };
        Self { prices, expected }
    }

    /// The machine prices of a catalogue.
    pub fn of_offers(offers: &Offers) -> Self {
        PriceBook::of_offers(offers).into()
    }

    /// The prices at hand.
    pub const fn prices(&self) -> &PriceBook {
        &self.prices
    }
}

impl From<PriceBook> for Baseline {
    /// Any book, with everything about a file's providers expected of it.
    fn from(prices: PriceBook) -> Self {
        Self { prices, expected: Expected::OfItsProviders }
    }
}

/// Whether the catalogue called `source` had a price for `model` when it was read.
fn attests(source: &str, model: &ApiModel) -> bool {
    let cross_checked = || {
        // A differing verdict without a price means that it listed none.
        let stated =
            |check: &&CrossCheck| check.verdict == CrossVerdict::Same || check.input.is_some();
        model.cross_check.iter().filter(stated).any(|check| check.source == source)
    };
    model.source.starts_with(source) || cross_checked()
}
