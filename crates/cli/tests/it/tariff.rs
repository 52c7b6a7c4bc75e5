//! What a run's tokens cost at an API's published price.

use crate::farebox::Farebox;
use crate::seed::FILE;
use farebox_testkit::{Answer, Script, ScriptedServer, ms};

/// gpt-4o-mini: $0.15 and $0.60 per million tokens, as `catalog/apis/openai/gpt-4o-mini.toml` says.
const API: &str = "api:openai/gpt-4o-mini";

#[test]
fn the_tokens_of_a_run_are_billed_at_the_published_price() {
    let answer = Answer::stream().tokens_as_requested(ms(2), ms(1)).input_tokens(1000);
    let server = ScriptedServer::start(Script::always(answer)).unwrap();
    let farebox = Farebox::new();
    farebox.bench(&server.url(), &["--price-per-hour", "1.5"]).exits(0);
    let sheet = farebox.run(&["price", "run", "--tariff", API, "--format", "json"]).exits(0).json();
    assert_eq!(sheet["schema"], "farebox.tariff/1");
    assert_eq!(sheet["tariff"]["id"], API);
    let load = &sheet["loads"][0];
    let of = |name: &str| load[name].as_f64().unwrap_or_else(|| panic!("{name}: {load}"));
    // From the server's counts: 1000 tokens in, 8 out, whatever the speed.
    let expected = (1000.0 * 0.15 + 8.0 * 0.60) / 1e6;
    let per_token = of("usd_per_mtok_blended") / 1e6 * 1008.0;
    assert!((per_token / expected - 1.0).abs() < 0.05, "{per_token} {expected}");
    let per_hour = (of("input_tok_per_s") * 0.15 + of("output_tok_per_s") * 0.60) / 1e6 * 3600.0;
    assert!((of("usd_per_hour") / per_hour - 1.0).abs() < 1e-9, "{load}");
    assert!((of("machine_usd_per_hour") - 1.5).abs() < 1e-9, "stored with the run");

    let human = farebox.run(&["price", "run", "--tariff", API]).exits(0).stdout;
    assert!(human.contains("At api:openai/gpt-4o-mini: $0.15 input") && human.contains("as of"));
    let csv = farebox.run(&["price", "run", "--tariff", API, "--format", "csv"]).exits(0).stdout;
    assert!(csv.starts_with("curve,load,"), "{csv}");
}

#[test]
fn a_tariff_needs_no_machine_and_a_known_name() {
    let farebox = Farebox::new();
    let sheet = farebox.run(&["price", FILE, "--tariff", API, "--format", "json"]).exits(0).json();
    assert!(sheet["loads"].as_array().unwrap().len() > 10);
    assert!(sheet["loads"][0]["machine_usd_per_hour"].is_null());
    let ran = farebox.run(&["price", FILE, "--tariff", "api:openai/gpt-0"]).exits(2);
    assert!(ran.error().starts_with("--tariff: "), "{ran:?}");
}

/// A price that nobody published is not guessed.
#[test]
fn cached_tokens_without_a_price_are_no_bill() {
    let answer = Answer::stream().tokens_as_requested(ms(2), ms(1));
    let answer = answer.input_tokens(1000).cached_tokens(500);
    let server = ScriptedServer::start(Script::always(answer)).unwrap();
    let farebox = Farebox::new();
    farebox.bench(&server.url(), &[]).exits(0);
    let ran = farebox.run(&["price", "run", "--tariff", "api:openai/gpt-4"]).exits(2);
    assert!(ran.error().contains("the cached input price of openai/gpt-4 is unknown"), "{ran:?}");
}

/// A server of 1000 tokens in and as many out as asked.
fn api() -> ScriptedServer {
    let answer = Answer::stream().tokens_as_requested(ms(2), ms(1)).input_tokens(1000);
    ScriptedServer::start(Script::always(answer)).unwrap()
}

#[test]
fn a_hosted_api_is_told_once() {
    let (server, farebox) = (api(), Farebox::new());
    farebox.bench(&server.url(), &["--tariff", API]).exits(0);
    let manifest = farebox.json("run/run.json");
    let deployment = &manifest["deployment"];
    assert_eq!(deployment["kind"], "hosted");
    assert_eq!(deployment["pools"], serde_json::json!([]));
    let tariff = &deployment["tariff"];
    assert_eq!(tariff["id"], API);
    let price = |name: &str| tariff[name].as_f64().unwrap();
    assert!((price("usd_per_mtok_input") - 0.15).abs() < 1e-12, "{tariff}");
    assert!((price("usd_per_mtok_output") - 0.60).abs() < 1e-12, "{tariff}");
    assert!(tariff["source"].as_str().unwrap().contains("gpt-4o-mini"), "{tariff}");
    assert!(manifest["price"].is_null(), "an API has no machine");
    assert_eq!(farebox.json("run/curve.json")["deployment"], *deployment);

    let sheet = farebox.run(&["price", "run", "--format", "json"]).exits(0).json();
    assert_eq!(sheet["tariff"], *tariff);
    let named = farebox.run(&["price", "run", "--tariff", API, "--format", "json"]).exits(0);
    assert_eq!(named.json(), sheet);
    let ran = farebox.run(&["price", "run", "--require", "fast"]).exits(2);
    assert!(ran.error().starts_with("--require: api:openai/gpt-4o-mini is billed by the token"));

    let report = farebox.run(&["report", "run"]).exits(0).stdout;
    assert!(report.contains("$0.6000 per million output tokens"), "{report}");
    assert!(report.contains("charged by api:openai/gpt-4o-mini as of 2026-11-23"), "{report}");
    assert!(!report.contains("is unknown"), "{report}");
    farebox.run(&["report", "run", "-o", "r.html"]).exits(0);
    let html = farebox.text("r.html");
    assert!(html.contains("a hosted API") && html.contains("$0.15 input"), "what it charges");
}

