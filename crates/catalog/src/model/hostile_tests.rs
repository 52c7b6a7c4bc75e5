//! Configurations that are wrong on purpose: every one is refused with a name or read, never a
//! panic and never a number that wrapped around.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use crate::model::catalog::ModelCatalog;
use crate::model::error::ConfigError;
use crate::model::precision::{KvFormat, Precision};
use crate::model::read::{Assume, read_config};
use crate::model::size::MOST_PARAMS;

const LLAMA: &str = r#"{"model_type": "llama", "hidden_size": 64, "num_hidden_layers": 2,
    "num_attention_heads": 4, "intermediate_size": 128, "vocab_size": 100}"#;

fn with(field: &str, value: Value) -> Result<(), ConfigError> {
    let mut map: Map<String, Value> = serde_json::from_str(LLAMA).unwrap();
    map.insert(field.to_owned(), value);
    let text = Value::Object(map).to_string();
    read_config("hostile", &text, Assume::Nothing).map(drop)
}

#[test]
fn a_bad_value_is_refused_with_its_field() {
    let cases = [
        ("hidden_size", json!(-1)),
        ("hidden_size", json!(0)),
        ("hidden_size", json!(1e300)),
        ("hidden_size", json!("4096")),
        ("hidden_size", json!(64.5)),
        ("num_hidden_layers", json!(4_000_000_000u64)),
        ("num_attention_heads", json!([])),
        ("vocab_size", json!({})),
        ("tie_word_embeddings", json!("yes")),
        ("model_type", json!("no-such-family")),
        ("model_type", json!(7)),
        ("layer_types", json!(["full_attention"])),
        ("num_experts_per_tok", json!(9)),
    ];
    for (field, value) in cases {
        let value_text = value.to_string();
        let error = match field {
            "num_experts_per_tok" => {
                let text = LLAMA.replace(
                    "\"vocab_size\"",
                    "\"num_experts_per_tok\": 9, \"num_experts\": 8, \"vocab_size\"",
                );
                read_config("hostile", &text, Assume::Nothing).unwrap_err()
            }
            _ => with(field, value).unwrap_err(),
        };
        assert!(error.to_string().contains(field), "{field} {value_text}: {error}");
    }
}

#[test]
fn products_that_overflow_are_refused() {
    let most = 1 << 24;
    let text = json!({"model_type": "qwen3_moe", "hidden_size": most, "num_hidden_layers": 4096,
        "num_attention_heads": most, "head_dim": most, "moe_intermediate_size": most,
        "intermediate_size": most, "num_experts": most, "num_experts_per_tok": most,
        "vocab_size": most});
    let error = read_config("huge", &text.to_string(), Assume::Nothing).unwrap_err();
    assert!(matches!(error, ConfigError::OutOfRange { .. }), "{error}");
}

#[test]
fn an_unknown_family_may_be_read_as_dense() {
    let text = LLAMA.replace("llama", "brand_new");
    let error = read_config("new", &text, Assume::Nothing).unwrap_err();
    assert!(error.to_string().contains("`model_type` is `brand_new`"), "{error}");
    let spec = read_config("new", &text, Assume::Dense).unwrap();
    assert_eq!(spec.notes.len(), 1);
}

/// Any JSON of modest depth, numbers at the edges included.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (0u64..300).prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[a-zA-Z*_.:()|\\\\\\[-]{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map("[a-z_]{1,10}", inner, 0..6)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// Every field name that occurs in the language model of an embedded configuration.
fn replaced(id: &str, picks: &[(prop::sample::Index, Value)]) -> String {
    let models = ModelCatalog::embedded();
    let text = models.config(id).unwrap().text.replace("Infinity", "1e9");
    let mut file: Map<String, Value> = serde_json::from_str(&text).unwrap();
    let target = match file.get_mut("text_config") {
        Some(Value::Object(inner)) => inner,
        _ => &mut file,
    };
    let keys: Vec<String> = target.keys().cloned().collect();
    for (pick, value) in picks {
        target.insert(pick.get(&keys).clone(), value.clone());
    }
    Value::Object(file).to_string()
}

fn sane(text: &str) -> Result<(), TestCaseError> {
    let Ok(spec) = read_config("any", text, Assume::Dense) else { return Ok(()) };
    prop_assert!(spec.params.total < MOST_PARAMS);
    prop_assert!(spec.params.active <= spec.params.active_with_embedding);
    prop_assert!(spec.params.active_with_embedding <= spec.params.total);
    prop_assert_eq!(spec.params.by_class.total(), spec.params.total);
    prop_assert!(spec.kv_bytes(1000, KvFormat::Fp8) <= spec.kv_bytes(1000, KvFormat::Bf16));
    prop_assert!(spec.kv_bytes(1000, KvFormat::Bf16) <= spec.kv_bytes(2000, KvFormat::Bf16));
    let wide = spec.weight_bytes(Some(Precision::Bf16)).total();
    prop_assert!(spec.weight_bytes(Some(Precision::W4a16)).total() <= wide);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_object_is_read_or_refused(fields in prop::collection::btree_map("[a-z_]{1,14}", any_json(), 0..8)) {
        let mut map: Map<String, Value> = serde_json::from_str(LLAMA).unwrap();
        map.extend(fields);
        sane(&Value::Object(map).to_string())?;
    }

    #[test]
    fn a_real_configuration_with_fields_replaced_is_read_or_refused(
        model in any::<prop::sample::Index>(),
        picks in prop::collection::vec((any::<prop::sample::Index>(), any_json()), 1..4),
    ) {
        let models = ModelCatalog::embedded();
        let ids: Vec<&str> = models.ids().collect();
        let id: &str = model.get::<&str>(&ids);
        sane(&replaced(id, &picks))?;
    }

    #[test]
    fn any_text_is_read_or_refused(text in ".{0,200}", cut in 0usize..3000) {
        sane(&text)?;
        let models = ModelCatalog::embedded();
        let real = &models.config("openai/gpt-oss-20b").unwrap().text;
        sane(real.get(..cut.min(real.len())).unwrap_or_default())?;
    }
}
