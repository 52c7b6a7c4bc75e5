//! What a number of tokens costs at an API.

use super::ApiModel;
use farebox_core::UsdPerMtok;

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

impl ApiModel {
    /// The bill for `tokens` at the published prices, the lowest tier where there are tiers.
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
        Ok(Bill {
            input_usd: self.charge("input", self.prices.input, input - cached_input)?,
            cached_input_usd: self.charge(
                "cached input",
                self.prices.cached_input,
                cached_input,
            )?,
            output_usd: self.charge("output", self.prices.output, output)?,
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
            None => Err(BillError::UnknownPrice { model: self.id.clone(), kind }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::Catalogue;
    use proptest::prelude::*;

    fn gpt_4o() -> &'static ApiModel {
        Catalogue::embedded().hosted().unwrap().find("openai/gpt-4o").unwrap()
    }

    #[test]
    fn gpt_4_bills_its_published_price() {
        let model = Catalogue::embedded().hosted().unwrap().find("api:openai/gpt-4").unwrap();
        let tokens = Tokens { input: 1000.0, cached_input: 0.0, output: 500.0 };
        let bill = model.bill(&tokens).unwrap();
        assert!((bill.total_usd() - 0.06).abs() < 1e-12, "{bill:?}");
    }

    #[test]
    fn tokens_of_an_unknown_price_are_an_error_and_never_free() {
        let model = Catalogue::embedded().hosted().unwrap().find("openai/gpt-4").unwrap();
        let tokens = Tokens { input: 1000.0, cached_input: 10.0, output: 0.0 };
        let error = model.bill(&tokens).unwrap_err();
        assert_eq!(error.to_string(), "the cached input price of openai/gpt-4 is unknown");
    }

    #[test]
    fn impossible_counts_are_refused() {
        for (input, cached_input, output) in
            [(-1.0, 0.0, 1.0), (1.0, 2.0, 1.0), (1.0, 0.0, f64::NAN), (f64::INFINITY, 0.0, 1.0)]
        {
            let refused = gpt_4o().bill(&Tokens { input, cached_input, output });
            assert!(matches!(refused, Err(BillError::BadTokens { .. })), "{refused:?}");
        }
    }

    proptest! {
        #[test]
        fn a_bill_adds_up_and_caching_never_costs_more(
            input in 0.0..1e6f64, share in 0.0..1.0f64, output in 0.0..1e5f64,
        ) {
            let tokens = Tokens { input, cached_input: input * share, output };
            let bill = gpt_4o().bill(&tokens).unwrap();
            let prices = gpt_4o().prices;
            let expected = prices.input.unwrap().get() * (input - input * share)
                + prices.cached_input.unwrap().get() * input * share
                + prices.output.unwrap().get() * output;
            prop_assert!((bill.total_usd() * 1e6 - expected).abs() <= 1e-6 * expected.max(1.0));
            let uncached = gpt_4o().bill(&Tokens { cached_input: 0.0, ..tokens }).unwrap();
            prop_assert!(bill.total_usd() <= uncached.total_usd() + 1e-9);
        }
    }
}
