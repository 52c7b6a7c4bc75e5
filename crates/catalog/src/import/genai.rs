//! The JSON of genai-prices: an array of providers, prices in USD per million tokens.

use super::{PriceBook, PriceField, ReadError, clause};
use jiff::civil::Date;
use serde_json::Value;

/// Its provider, and ours where it has another name.
const PROVIDERS: [(&str, &str); 3] = [("x-ai", "xai"), ("aws", "aws-bedrock"), ("z-ai", "zai")];

/// Our field, and its key.
const FIELDS: [(PriceField, &str); 4] = [
    (PriceField::InputUsdPerMtok, "input_mtok"),
    (PriceField::CachedInputUsdPerMtok, "cache_read_mtok"),
    (PriceField::CacheWriteUsdPerMtok, "cache_write_mtok"),
    (PriceField::OutputUsdPerMtok, "output_mtok"),
];

/// Reads the prices in force on `today` of every model, under its own id and under every name in
/// `known` that its pattern of names accepts.
pub(super) fn read(text: &str, today: Date, known: &PriceBook) -> Result<PriceBook, ReadError> {
    let json: Value = serde_json::from_str(text).map_err(|e| ReadError::Json(e.to_string()))?;
    let providers =
        json.as_array().ok_or(ReadError::Shape { expected: "an array of providers" })?;
    let mut book = PriceBook::default();
    for provider in providers {
        let Some(theirs) = provider.get("id").and_then(Value::as_str) else { continue };
        let ours = PROVIDERS.iter().find(|(name, _)| *name == theirs).map_or(theirs, |p| p.1);
        let models = provider.get("models").and_then(Value::as_array);
        let models = models.map_or(&[][..], Vec::as_slice);
        for model in models {
            let Some(id) = model.get("id").and_then(Value::as_str) else { continue };
            // An id that is one of our names in another case is that name.
            let id = names_of(known, ours).find(|name| name.eq_ignore_ascii_case(id)).unwrap_or(id);
            add(&mut book, &format!("{ours}/{id}"), model, today);
        }
        for name in names_of(known, ours) {
            let entry = format!("{ours}/{name}");
            if book.get(&entry).is_none() {
                let accepts =
                    |model: &&Value| model.get("match").is_some_and(|c| clause::accepts(c, name));
                if let Some(model) = models.iter().find(accepts) {
                    add(&mut book, &entry, model, today);
                }
            }
        }
    }
    Ok(book)
}

/// The names in `known` of one provider's models.
fn names_of<'a>(known: &'a PriceBook, provider: &str) -> impl Iterator<Item = &'a str> {
    known.iter().filter_map(move |(entry, _)| entry.strip_prefix(provider)?.strip_prefix('/'))
}

fn add(book: &mut PriceBook, entry: &str, model: &Value, today: Date) {
    let Some(prices) = model.get("prices").and_then(|prices| in_force(prices, today)) else {
        return;
    };
    for (field, name) in FIELDS {
        book.put(entry, field, prices.get(name).and_then(base_price));
    }
}

/// Of several prices the last that has begun. A price for some hours of the day counts as begun:
/// such lists put the dearer hours of the working day last, and those are when people ask.
fn in_force(prices: &Value, today: Date) -> Option<&Value> {
    let Some(dated) = prices.as_array() else { return Some(prices) };
    let begun = |entry: &&Value| match entry.get("constraint") {
        None | Some(Value::Null) => true,
        Some(constraint) => constraint.get("start_date").is_none_or(|start| {
            let start = start.as_str().and_then(|text| text.parse::<Date>().ok());
            start.is_some_and(|start| start <= today)
        }),
    };
    dated.iter().rfind(begun)?.get("prices")
}

/// A number, a decimal in quotes, or the base of a tiered price.
fn base_price(price: &Value) -> Option<f64> {
    match price {
        Value::Object(tiered) => tiered.get("base").and_then(base_price),
        Value::String(text) => text.parse().ok(),
        other => other.as_f64(),
    }
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "decimals are read back exactly as they were written")]
mod tests {
    use super::*;
    use jiff::civil::date;

    const TEXT: &str = r#"[{"id": "x-ai", "models": [
        {"id": "grok-3", "match": {"or": [{"equals": "grok-3"}, {"starts_with": "grok-3-"}]}, "prices": {"input_mtok": 3, "output_mtok": "15",
            "cache_read_mtok": {"base": 0.75, "tiers": [{"start": 100000, "price": 9}]}}},
        {"id": "grok-9", "prices": [
            {"prices": {"input_mtok": 1}},
            {"constraint": {"start_date": "2026-10-14"}, "prices": {"input_mtok": 2}},
            {"constraint": {"start_date": "2030-01-01"}, "prices": {"input_mtok": 4}}]},
        {"id": "grok-day", "prices": [
            {"prices": {"input_mtok": 1}},
            {"constraint": {"start_time": "06:00:00Z"}, "prices": {"input_mtok": 2}}]}]}]"#;

    #[test]
    fn tiers_give_their_base_and_quotes_do_not_matter() {
        let book = read(TEXT, date(2026, 11, 23), &PriceBook::default()).unwrap();
        let grok = book.get("xai/grok-3").unwrap();
        let prices: Vec<f64> = grok.values().copied().collect();
        assert_eq!(prices, [3.0, 0.75, 15.0]);
    }

    #[test]
    fn the_last_price_that_has_begun_is_in_force() {
        for (today, expected) in [(date(2026, 10, 13), 1.0), (date(2026, 10, 14), 2.0)] {
            let book = read(TEXT, today, &PriceBook::default()).unwrap();
            let price = book.get("xai/grok-9").unwrap()[&PriceField::InputUsdPerMtok];
            assert_eq!(price, expected, "{today}");
            let by_day = book.get("xai/grok-day").unwrap()[&PriceField::InputUsdPerMtok];
            assert_eq!(by_day, 2.0, "the dearer hours");
        }
    }

    #[test]
    fn our_names_are_found_through_its_patterns() {
        let mut known = PriceBook::default();
        for entry in ["xai/Grok-3-0711", "xai/grok-30", "openai/grok-3-0711"] {
            known.put(entry, PriceField::InputUsdPerMtok, Some(1.0));
        }
        let book = read(TEXT, date(2026, 11, 23), &known).unwrap();
        let names: Vec<&str> = book.iter().map(|(entry, _)| entry).collect();
        assert_eq!(names, ["xai/Grok-3-0711", "xai/grok-3", "xai/grok-9", "xai/grok-day"]);
    }
}
