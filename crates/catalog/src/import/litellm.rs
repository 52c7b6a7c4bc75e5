//! LiteLLM's price file: a flat object of models, prices in USD per single token.

use super::{PriceBook, PriceField, ReadError};
use serde_json::Value;

/// LiteLLM's provider, and ours where it has another name.
const PROVIDERS: [(&str, &str); 9] = [
    ("gemini", "google"),
    ("moonshot", "moonshotai"),
    ("dashscope", "alibaba"),
    ("together_ai", "together"),
    ("fireworks_ai", "fireworks"),
    ("cohere_chat", "cohere"),
    ("bedrock", "aws-bedrock"),
    ("bedrock_converse", "aws-bedrock"),
    ("fireworks_ai-embedding-models", "fireworks"),
];

/// Our field, and LiteLLM's key of the base tier.
const FIELDS: [(PriceField, &str); 4] = [
    (PriceField::InputUsdPerMtok, "input_cost_per_token"),
    (PriceField::CachedInputUsdPerMtok, "cache_read_input_token_cost"),
    (PriceField::CacheWriteUsdPerMtok, "cache_creation_input_token_cost"),
    (PriceField::OutputUsdPerMtok, "output_cost_per_token"),
];

/// Reads the token prices of every model that has a provider.
pub(super) fn read(text: &str) -> Result<PriceBook, ReadError> {
    let json: Value = serde_json::from_str(text).map_err(|e| ReadError::Json(e.to_string()))?;
    let models = json.as_object().ok_or(ReadError::Shape { expected: "an object of models" })?;
    let mut book = PriceBook::default();
    // The key `sample_spec` documents the format and names no real provider.
    for (key, model) in models.iter().filter(|(key, _)| *key != "sample_spec") {
        let Some(theirs) = model.get("litellm_provider").and_then(Value::as_str) else { continue };
        let ours = PROVIDERS.iter().find(|(name, _)| *name == theirs).map_or(theirs, |p| p.1);
        let entry = format!("{ours}/{}", strip_provider(key, theirs));
        for (field, name) in FIELDS {
            let per_token = model.get(name).and_then(Value::as_f64);
            book.put(&entry, field, per_token.map(per_million));
        }
    }
    Ok(book)
}

/// USD per million tokens, rid of the dust that scaling a decimal in binary leaves.
fn per_million(per_token: f64) -> f64 {
    (per_token * 1e15).round() / 1e9
}

/// The model's own name: LiteLLM puts the provider before it for most providers, not for all.
fn strip_provider<'a>(key: &'a str, provider: &str) -> &'a str {
    key.strip_prefix(provider).and_then(|rest| rest.strip_prefix('/')).unwrap_or(key)
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "decimals are read back exactly as they were written")]
mod tests {
    use super::*;

    #[test]
    fn prices_become_usd_per_million_under_our_names() {
        let text = r#"{
            "sample_spec": {"litellm_provider": "one of", "input_cost_per_token": 1},
            "gpt-4": {"litellm_provider": "openai", "input_cost_per_token": 3e-05,
                      "output_cost_per_token": 6e-05, "input_cost_per_token_flex": 1},
            "gemini/gemini-2.5-pro": {"litellm_provider": "gemini", "input_cost_per_token": 1.25e-06,
                      "cache_read_input_token_cost": 1.25e-07, "output_cost_per_token": 0},
            "no-provider": {"input_cost_per_token": 1}
        }"#;
        let book = read(text).unwrap();
        assert_eq!(book.len(), 2);
        let gpt4 = book.get("openai/gpt-4").unwrap();
        assert_eq!(gpt4[&PriceField::InputUsdPerMtok], 30.0);
        assert_eq!(gpt4[&PriceField::OutputUsdPerMtok], 60.0);
        let gemini = book.get("google/gemini-2.5-pro").unwrap();
        assert_eq!(gemini[&PriceField::CachedInputUsdPerMtok], 0.125);
        assert!(!gemini.contains_key(&PriceField::OutputUsdPerMtok), "0 is unknown");
    }
}
