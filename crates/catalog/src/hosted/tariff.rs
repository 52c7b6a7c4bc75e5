//! A provider's tariff as a table, `apis/<provider>.csv`: newer prices for models that are known,
//! and models of which nothing but the prices is known.

use super::{ApiModel, Status, Tiers, TokenPrices, entry};
use crate::as_of::AsOf;
use crate::error::CatalogueError;
use crate::source_file::SourceFile;
use farebox_core::UsdPerMtok;
use serde::{Deserialize, Serialize};

/// One line; prices in USD per million tokens, absent where unknown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TariffLine {
    pub(crate) model: String,
    pub(crate) input_usd_per_mtok: Option<f64>,
    pub(crate) cached_input_usd_per_mtok: Option<f64>,
    pub(crate) cache_write_usd_per_mtok: Option<f64>,
    pub(crate) output_usd_per_mtok: Option<f64>,
    pub(crate) as_of: AsOf,
    pub(crate) source: String,
}

/// The provider of a tariff file, if it is one.
pub(crate) fn provider(file: &SourceFile) -> Option<&str> {
    let stem = file.path.strip_prefix("apis/")?.strip_suffix(".csv")?;
    (!stem.contains('/')).then_some(stem)
}

/// The lines of a tariff file, their prices checked.
pub(crate) fn read(file: &SourceFile) -> Result<Vec<TariffLine>, CatalogueError> {
    let mut lines = Vec::new();
    let mut reader = csv::Reader::from_reader(file.text.as_bytes());
    for (index, line) in reader.deserialize::<TariffLine>().enumerate() {
        let line = line.map_err(|e| CatalogueError::malformed(&file.path, &e))?;
        // The header is line 1.
        line.prices(&format!("{}:{}", file.path, index + 2))?;
        lines.push(line);
    }
    Ok(lines)
}

impl TariffLine {
    /// The prices, or which of them cannot be one; `place` is for the error.
    pub(crate) fn prices(&self, place: &str) -> Result<TokenPrices, CatalogueError> {
        let price = |field: &str, value: Option<f64>| -> Result<Option<UsdPerMtok>, _> {
            value.map(|usd| entry::price(place, field, usd, false)).transpose()
        };
        Ok(TokenPrices {
            input: price("input_usd_per_mtok", self.input_usd_per_mtok)?,
            cached_input: price("cached_input_usd_per_mtok", self.cached_input_usd_per_mtok)?,
            cache_write: price("cache_write_usd_per_mtok", self.cache_write_usd_per_mtok)?,
            output: price("output_usd_per_mtok", self.output_usd_per_mtok)?,
        })
    }

    /// `known` at these prices, or a model of which only they are known.
    pub(super) fn apply(
        self,
        provider: &str,
        known: Option<&ApiModel>,
        place: &str,
    ) -> Result<ApiModel, CatalogueError> {
        let prices = self.prices(place)?;
        let base = known.cloned().unwrap_or_else(|| unknown(provider, &self));
        Ok(ApiModel {
            prices,
            free: false,
            as_of: self.as_of,
            price_checked: None,
            source: self.source,
            // What others said was held against the older price.
            cross_check: Vec::new(),
            ..base
        })
    }
}

fn unknown(provider: &str, line: &TariffLine) -> ApiModel {
    ApiModel {
        id: format!("{provider}/{}", line.model),
        provider: provider.to_owned(),
        model: line.model.clone(),
        prices: TokenPrices::default(),
        free: false,
        tiers: Tiers::Flat,
        context_window: None,
        max_input_tokens: None,
        max_output_tokens: None,
        open_weights: false,
        status: Status::Listed,
        retired_on: None,
        as_of: line.as_of,
        price_checked: None,
        source: line.source.clone(),
        notes: None,
        cross_check: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use crate::hosted::HostedModels;
    use crate::source_file::SourceFile;
    use farebox_core::UsdPerMtok;

    const HEAD: &str = "model,input_usd_per_mtok,cached_input_usd_per_mtok,\
                        cache_write_usd_per_mtok,output_usd_per_mtok,as_of,source\n";

    fn load(lines: &str) -> Result<HostedModels, String> {
        let file = SourceFile::new("apis/openai.csv", format!("{HEAD}{lines}"));
        HostedModels::load(&[file]).map_err(|error| error.to_string())
    }

    #[test]
    fn a_line_prices_a_known_model_anew_and_adds_an_unknown_one() {
        let models = load("gpt-4,20,,,40,2026-11-24,a\ngpt-99,1,,,2,2026-11-24,a\n").unwrap();
        let known = models.get("openai/gpt-4").unwrap();
        assert_eq!(known.prices.input, Some(UsdPerMtok::new(20.0)));
        assert_eq!(known.context_window, Some(8192), "the rest of its entry stays");
        assert_eq!(models.get("openai/gpt-99").unwrap().prices.output, Some(UsdPerMtok::new(2.0)));
    }

    #[test]
    fn a_line_that_cannot_be_a_price_names_file_and_line() {
        for (line, word) in [
            ("gpt-4,0,,,40,2026-11-24,a", "apis/openai.csv:2"),
            ("gpt-4,-1,,,40,2026-11-24,a", "input_usd_per_mtok"),
            ("gpt-4,x,,,40,2026-11-24,a", "apis/openai.csv"),
            ("gpt-4,1,,,2,yesterday,a", "apis/openai.csv"),
            ("GPT_4,1,,,2,2026-11-24,a", "already belongs"),
        ] {
            let error = load(&format!("{line}\n")).unwrap_err();
            assert!(error.contains(word), "{line}: {error}");
        }
    }
}
