//! What the server says of itself, beside what was measured from outside.

use crate::farebox::{Farebox, Ran};
use farebox_testkit::{Answer, Metrics, Script, ScriptedServer, ms};
use serde_json::Value;
use std::fs;
use std::os::unix::fs::PermissionsExt;

/// Answers of 32 input tokens, with these metrics beside them.
fn script(metrics: Metrics) -> Script {
    let answer = Answer::stream().tokens_as_requested(ms(10), ms(3)).input_tokens(32);
    Script::always(answer).metrics(metrics)
}

fn truth() -> Metrics {
    Metrics::of_inputs(32).kv_used(0.5)
}

fn measured(metrics: Metrics, more: &[&str]) -> (Farebox, Ran) {
    let server = ScriptedServer::start(script(metrics)).unwrap();
    let farebox = Farebox::new();
    let ran = farebox.bench(&server.url(), &[&["--skip-self-test"], more].concat());
    (farebox, ran)
}

fn reasons(farebox: &Farebox) -> Vec<Value> {
    farebox.json("run/verdict.json")["reasons"].as_array().unwrap().clone()
}

/// The evidence for `code`, if it was found.
fn evidence(farebox: &Farebox, code: &str) -> Option<String> {
    let found = reasons(farebox).into_iter().find(|reason| reason["code"] == code)?;
    Some(found["evidence"].as_str().unwrap().to_owned())
}

const OF_THE_SERVER: [&str; 5] = [
    "foreign_traffic",
    "server_count_mismatch",
    "server_ttft_above",
    "preemptions",
    "server_restarted",
];

#[test]
fn a_server_that_tells_the_truth_agrees_with_us() {
    let (farebox, ran) = measured(truth(), &["--concurrency", "1,2", "--num-requests", "30"]);
    ran.exits(0);
    let found: Vec<String> =
        OF_THE_SERVER.iter().filter_map(|code| evidence(&farebox, code)).collect();
    assert!(found.is_empty(), "{found:?}");
    let curve = farebox.json("run/curve.json");
    for point in curve["points"].as_array().unwrap() {
        let (ours, server) = (&point["health"]["ours"], &point["health"]["server"]);
        assert_eq!(server["requests"].as_f64(), ours["requests"].as_f64(), "{point:#}");
        assert_eq!(server["output_tokens"].as_f64(), ours["output_tokens"].as_f64());
        assert_eq!(server["input_tokens"].as_f64(), ours["input_tokens"].as_f64());
        assert!(server["ttft_ms"].as_f64() <= ours["ttft_ms"].as_f64(), "{point:#}");
        assert_eq!(server["preemptions"], Value::Null, "what is not published is not zero");
        assert_eq!(point["kv_used_fraction"]["max"], 0.5, "{point:#}");
        assert_eq!(point["power_w"], Value::Null);
    }
    let report = farebox.json("run/run.json")["telemetry"].clone();
    assert!(report["engine"].as_str().unwrap().ends_with("/metrics"), "{report}");
    assert_eq!(report["edges"].as_array().unwrap().len(), 2);
}

