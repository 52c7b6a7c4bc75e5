//! A model behind somebody's API: its published prices, limits and dates.

use crate::as_of::AsOf;
use farebox_core::UsdPerMtok;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// Days after which an API price deserves a warning.
const STALE_AFTER_DAYS: u32 = 30;

/// One model of one provider.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ApiModel {
    /// `provider/model`.
    pub id: String,
    /// Who serves it, such as `openai`.
    pub provider: String,
    /// The provider's name of the model.
    pub model: String,
    /// Published prices; those of the lowest tier where there are tiers.
    #[serde(rename = "usd_per_mtok")]
    pub prices: TokenPrices,
    /// Whether it costs nothing; only then may a price be 0.
    pub free: bool,
    /// Whether long prompts cost more per token.
    pub tiers: Tiers,
    /// Tokens a conversation may hold.
    pub context_window: Option<u64>,
    /// Tokens a prompt may hold, where that is less than the window.
    pub max_input_tokens: Option<u64>,
    /// Tokens an answer may hold.
    pub max_output_tokens: Option<u64>,
    /// Whether the weights are published, so that it can be served by oneself.
    pub open_weights: bool,
    /// Whether it was still listed when seen.
    pub status: Status,
    /// The day it is or was taken off, if announced.
    pub retired_on: Option<AsOf>,
    /// When the listing was read.
    pub as_of: AsOf,
    /// When its keeper last held the price against the vendor's page.
    pub price_checked: Option<AsOf>,
    /// What was read.
    pub source: String,
    /// Traps, in words.
    pub notes: Option<String>,
    /// What other catalogues say.
    pub cross_check: Vec<CrossCheck>,
}

/// Prices by kind of token; absent is unknown, never 0.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct TokenPrices {
    /// Prompt tokens that are computed.
    pub input: Option<UsdPerMtok>,
    /// Prompt tokens read from the provider's cache.
    pub cached_input: Option<UsdPerMtok>,
    /// Prompt tokens written to the provider's cache.
    pub cache_write: Option<UsdPerMtok>,
    /// Generated tokens.
    pub output: Option<UsdPerMtok>,
}

/// Whether the price of a token depends on the length of the prompt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tiers {
    /// One price.
    #[default]
    Flat,
    /// Dearer above a prompt length that the provider states; the lowest tier is kept here.
    ContextLength,
}

/// Whether a model was on offer when its listing was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// On offer.
    Listed,
    /// Past its retirement date.
    Retired,
}

/// What another catalogue says about the input and output price.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CrossCheck {
    /// Which catalogue.
    pub source: String,
    /// Whether it agrees.
    pub verdict: CrossVerdict,
    /// Its input price where it differs and states one.
    #[serde(rename = "input_usd_per_mtok")]
    pub input: Option<UsdPerMtok>,
    /// Its output price where it differs and states one.
    #[serde(rename = "output_usd_per_mtok")]
    pub output: Option<UsdPerMtok>,
}

/// Whether two catalogues agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CrossVerdict {
    /// Input and output price are the same.
    Same,
    /// They are not, or the other states none.
    Differs,
}

impl ApiModel {
    /// Days since the listing was read.
    pub fn age_days(&self, today: Date) -> u32 {
        self.as_of.age_days(today)
    }

    /// Whether the listing is older than API prices usually last (30 days).
    pub fn is_stale(&self, today: Date) -> bool {
        self.age_days(today) > STALE_AFTER_DAYS
    }

    /// Whether it is no longer on offer on `today`.
    pub fn is_retired(&self, today: Date) -> bool {
        self.status == Status::Retired || self.retired_on.is_some_and(|on| on.earliest() <= today)
    }

    /// The catalogues that say something else about the price.
    pub fn disagreements(&self) -> impl Iterator<Item = &CrossCheck> {
        self.cross_check.iter().filter(|check| check.verdict == CrossVerdict::Differs)
    }
}
