//! The API: its description, its examples, and that both ways of asking say the same.

use crate::support::Site;
use crate::written::Written;
use serde_json::{Map, Value};

#[test]
fn every_example_is_answered() {
    let site = Site::start();
    Written::whole(&site, "first").reports();
    Written::whole(&site, "second");
    let described = site.get("/api/v1/openapi.json").json();
    assert_eq!(described["openapi"], "3.1.0");
    let paths = described["paths"].as_object().unwrap();
    let mut tried = 0;
    for (path, methods) in paths {
        let Some(example) = methods["get"]["x-example"].as_str() else { continue };
        let answer = site.get(example);
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
        let schema = &methods["get"]["responses"]["200"]["content"]["application/json"]["schema"];
        let wrong = mismatch(&answer.json(), schema, &described, path);
        assert_eq!(wrong, None, "{example}");
        tried += 1;
    }
    assert!(tried >= 16, "{tried} examples");
}

/// Answers of many kinds hold nothing but what the description says, and each described field of
/// an estimate stands in one of them.
#[test]
fn answers_are_as_described() {
    let site = Site::start();
    let described = site.get("/api/v1/openapi.json").json();
    let schema = &described["components"]["schemas"]["Estimate"];
    let mut seen: Vec<String> = Vec::new();
    for query in [
        "model=Qwen/Qwen3-8B&gpu=l4&users=3",
        "model=Qwen/Qwen3-32B&gpu=t4",
        "model=Qwen/Qwen3-8B&gpu=l4&batch=4",
        "model=Qwen/Qwen3-8B&gpu=l4&request_rate=0.5",
        "params=7B&gpu=custom&mem_gb=48&mem_bw_gb_per_s=1000&tflops=100",
        "model=Qwen/Qwen3-8B&gpu=l40s&slo=tpot.mean%3D60ms",
    ] {
        let answer = site.get(&format!("/api/v1/estimate?{query}"));
        assert_eq!(answer.status, 200, "{query}: {answer:?}");
        assert_eq!(mismatch(&answer.json(), schema, &described, ""), None, "{query}");
        leaves(&answer.json(), "", &mut seen);
    }
    let mut known = Vec::new();
    described_leaves(schema, "", &mut known);
    let unseen: Vec<&String> = known.iter().filter(|path| !seen.contains(path)).collect();
    assert_eq!(unseen, Vec::<&String>::new(), "described, and never answered");
}

#[test]
fn both_ways_of_asking_say_the_same() {
    let site = Site::start();
    let asked = site.get("/api/v1/estimate?model=Qwen/Qwen3-8B&gpu=h100-sxm&tp=2&kv-dtype=fp8&price_per_gpu_hour=2.5");
    let posted = site.post(
        "/api/v1/estimate",
        r#"{"model":"Qwen/Qwen3-8B","gpu":"h100-sxm","tp":2,"kv_dtype":"fp8","price_per_gpu_hour":2.5}"#,
    );
    assert_eq!((asked.status, asked.body.as_str()), (200, posted.body.as_str()));
    assert!(asked.body.starts_with("{\n  \"schema\": \"farebox.estimate/1\""));
    let config = site.post("/api/v1/estimate", &format!("{{\"gpu\":\"l4\",\"config\":{LLAMA}}}"));
    assert_eq!(config.json()["model"]["params_total"], 1_235_814_400_u64);
}

#[test]
fn a_file_beside_the_configuration_says_how_weights_are_stored() {
    let site = Site::start();
    let beside = r#"{"quantization":{"quant_algo":"FP8","kv_cache_quant_algo":"FP8"}}"#;
    let asked = |more: &str| {
        site.post("/api/v1/estimate", &format!("{{\"gpu\":\"l4\",\"config\":{LLAMA}{more}}}"))
    };
    let weights =
        |more: &str| asked(more).json()["memory"]["weights_bytes_total"].as_f64().unwrap();
    let with = format!(",\"hf_quant_config\":{beside}");
    assert!(weights(&with) < 0.7 * weights(""));
    assert_eq!(asked(&with).json()["deployment"]["pools"][0]["kv_dtype"], "fp8");
    let wrong = asked(",\"hf_quant_config\":{\"quantization\":{\"quant_algo\":\"FP3\"}}");
    assert_eq!((wrong.status, wrong.code().as_str()), (422, "model_config"), "{wrong:?}");
    let alone = site.get("/api/v1/estimate?model=Qwen/Qwen3-8B&gpu=l4&hf_quant_config=%7B%7D");
    assert_eq!((alone.status, alone.code().as_str()), (400, "model"), "{alone:?}");
}

