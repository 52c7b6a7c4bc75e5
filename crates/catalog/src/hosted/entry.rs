//! The TOML shape of one hosted model, `apis/<provider>/<model>.toml`, and its reading.

use super::{ApiModel, CrossCheck, Status, Tiers, TokenPrices};
use crate::as_of::AsOf;
use crate::error::{CatalogueError, Problem};
use crate::source_file::SourceFile;
use farebox_core::UsdPerMtok;
use serde::Deserialize;

/// The dearest price per million tokens that is believed; above it a unit was mistaken.
const DEAREST_USD_PER_MTOK: f64 = 1000.0;

/// One file as written; unknown keys are refused so that a typing slip cannot hide a price.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    /// Only where the name cannot be a file name; else the path says it.
    model: Option<String>,
    input_usd_per_mtok: Option<f64>,
    cached_input_usd_per_mtok: Option<f64>,
    cache_write_usd_per_mtok: Option<f64>,
    output_usd_per_mtok: Option<f64>,
    #[serde(default)]
    free: bool,
    #[serde(default)]
    tiers: Tiers,
    context_window: Option<u64>,
    max_input_tokens: Option<u64>,
    max_output_tokens: Option<u64>,
    #[serde(default)]
    open_weights: bool,
    status: Status,
    retired_on: Option<AsOf>,
    as_of: AsOf,
    price_checked: Option<AsOf>,
    source: String,
    notes: Option<String>,
    #[serde(default)]
    cross_check: Vec<CrossCheck>,
}

/// Reads and checks one file.
pub(super) fn read(file: &SourceFile) -> Result<ApiModel, CatalogueError> {
    let (provider, stem) = file.group_and_stem("apis", ".toml").ok_or({
        CatalogueError::Misplaced { file: file.path.clone(), expected: "apis/openai/gpt-4.toml" }
    })?;
    let entry: Entry =
        toml::from_str(&file.text).map_err(|e| CatalogueError::malformed(&file.path, &e))?;
    let prices = entry.prices(&file.path)?;
    if entry.status == Status::Retired && entry.retired_on.is_none() {
        return Err(CatalogueError::field(&file.path, "retired_on", Problem::Missing));
    }
    let model = entry.model.unwrap_or_else(|| stem.to_owned());
    Ok(ApiModel {
        id: format!("{provider}/{model}"),
        provider: provider.to_owned(),
        model,
        prices,
        free: entry.free,
        tiers: entry.tiers,
        context_window: entry.context_window,
        max_input_tokens: entry.max_input_tokens,
        max_output_tokens: entry.max_output_tokens,
        open_weights: entry.open_weights,
        status: entry.status,
        retired_on: entry.retired_on,
        as_of: entry.as_of,
        price_checked: entry.price_checked,
        source: entry.source,
        notes: entry.notes,
        cross_check: entry.cross_check,
    })
}

impl Entry {
    fn prices(&self, file: &str) -> Result<TokenPrices, CatalogueError> {
        let price = |field: &str, value: Option<f64>| {
            value.map(|usd| price(file, field, usd, self.free)).transpose()
        };
        Ok(TokenPrices {
            input: price("input_usd_per_mtok", self.input_usd_per_mtok)?,
            cached_input: price("cached_input_usd_per_mtok", self.cached_input_usd_per_mtok)?,
            cache_write: price("cache_write_usd_per_mtok", self.cache_write_usd_per_mtok)?,
            output: price("output_usd_per_mtok", self.output_usd_per_mtok)?,
        })
    }
}

/// A price per million tokens, or why it is none; 0 only on an entry that is marked free.
pub(super) fn price(
    file: &str,
    field: &str,
    usd: f64,
    free: bool,
) -> Result<UsdPerMtok, CatalogueError> {
    if usd == 0.0 && !free {
        return Err(CatalogueError::field(file, field, Problem::ZeroPrice));
    }
    let (low, high) = (0.0, if free { 0.0 } else { DEAREST_USD_PER_MTOK });
    if (low..=high).contains(&usd) {
        return Ok(UsdPerMtok::new(usd));
    }
    Err(CatalogueError::field(file, field, Problem::OutOfRange { value: usd, low, high }))
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "input_usd_per_mtok = 1.5\noutput_usd_per_mtok = 6\nstatus = \"listed\"\n\
                        as_of = \"2026-11-23\"\nsource = \"s\"\n";

    fn read_text(text: &str) -> Result<ApiModel, CatalogueError> {
        read(&SourceFile::new("apis/lab/m/one.toml", text.to_owned()))
    }

    #[test]
    fn the_path_names_provider_and_model_and_absent_is_unknown() {
        let model = read_text(GOOD).unwrap();
        assert_eq!((model.id.as_str(), model.model.as_str()), ("lab/m/one", "m/one"));
        assert_eq!(model.prices.cached_input, None);
    }

    #[test]
    fn a_price_of_nothing_must_be_meant() {
        let zero = GOOD.replace("= 1.5", "= 0");
        let error = read_text(&zero).unwrap_err();
        let problem = Problem::ZeroPrice;
        let expected = CatalogueError::field("apis/lab/m/one.toml", "input_usd_per_mtok", problem);
        assert_eq!(error, expected);
        let free = zero.replace("= 6", "= 0") + "free = true\n";
        assert_eq!(read_text(&free).unwrap().prices.input, Some(UsdPerMtok::new(0.0)));
        assert!(read_text(&(GOOD.to_owned() + "free = true\n")).is_err(), "free, yet priced");
    }

    #[test]
    fn a_price_per_token_or_per_thousand_slip_is_out_of_range() {
        for bad in ["1500", "-1", "nan", "inf"] {
            let text = GOOD.replace("= 1.5", &format!("= {bad}"));
            let error = read_text(&text).unwrap_err().to_string();
            assert!(error.contains("input_usd_per_mtok"), "{error}");
        }
    }
}
