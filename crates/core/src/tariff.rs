//! What a hosted API charges per token, and what a number of tokens comes to.

use crate::quantity::UsdPerMtok;
use serde::{Deserialize, Serialize};

/// The published prices of a hosted model, as they were when it was asked about. Absent is unknown,
/// never 0.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Tariff {
    /// `api:provider/model`.
    pub id: String,
    /// Prompt tokens that are computed.
    pub usd_per_mtok_input: Option<UsdPerMtok>,
    /// Prompt tokens read from the provider's cache.
    pub usd_per_mtok_cached_input: Option<UsdPerMtok>,
    /// Generated tokens.
    pub usd_per_mtok_output: Option<UsdPerMtok>,
    /// When the prices were read.
    pub as_of: String,
    /// What was read.
    pub source: String,
}

/// Tokens to be billed.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Tokens {
    /// Prompt tokens, cached ones included.
    pub input: f64,
    /// Those of them read from the provider's cache.
    pub cached_input: f64,
    /// Generated tokens, reasoning included.
    pub output: f64,
}

/// A bill by kind of token, in USD.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bill {
    /// Prompt tokens that were computed.
    pub input_usd: f64,
    /// Prompt tokens read from the cache.
    pub cached_input_usd: f64,
    /// Generated tokens.
    pub output_usd: f64,
}

/// A bill that cannot be written.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum BillError {
    /// Tokens of a kind whose price nobody knows; guessing 0 would be the worst answer.
    #[error("the {kind} price of {model} is unknown")]
    UnknownPrice {
        /// The model.
        model: String,
        /// The kind of token.
        kind: &'static str,
    },
    /// A number of tokens that cannot be one, or more cached tokens than prompt tokens.
    #[error("{value} {kind} tokens cannot be billed")]
    BadTokens {
        /// The kind of token.
        kind: &'static str,
        /// The number given.
        value: f64,
    },
}

impl Bill {
    /// The sum.
    pub fn total_usd(&self) -> f64 {
        self.input_usd + self.cached_input_usd + self.output_usd
    }
}

impl Tariff {
    /// The bill for `tokens`.
    ///
    /// Fails on negative, infinite or contradictory counts, and where tokens meet an unknown price.
    pub fn bill(&self, tokens: &Tokens) -> Result<Bill, BillError> {
        let Tokens { input, cached_input, output } = *tokens;
        for (kind, value) in [("input", input), ("cached input", cached_input), ("output", output)]
        {
            if !(value.is_finite() && value >= 0.0) {
                return Err(BillError::BadTokens { kind, value });
            }
        }
        if cached_input > input {
            return Err(BillError::BadTokens { kind: "cached input", value: cached_input });
        }
        let cached_price = self.usd_per_mtok_cached_input;
        Ok(Bill {
            input_usd: self.charge("input", self.usd_per_mtok_input, input - cached_input)?,
            cached_input_usd: self.charge("cached input", cached_price, cached_input)?,
            output_usd: self.charge("output", self.usd_per_mtok_output, output)?,
        })
    }

    fn charge(
        &self,
        kind: &'static str,
        price: Option<UsdPerMtok>,
        tokens: f64,
    ) -> Result<f64, BillError> {
        match price {
            Some(price) => Ok(price.get() * tokens / 1e6),
            None if tokens == 0.0 => Ok(0.0),
            None => {
                let model = self.id.trim_start_matches("api:").to_owned();
                Err(BillError::UnknownPrice { model, kind })
            }
        }
    }
}