#[test]
fn what_was_reported_is_read_back_drawn_and_exported() {
    let (farebox, ran) = measured(truth(), &["--concurrency", "1,2", "--num-requests", "40"]);
    ran.exits(0);
    let lines = farebox.text("run/telemetry.jsonl");
    assert!(lines.contains(r#""scope":"engine","metric":"kv_used_fraction""#), "{lines}");
    let before = farebox.json("run/curve.json");
    let kv = |csv: &str| {
        let rows: Vec<Vec<&str>> = csv.lines().map(|line| line.split(',').collect()).collect();
        let column = rows[0].iter().position(|name| *name == "kv_used_fraction_max").unwrap();
        rows[1..].iter().map(|row| row[column].to_owned()).collect::<Vec<String>>()
    };
    let csv = farebox.run(&["export", "run", "--to", "csv"]).exits(0).stdout;
    assert_eq!(kv(&csv), ["0.5", "0.5", "0.5"], "two loads and the run: {csv}");
    let mean = &before["points"][1]["kv_used_fraction"]["mean"];
    assert!(csv.contains(&mean.to_string()), "read back as it was written: {mean} in {csv}");
    farebox.run(&["plot", "run", "--kind", "kv"]).exits(0);
    let svg = farebox.text("run/kv.svg");
    for words in ["peak 50 %", ">c 1<", ">c 2<", "running", "Shaded"] {
        assert!(svg.contains(words), "{words}");
    }
}

#[test]
fn a_server_without_metrics_is_said_to_have_none() {
    let answer = Answer::stream().tokens_as_requested(ms(10), ms(3)).input_tokens(32);
    let server = ScriptedServer::start(Script::always(answer)).unwrap();
    let farebox = Farebox::new();
    farebox.bench(&server.url(), &["--skip-self-test"]).exits(0);
    let manifest = farebox.json("run/run.json");
    assert_eq!(manifest["telemetry"]["engine"], "none: /metrics answered 404");
    let point = farebox.json("run/curve.json")["points"][0].clone();
    assert_eq!((&point["kv_used_fraction"], &point["power_w"]), (&Value::Null, &Value::Null));
    assert_eq!(point["health"]["server"], Value::Null);
    let lines = farebox.text("run/telemetry.jsonl");
    assert!(lines.lines().all(|line| line.contains(r#""scope":"host""#)), "{lines}");
    let ran = farebox.run(&["plot", "run", "--kind", "kv"]).exits(1);
    assert_eq!(ran.error(), "run: nobody reported how full its KV cache was");
    assert!(ran.stderr.contains("--model MODEL"), "{}", ran.stderr);
}

#[test]
fn the_cache_of_an_engine_that_publishes_none_is_estimated() {
    let answer = Answer::stream().tokens_as_requested(ms(10), ms(3)).input_tokens(32);
    let server = ScriptedServer::start(Script::always(answer)).unwrap();
    let farebox = Farebox::new();
    farebox.bench(&server.url(), &["--skip-self-test", "--concurrency", "1"]).exits(0);
    let curve = farebox.json("run/curve.json");
    assert_eq!(curve["points"][0]["kv_used_bytes_estimated"], Value::Null, "of which model?");
    let said = farebox.json("run/run.json")["telemetry"]["kv_cache"].clone();
    assert!(said.as_str().unwrap().starts_with("none: "), "{said}");
    let model = ["--model", "meta-llama/Llama-2-7b-chat-hf"];
    farebox.run(&[&["plot", "run", "--kind", "kv"][..], &model].concat()).exits(0);
    let svg = farebox.text("run/kv.svg");
    assert!(svg.contains("KV cache in use (MiB, estimated"), "{svg}");
    // 0.5 MiB a token, and one request of 32 tokens and up to 7 of its 8 more.
    let peak = svg.split_once("peak ").unwrap().1.split(' ').next().unwrap();
    let peak: f64 = peak.parse().unwrap();
    assert!((19.0..=20.0).contains(&peak), "{peak}");
}

#[test]
fn the_estimate_is_kept_with_the_run_where_the_model_is_known() {
    let answer = Answer::stream().tokens_as_requested(ms(10), ms(3)).input_tokens(32);
    let server = ScriptedServer::start(Script::always(answer)).unwrap();
    let farebox = Farebox::new();
    let model = ["--model", "meta-llama/Llama-2-7b-chat-hf", "--concurrency", "1,2"];
    farebox.bench(&server.url(), &[&["--skip-self-test"], &model[..]].concat()).exits(0);
    let said = farebox.json("run/run.json")["telemetry"]["kv_cache"].clone();
    assert_eq!(said, "estimated from the tokens in flight, 524288 bytes each");
    let curve = farebox.json("run/curve.json");
    for (point, requests) in curve["points"].as_array().unwrap().iter().zip([1.0, 2.0]) {
        // 32 tokens each and up to 7 of its 8 more, at 0.5 MiB.
        let used = &point["kv_used_bytes_estimated"];
        let most = requests * 39.0 * 524_288.0;
        let max = used["max"].as_f64().unwrap();
        assert!(max <= most && max >= 0.8 * most, "{used} of {most}");
        assert!(used["mean"].as_f64().unwrap() > 0.3 * most, "{used} of {most}");
        assert_eq!(point["kv_used_fraction"], Value::Null, "of an unknown capacity");
    }
    // Read back, exported and drawn without asking again which model it was.
    let csv = farebox.run(&["export", "run", "--to", "csv"]).exits(0).stdout;
    let max = &curve["points"][1]["kv_used_bytes_estimated"]["max"];
    assert!(csv.contains(&max.as_f64().unwrap().to_string()), "{max} in {csv}");
    farebox.run(&["plot", "run", "--kind", "kv"]).exits(0);
    let svg = farebox.text("run/kv.svg");
    assert!(svg.contains("KV cache in use (MiB, estimated"), "{svg}");
    // Another model gives another estimate, not both.
    let small = ["--model", "meta-llama/Llama-3.1-8B-Instruct", "-o", "small.svg"];
    farebox.run(&[&["plot", "run", "--kind", "kv"][..], &small].concat()).exits(0);
    let peak = |svg: &str| -> f64 {
        svg.split_once("peak ").unwrap().1.split(' ').next().unwrap().parse().unwrap()
    };
    let ratio = peak(&svg) / peak(&farebox.text("small.svg"));
    assert!((3.5..=4.5).contains(&ratio), "four times as many heads: {ratio}");
}

#[test]
fn nobody_is_asked_who_should_not_be() {
    let (farebox, ran) = measured(truth(), &["--telemetry", "off"]);
    ran.exits(0);
    let engine = farebox.json("run/run.json")["telemetry"]["engine"].clone();
    assert_eq!(engine, "none: it was not asked (--telemetry off)");
    let ran = Farebox::new().bench("http://127.0.0.1:1", &["--telemetry", "metrics"]).exits(2);
    assert!(ran.error().starts_with("--telemetry: `metrics` is not a URL"), "{}", ran.error());
}

#[test]
fn the_engine_behind_a_gateway_is_asked_at_its_own_address_without_our_key() {
    let engine = ScriptedServer::start(script(truth())).unwrap();
    let answer = Answer::stream().tokens_as_requested(ms(10), ms(3)).input_tokens(32);
    let gateway = ScriptedServer::start(Script::always(answer)).unwrap();
    let farebox = Farebox::new().env("OPENAI_API_KEY", "sk-secret");
    let url = engine.url();
    farebox.bench(&gateway.url(), &["--skip-self-test", "--telemetry", &url]).exits(0);
    let report = farebox.json("run/run.json")["telemetry"].clone();
    assert_eq!(report["engine"], format!("{url}/metrics"));
    // The engine behind saw none of our requests: its account is not of ours.
    let said = evidence(&farebox, "server_count_mismatch").unwrap();
    assert!(said.contains("counts 0 finished requests, and 12 were answered"), "{said}");
}

#[test]
fn requests_of_others_are_noticed() {
    let (farebox, ran) = measured(truth().with_foreign_traffic(), &[]);
    ran.exits(3);
    let said = evidence(&farebox, "foreign_traffic").unwrap();
    assert!(said.contains("finished 12 requests more than the 12 that we sent"), "{said}");
    assert_eq!(evidence(&farebox, "server_count_mismatch"), None, "it is explained");
}

#[test]
fn token_counts_that_differ_are_named() {
    let (farebox, ran) = measured(truth().output_times(1.25), &[]);
    ran.exits(0);
    let said = evidence(&farebox, "server_count_mismatch").unwrap();
    assert!(said.contains("counts 120 output tokens, and its answers state 96"), "{said}");
}

#[test]
fn a_ttft_that_the_server_did_not_reach_is_named() {
    let (farebox, ran) = measured(truth().ttft_later_by(ms(400)), &[]);
    ran.exits(0);
    let said = evidence(&farebox, "server_ttft_above").unwrap();
    assert!(said.contains("from outside") && said.contains("by the server's own clock"), "{said}");
}

#[test]
fn preemptions_are_named() {
    let (farebox, ran) = measured(truth().preempting(2), &[]);
    ran.exits(0);
    let said = evidence(&farebox, "preemptions").unwrap();
    assert!(said.contains("24 times a request was put aside"), "{said}");
}

#[test]
fn a_server_that_began_anew_is_noticed_and_not_held_against_us() {
    // In the middle of them, with many counted before and few after, whenever somebody looks.
    let metrics = truth().output_times(1.25).restarting_after(50);
    let (farebox, ran) = measured(metrics, &["--num-requests", "100", "--osl", "32"]);
    ran.exits(0);
    let said = evidence(&farebox, "server_restarted").unwrap();
    assert!(said.contains("counters fell"), "{said}");
    assert_eq!(evidence(&farebox, "server_count_mismatch"), None);
}

#[test]
fn a_declared_cache_state_is_checked_by_the_servers_counters() {
    let (farebox, _) = measured(truth().cached(16), &["--cache", "cold"]);
    let said = evidence(&farebox, "cache_mismatch").unwrap();
    assert!(said.contains("50 % of input tokens came from the prefix cache"), "{said}");
    let (farebox, ran) = measured(truth().cached(0), &["--cache", "cold"]);
    ran.exits(0);
    for code in ["cache_mismatch", "cache_unverified"] {
        assert_eq!(evidence(&farebox, code), None);
    }
}

#[test]
fn prefill_time_by_the_servers_clock_is_the_basis_of_prices() {
    let metrics = truth().phases(ms(10), ms(21));
    let load = ["--concurrency", "1", "--num-requests", "20", "--price-per-hour", "1"];
    let (farebox, ran) = measured(metrics, &load);
    ran.exits(0);
    let point = farebox.json("run/curve.json")["points"][0].clone();
    let phase = &point["phase"];
    assert_eq!(phase["basis"], "server", "{point:#}");
    let share = point["requests_per_s"].as_f64().unwrap() * 0.010;
    let all = phase["prefill_s"].as_f64().unwrap() + phase["decode_s"].as_f64().unwrap();
    assert!((phase["prefill_s"].as_f64().unwrap() / all - share).abs() < 1e-9);
    let sheet = farebox.run(&["price", "run", "--format", "json"]).exits(0).json();
    assert_eq!(sheet["tiers"][0]["basis"], "server");
    assert!((sheet["tiers"][0]["recovery"].as_f64().unwrap() - 1.0).abs() < 1e-9);
}

#[test]
fn a_metrics_endpoint_that_hangs_holds_nothing_up() {
    let answer = Answer::stream().tokens_as_requested(ms(10), ms(3)).input_tokens(32);
    let script = Script::always(answer).on_path("/metrics", Answer::Silence);
    let server = ScriptedServer::start(script).unwrap();
    let farebox = Farebox::new();
    farebox.bench(&server.url(), &["--skip-self-test"]).exits(0);
    let engine = farebox.json("run/run.json")["telemetry"]["engine"].clone();
    assert!(engine.as_str().unwrap().starts_with("none: /metrics: "), "{engine}");
}

/// Metrics and a stand-in for `nvidia-smi` that does `script`.
fn with_gpu_tool(script: &str, more: &[&str]) -> (Farebox, Ran) {
    let server = ScriptedServer::start(self::script(truth())).unwrap();
    let farebox = Farebox::new();
    let tool = farebox.path("nvidia-smi");
    fs::write(&tool, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(&tool, fs::Permissions::from_mode(0o755)).unwrap();
    let folder = farebox.path("").display().to_string();
    let farebox = farebox.env("PATH", &format!("{folder}:/usr/bin:/bin"));
    let ran = farebox.bench(&server.url(), &[&["--skip-self-test"], more].concat());
    (farebox, ran)
}

#[test]
fn power_and_memory_of_the_accelerators_are_kept() {
    let two =
        "echo '0, 40536, 81920, 87, 300.0, 1410, 61'; echo '1, 20000, 81920, 10, 100.0, 1410, 40'";
    let (farebox, ran) = with_gpu_tool(two, &["--duration", "2500ms"]);
    ran.exits(0);
    let manifest = farebox.json("run/run.json");
    assert_eq!(manifest["telemetry"]["accelerators"], "nvidia-smi");
    let power = farebox.json("run/curve.json")["points"][0]["power_w"].as_f64().unwrap();
    assert!((power - 400.0).abs() < 1e-6, "both together: {power}");
    let csv = farebox.run(&["export", "run", "--to", "csv"]).exits(0).stdout;
    let both = (40_536_u64 + 20_000) * 1_048_576;
    assert!(csv.lines().last().unwrap().ends_with(&both.to_string()), "{csv}");
    farebox.run(&["plot", "run", "--kind", "gpu-memory"]).exits(0);
    let svg = farebox.text("run/gpu-memory.svg");
    for words in ["peak 59.1 GiB", "there are 160 GiB", "Power drawn (W)"] {
        assert!(svg.contains(words), "{words}");
    }
}

#[test]
fn a_gpu_tool_that_prints_garbage_is_said_to_say_nothing() {
    let (farebox, ran) = with_gpu_tool("echo 'NVIDIA-SMI has failed'", &[]);
    ran.exits(0);
    let said = farebox.json("run/run.json")["telemetry"]["accelerators"].clone();
    let said = said.as_str().unwrap();
    assert!(said.starts_with("none: nvidia-smi answered with something else"), "{said}");
    assert_eq!(farebox.json("run/curve.json")["points"][0]["power_w"], Value::Null);
}