/// What was measured is billed as it was then, whatever the catalogue says now.
#[test]
fn the_tariff_of_a_run_is_that_of_its_day() {
    let (server, farebox) = (api(), Farebox::new());
    farebox.bench(&server.url(), &["--tariff", API]).exits(0);
    for file in ["run/run.json", "run/curve.json"] {
        let text = farebox.text(file).replace("0.15", "0.30");
        std::fs::write(farebox.path(file), text).unwrap();
    }
    let sheet = farebox.run(&["price", "run", "--format", "json"]).exits(0).json();
    assert!((sheet["tariff"]["usd_per_mtok_input"].as_f64().unwrap() - 0.30).abs() < 1e-12);
    let load = &sheet["loads"][0];
    let of = |name: &str| load[name].as_f64().unwrap();
    let per_hour = (of("input_tok_per_s") * 0.30 + of("output_tok_per_s") * 0.60) / 1e6 * 3600.0;
    assert!((of("usd_per_hour") / per_hour - 1.0).abs() < 1e-9, "{load}");
}

#[test]
fn a_tariff_that_cannot_be_is_refused_before_anything_is_asked() {
    let (server, farebox) = (api(), Farebox::new());
    let url = server.url();
    let ran = farebox.run(&["bench", "--base-url", &url, "--tariff", "api:openai/gpt-0"]).exits(2);
    assert!(ran.error().starts_with("--tariff: "), "{ran:?}");
    let both = ["bench", "--base-url", &url, "--tariff", API, "--price-per-hour", "2"];
    farebox.run(&both).exits(2);
    let ran = farebox.run(&["run", "--engine", "vllm", "--model", "a/b", "--tariff", API]).exits(2);
    assert_eq!(ran.error(), "--tariff: what is started here charges nothing");
    assert!(server.truth().is_empty());
}

/// An API beside a machine: both have a price, and only the machine has accelerators.
#[test]
fn an_api_is_a_cell_of_a_matrix() {
    let (server, farebox) = (api(), Farebox::new());
    let url = server.url();
    let text = format!(
        r#"[engines.own]
kind = "vllm"
url = "{url}"
[engines.api]
kind = "openai"
url = "{url}"
tariff = "{API}"
[traffic.short]
isl = 16
osl = 8
[loads.few]
concurrency = 2
num-requests = 20
warmup = 0
[price]
per-gpu-hour = 2.0
[bench]
skip-self-test = true
"#
    );
    std::fs::write(farebox.path("m.toml"), &text).unwrap();
    let dry = farebox.run(&["run", "m.toml", "--dry-run", "--only", "api-*"]).exits(0).stdout;
    assert!(dry.contains(" --tariff api:openai/gpt-4o-mini ") && !dry.contains("gpus"), "{dry}");
    let sheet = farebox.run(&["run", "m.toml", "--format", "json"]).exits(0).json();
    let api = &sheet["cells"][1];
    assert_eq!(api["engine"], "api");
    let tier = &api["tiers"][0];
    assert!((tier["usd_per_mtok_output"].as_f64().unwrap() - 0.60).abs() < 1e-12, "{tier}");
    assert!(tier["usd_per_hour_total"].as_f64().unwrap() > 0.0, "{tier}");
    assert!(tier["output_tok_per_s_per_gpu"].is_null() && tier["recovery"].is_null(), "{tier}");
    let manifest = farebox.json("runs/m/cells/api-base-tp1-short-few/run.json");
    assert_eq!(manifest["deployment"]["kind"], "hosted");
    assert!(manifest["price"].is_null(), "the machine's price is not the API's");
    let best = &sheet["best"][0];
    assert_eq!(best["by_price"]["cell"].as_str().map(str::is_empty), Some(false), "{best}");
    assert_eq!(best["by_throughput_per_gpu"]["cell"], "own-base-tp1-short-few");
    assert_eq!(
        farebox.json("runs/m/cells/own-base-tp1-short-few/run.json")["price"]["gpus_used"],
        1
    );

    let up = format!("url = \"{url}\"\ntariff");
    for (was, is, said) in [
        (API, "api:openai/gpt-0", "m.toml:7: engines.api.tariff: "),
        ("[traffic", "price-per-hour = 3\n[traffic", "m.toml:7: engines.api.tariff: an API has no"),
        (
            up.as_str(),
            "tariff",
            "m.toml:6: engines.api.tariff: means nothing for start = \"local\"",
        ),
    ] {
        std::fs::write(farebox.path("w.toml"), text.replacen(was, is, 1)).unwrap();
        let ran = farebox.run(&["run", "w.toml"]).exits(2);
        assert!(ran.error().replace("w.toml", "m.toml").starts_with(said), "{}", ran.error());
    }
}
