//! Prices stripped of everything but who, what and how much, so that any two sources compare.

use crate::hosted::HostedModels;
use crate::price::Offers;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Prices by entry: `openai/gpt-4` for tokens, `lambda:gpu_8x_h100_sxm5:...` for machines.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PriceBook {
    entries: BTreeMap<String, BTreeMap<PriceField, f64>>,
}

/// Which price of an entry; the name says the unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PriceField {
    /// USD per million prompt tokens.
    InputUsdPerMtok,
    /// USD per million prompt tokens read from a cache.
    CachedInputUsdPerMtok,
    /// USD per million prompt tokens written to a cache.
    CacheWriteUsdPerMtok,
    /// USD per million generated tokens.
    OutputUsdPerMtok,
    /// USD per hour for a whole instance.
    UsdPerHour,
}

impl PriceField {
    /// The fields of a token tariff, in the order of a table.
    pub(super) const TOKENS: [Self; 4] = [
        Self::InputUsdPerMtok,
        Self::CachedInputUsdPerMtok,
        Self::CacheWriteUsdPerMtok,
        Self::OutputUsdPerMtok,
    ];

    /// The name in files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::InputUsdPerMtok => "input_usd_per_mtok",
            Self::CachedInputUsdPerMtok => "cached_input_usd_per_mtok",
            Self::CacheWriteUsdPerMtok => "cache_write_usd_per_mtok",
            Self::OutputUsdPerMtok => "output_usd_per_mtok",
            Self::UsdPerHour => "usd_per_hour",
        }
    }
}

impl PriceBook {
    /// The token prices of a catalogue; free models have none.
    pub fn of_hosted(models: &HostedModels) -> Self {
        let mut book = Self::default();
        for model in models.iter() {
            let prices = &model.prices;
            let stated = [prices.input, prices.cached_input, prices.cache_write, prices.output];
            for (field, price) in PriceField::TOKENS.into_iter().zip(stated) {
                book.put(&model.id, field, price.map(farebox_core::UsdPerMtok::get));
            }
        }
        book
    }

    /// The machine prices of a catalogue.
    pub fn of_offers(offers: &Offers) -> Self {
        let mut book = Self::default();
        for offer in offers.iter() {
            book.put(&offer.key(), PriceField::UsdPerHour, Some(offer.usd_per_hour.get()));
        }
        book
    }

    /// Notes a price; anything but a positive number is unknown and noted nowhere.
    pub fn put(&mut self, entry: &str, field: PriceField, price: Option<f64>) {
        if let Some(price) = price.filter(|price| price.is_finite() && *price > 0.0) {
            self.entries.entry(entry.to_owned()).or_default().insert(field, price);
        }
    }

    /// The prices of one entry.
    pub fn get(&self, entry: &str) -> Option<&BTreeMap<PriceField, f64>> {
        self.entries.get(entry)
    }

    /// Every entry with its prices, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &BTreeMap<PriceField, f64>)> {
        self.entries.iter().map(|(entry, prices)| (entry.as_str(), prices))
    }

    /// How many entries have a price.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether no entry has a price.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Who is in the book: what stands before the first `/` or `:` of each entry.
    pub fn providers(&self) -> BTreeSet<&str> {
        self.entries.keys().map(|entry| provider(entry)).collect()
    }

    /// The part of the book that is about `providers`.
    #[must_use]
    pub fn only(&self, providers: &BTreeSet<&str>) -> Self {
        let about = |entry: &str| providers.contains(provider(entry));
        let entries = self.entries.iter().filter(|(entry, _)| about(entry));
        Self { entries: entries.map(|(k, v)| (k.clone(), v.clone())).collect() }
    }
}

fn provider(entry: &str) -> &str {
    entry.split(['/', ':']).next().unwrap_or(entry)
}