/// A promise is kept at the load that is answered, and not at one more.
#[test]
fn the_load_of_a_promise_is_the_highest_that_keeps_it() {
    let site = Site::start();
    let base = "/api/v1/estimate?model=Qwen/Qwen3-8B&gpu=h100-sxm";
    let tpot = |query: &str| {
        site.get(&format!("{base}{query}")).json()["decode"]["tpot_ms"].as_f64().unwrap()
    };
    let promised = site.get(&format!("{base}&slo=tpot.mean=20ms")).json();
    let load = promised["workload"]["concurrency"].as_u64().unwrap();
    assert!(load > 1 && promised["decode"]["tpot_ms"].as_f64().unwrap() <= 20.0);
    assert!(tpot(&format!("&concurrency={}", load + 1)) > 20.0);
    let never = site.get(&format!("{base}&slo=tpot.mean=0.01ms"));
    assert_eq!((never.status, never.code().as_str()), (422, "slo"));
    let undecided = site.get(&format!("{base}&slo=tpot.p90=1000ms"));
    assert_eq!((undecided.status, undecided.code().as_str()), (422, "slo"));
}

#[test]
fn hosted_bills_are_sorted_and_can_be_searched() {
    let site = Site::start();
    let bills =
        site.get("/api/v1/hosted?isl=1000&osl=500&users=4&requests_per_user_hour=10").json();
    let each: Vec<f64> = bills
        .as_array()
        .unwrap()
        .iter()
        .map(|bill| bill["price"]["usd_per_request"].as_f64().unwrap())
        .collect();
    assert!(each.len() > 50 && each.is_sorted() && each[0] > 0.0);
    let wrong = site.get("/api/v1/hosted?tp=4");
    assert_eq!((wrong.status, wrong.code().as_str()), (400, "parameter"));
    let one = site.get("/api/v1/estimate?model=api:openai/gpt-4&isl=1000&osl=500").json();
    assert_eq!(one["price"]["usd_per_request"], 0.06);
}

#[test]
fn unchanged_bytes_are_not_sent_again() {
    let site = Site::start();
    for path in ["/assets/farebox.css", "/assets/calculator.js", "/api/v1/openapi.json"] {
        let first = site.get(path);
        let tag = first.head.lines().find_map(|line| line.strip_prefix("etag: ")).unwrap();
        let again = site.send("GET", path, &[("if-none-match", tag)], b"");
        assert_eq!((again.status, again.body.as_str()), (304, ""), "{path}");
    }
    let head = site.send("HEAD", "/assets/farebox.css", &[], b"");
    assert!(head.status == 200 && head.body.is_empty());
    assert!(site.get("/api/v1/gpus").head.contains("cache-control: no-store"));
}

/// Llama-3.2-1B's configuration, as far as it matters.
pub(crate) const LLAMA: &str = r#"{"model_type":"llama","architectures":["LlamaForCausalLM"],
"hidden_size":2048,"intermediate_size":8192,"num_hidden_layers":16,"num_attention_heads":32,
"num_key_value_heads":8,"head_dim":64,"vocab_size":128256,"max_position_embeddings":131072,
"tie_word_embeddings":true,"torch_dtype":"bfloat16"}"#;

/// What in `value` is not as `schema` says, if anything.
pub(crate) fn mismatch(value: &Value, schema: &Value, root: &Value, at: &str) -> Option<String> {
    if let Some(name) = schema["$ref"].as_str() {
        let name = name.rsplit('/').next().unwrap();
        return mismatch(value, &root["components"]["schemas"][name], root, at);
    }
    if let Some(choices) = schema["anyOf"].as_array() {
        let wrong: Vec<String> =
            choices.iter().filter_map(|s| mismatch(value, s, root, at)).collect();
        return (wrong.len() == choices.len()).then(|| wrong.join(" or "));
    }
    let kinds: Vec<&str> = match &schema["type"] {
        Value::String(one) => vec![one],
        Value::Array(many) => many.iter().filter_map(Value::as_str).collect(),
        _ => return Some(format!("{at}: no type is described")),
    };
    if !kinds.iter().any(|kind| is_of(value, kind)) {
        return Some(format!("{at}: {value} is no {kinds:?}"));
    }
    match value {
        Value::Object(fields) => {
            let known = schema["properties"].as_object();
            fields.iter().find_map(|(name, value)| match known {
                None => None,
                Some(known) => match known.get(name) {
                    Some(schema) => mismatch(value, schema, root, &format!("{at}.{name}")),
                    None => Some(format!("{at}.{name}: not described")),
                },
            })
        }
        Value::Array(items) => {
            items.iter().find_map(|item| mismatch(item, &schema["items"], root, &format!("{at}[]")))
        }
        _ => None,
    }
}

fn is_of(value: &Value, kind: &str) -> bool {
    match kind {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "number" => value.is_number(),
        "integer" => value.is_u64(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        _ => false,
    }
}

fn leaves(value: &Value, at: &str, seen: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            fields.iter().for_each(|(name, value)| leaves(value, &format!("{at}.{name}"), seen));
        }
        Value::Array(items) => items.iter().for_each(|item| leaves(item, &format!("{at}[]"), seen)),
        _ => seen.push(at.to_owned()),
    }
}

fn described_leaves(schema: &Value, at: &str, known: &mut Vec<String>) {
    let empty = Map::new();
    let below = schema["properties"].as_object().unwrap_or(&empty);
    if !schema["items"].is_null() {
        described_leaves(&schema["items"], &format!("{at}[]"), known);
    } else if below.is_empty() {
        known.push(at.to_owned());
    }
    for (name, schema) in below {
        described_leaves(schema, &format!("{at}.{name}"), known);
    }
}
