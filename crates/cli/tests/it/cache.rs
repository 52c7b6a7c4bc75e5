//! The state of the prefix cache as part of the experiment.

use crate::farebox::{Farebox, Ran};
use farebox_testkit::{Answer, Script, ScriptedServer};
use serde_json::Value;

const VLLM: &str = "/reset_prefix_cache";
const SGLANG: &str = "/flush_cache";

/// A server that says that `cached` of 100 input tokens came from its cache, and empties it at
/// `reset`.
fn server(cached: Option<u64>, reset: Option<&'static str>) -> ScriptedServer {
    let mut answer = Answer::stream().input_tokens(100);
    if let Some(cached) = cached {
        answer = answer.cached_tokens(cached);
    }
    let mut script = Script::always(answer);
    for endpoint in [VLLM, SGLANG] {
        let status = if reset == Some(endpoint) { 200 } else { 404 };
        script = script.on_path(endpoint, Answer::status(status));
    }
    ScriptedServer::start(script).unwrap()
}

fn bench(server: &ScriptedServer, state: &str) -> (Ran, Value, Vec<String>) {
    let farebox = Farebox::new();
    let more = ["--isl", "100", "--concurrency", "1,2", "--cache", state];
    let ran = farebox.bench(&server.url(), &more);
    let reasons = farebox.json("run/verdict.json")["reasons"].as_array().unwrap().clone();
    let codes = reasons.iter().map(|r| r["code"].as_str().unwrap().to_owned());
    (ran, farebox.json("run/run.json")["cache"].clone(), codes.collect())
}

fn has_cache_code(codes: &[String]) -> bool {
    codes.iter().any(|code| code.starts_with("cache_"))
}

#[test]
fn a_cache_that_can_be_emptied_is_emptied_before_each_load() {
    for endpoint in [VLLM, SGLANG] {
        let server = server(Some(0), Some(endpoint));
        let (ran, cache, codes) = bench(&server, "cold");
        ran.exits(0);
        assert_eq!(
            (&cache["declared"], &cache["reset_endpoint"]),
            (&"cold".into(), &endpoint.into())
        );
        assert_eq!((&cache["salt"], &cache["primed"]), (&Value::Null, &0.into()));
        assert!(!has_cache_code(&codes), "{codes:?}");
        let resets = server.truth().iter().filter(|exchange| exchange.path == endpoint).count();
        assert_eq!(resets, 3, "once to see whether it can be, once before each of two loads");
    }
}

/// The words of the prompts that were sent under ids that hold `mark`.
fn prompts(server: &ScriptedServer, mark: &str) -> Vec<Vec<String>> {
    let of = |exchange: &farebox_testkit::Exchange| {
        let id = exchange.request_id.as_deref().unwrap_or_default();
        let body: Value = serde_json::from_slice(&exchange.body).unwrap_or_default();
        let text = body["messages"][0]["content"].as_str()?;
        id.contains(mark).then(|| text.split(' ').map(str::to_owned).collect())
    };
    server.truth().iter().filter_map(of).collect()
}

#[test]
fn a_declared_share_is_primed_salted_and_checked() {
    let server = server(Some(60), None);
    let (ran, cache, codes) = bench(&server, "hit=0.6");
    ran.exits(0);
    assert!(cache["salt"].is_u64() && cache["reset_endpoint"].is_null(), "{cache}");
    assert_eq!(cache["primed"], 4);
    assert!(!has_cache_code(&codes), "{codes:?}");
    let (primers, sent) = (prompts(&server, "-warmup-p1-"), prompts(&server, "-p1-"));
    let measured: Vec<_> = sent.iter().filter(|prompt| !primers.contains(prompt)).collect();
    assert_eq!((primers.len(), measured.len()), (4, 12));
    let alike = |a: &[String], b: &[String]| a.iter().zip(b).take_while(|(a, b)| a == b).count();
    for prompt in &measured {
        // A word of the own part may agree by chance.
        assert!((60..63).contains(&alike(prompt, &primers[0])), "{prompt:?}");
        assert!(
            alike(prompt, &prompts(&server, "-warmup-p0-")[0]) < 3,
            "another load, another text"
        );
    }
}

#[test]
fn a_cache_that_holds_something_else_is_named() {
    let (ran, _, codes) = bench(&server(Some(20), None), "cold");
    ran.exits(0);
    assert!(codes.contains(&"cache_mismatch".to_owned()), "{codes:?}");
    let (ran, _, codes) = bench(&server(Some(60), None), "cold");
    ran.exits(3);
    assert!(codes.contains(&"cache_mismatch".to_owned()), "{codes:?}");
    let (ran, _, codes) = bench(&server(None, None), "warm");
    ran.exits(0);
    assert!(codes.contains(&"cache_unverified".to_owned()), "{codes:?}");
}

#[test]
fn an_unknown_state_is_refused() {
    let ran = Farebox::new().bench("http://127.0.0.1:9", &["--cache", "hit=1.5"]).exits(2);
    assert!(ran.error().contains("hit=0.6"), "{}", ran.error());
}
