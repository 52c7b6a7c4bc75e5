//! What a number of tokens costs at an API.

use super::ApiModel;
use farebox_core::Tariff;
pub use farebox_core::tariff::{Bill, BillError, Tokens};

impl ApiModel {
    /// The published prices, those of the lowest tier where there are tiers.
    pub fn tariff(&self) -> Tariff {
        Tariff {
            id: format!("api:{}", self.id),
            usd_per_mtok_input: self.prices.input,
            usd_per_mtok_cached_input: self.prices.cached_input,
            usd_per_mtok_output: self.prices.output,
            as_of: self.as_of.to_string(),
            source: self.source.clone(),
        }
    }

    /// The bill for `tokens` by [`Self::tariff`]; fails as [`Tariff::bill`] does.
    pub fn bill(&self, tokens: &Tokens) -> Result<Bill, BillError> {
        self.tariff().bill(tokens)
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
