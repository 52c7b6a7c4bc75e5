//! A whole measurement: what is printed, what is written, and that both agree.

use crate::farebox::{Farebox, Ran};
use farebox_experiment::StoredRun;
use farebox_testkit::{Answer, Script, ScriptedServer, UsagePlace, ms};
use serde_json::Value;

const SLO: &str = "easy:ttft.p90=5s,tpot.p90=1s";
const PROMISED: [&str; 4] = ["--slo", SLO, "--price-per-hour", "2.50"];

/// About ten milliseconds a request.
fn server() -> ScriptedServer {
    ScriptedServer::start(Script::always(Answer::stream().tokens_as_requested(ms(3), ms(1))))
        .unwrap()
}

/// Asserts that `object` has every one of `fields`, null or not.
fn has(object: &Value, fields: &str) {
    let map = object.as_object().unwrap_or_else(|| panic!("{object} is no object"));
    for field in fields.split_whitespace() {
        assert!(map.contains_key(field), "no `{field}` in {object}");
    }
}

#[test]
fn the_curve_is_printed_and_written_with_every_field_of_the_contract() {
    let (server, farebox) = (server(), Farebox::new());
    let more = [&PROMISED[..], &["--format", "json", "--concurrency", "1,2"]].concat();
    let curve = farebox.bench(&server.url(), &more).exits(0).json();
    assert_eq!(curve, farebox.json("run/curve.json"), "stdout is the curve");
    assert_eq!(curve["schema"], "farebox.curve/1");
    has(&curve, "deployment workload source points");
    let points = curve["points"].as_array().unwrap();
    assert_eq!(points.len(), 2);
    // Where prefills overlap the split is unknown: null.
    has(&points[0]["phase"], "prefill_s decode_s basis");
    for (point, load) in points.iter().zip([1.0, 2.0]) {
        has(
            point,
            "offered window_start_ns window_end_ns requests input_tok_per_s \
             cached_input_tok_per_s output_tok_per_s total_tok_per_s requests_per_s ttft_ms \
             ttft_sched_ms ttfo_ms tpot_ms icl_ms itl_ms e2e_ms e2e_sched_ms goodput phase \
             kv_used_fraction power_w intervals",
        );
        assert_eq!(
            (&point["offered"]["kind"], &point["offered"]["value"]),
            (&"concurrency".into(), &load.into())
        );
        has(&point["offered"], "steady");
        has(&point["ttft_ms"], "mean p50 p90 p95 p99 n quantiles");
        assert_eq!(point["ttft_ms"]["quantiles"].as_array().unwrap().len(), 102);
        assert_eq!(
            (&point["requests"]["ok"], &point["requests"]["failed"]),
            (&12.into(), &serde_json::json!({}))
        );
        has(&point["goodput"]["easy"], "requests_per_s fraction");
        assert_eq!((&point["ttft_sched_ms"], &point["power_w"]), (&Value::Null, &Value::Null));
    }
}

#[test]
fn a_run_read_back_is_the_curve_that_was_written() {
    let (server, farebox) = (server(), Farebox::new());
    let more = [&PROMISED[..], &["--concurrency", "1,3", "--repeat", "2"]].concat();
    farebox.bench(&server.url(), &more).exits(0);
    let read = StoredRun::open(&farebox.path("run")).unwrap().curve;
    let read: Value = serde_json::from_str(&serde_json::to_string(&read).unwrap()).unwrap();
    assert_eq!(read, farebox.json("run/curve.json"));
    assert_eq!(read["points"][1]["repeats"], 2);
}

#[test]
fn the_run_directory_tells_everything_needed_to_run_it_again() {
    let (server, farebox) = (server(), Farebox::new());
    let ran = farebox.bench(&server.url(), &PROMISED).exits(0);
    assert!(ran.stderr.contains("next: farebox price run"), "{}", ran.stderr);
    let run = farebox.json("run/run.json");
    has(
        &run,
        "epoch_unix_ns command farebox_version seed deployment workload server price state slos",
    );
    assert_eq!((&run["schema"], &run["state"]), (&"farebox.run/1".into(), &"complete".into()));
    assert_eq!((&run["seed"], &run["server"]["base_url"]), (&7.into(), &server.url().into()));
    has(&run["price"], "usd_per_hour_total source");
    assert_eq!(run["workload"]["isl"], 32);
    assert_eq!(
        (&run["workload"]["isl_observed"], &run["workload"]["osl_observed"]),
        (&10.0.into(), &8.0.into())
    );
    assert_eq!(farebox.json("run/verdict.json")["schema"], "farebox.verdict/1");

    let records = farebox.records("run");
    for record in &records {
        has(
            record,
            "request_id point phase sched_ns send_ns first_token_ns last_token_ns end_ns events \
             isl_requested osl_requested input_tokens output_tokens reasoning_tokens \
             cached_tokens token_source finish_reason early_stop http_status connection_reused \
             status reason",
        );
        let event = record["events"][0].as_array().unwrap();
        assert!(event.len() == 4 && event[1] == "role", "{event:?}");
    }
    let sent: Vec<_> = server.truth().into_iter().map(|e| e.request_id.unwrap()).collect();
    let mut written: Vec<_> =
        records.iter().map(|record| record["request_id"].as_str().unwrap().to_owned()).collect();
    written.sort();
    let mut expected = sent;
    expected.sort();
    assert_eq!(written, expected, "a line for every request, warm-up and probes too");
}

#[test]
fn a_run_is_priced_from_its_records_alone() {
    let (server, farebox) = (server(), Farebox::new());
    let more = [&PROMISED[..], &["--concurrency", "1,2"]].concat();
    farebox.bench(&server.url(), &more).exits(0);
    let curve = farebox_experiment::load(&farebox.path("run")).unwrap().curves.remove(0);
    let recomputed = serde_json::to_string_pretty(&curve).unwrap() + "\n";
    assert!(recomputed == farebox.text("run/curve.json"), "to the last bit: {recomputed}");

    let from_run = farebox.run(&["price", "run", "--format", "json"]).exits(0).json();
    let priced = [&["price", "run/curve.json", "--format", "json"], &PROMISED[..]].concat();
    let from_curve = farebox.run(&priced).exits(0).json();
    for field in ["usd_per_mtok_input", "usd_per_mtok_output", "usd_per_mtok_blended"] {
        let [run, curve] = [&from_run, &from_curve].map(|s| s["tiers"][0][field].as_f64().unwrap());
        // A number read from a file may differ in its last bit.
        assert!((run / curve - 1.0).abs() < 1e-12, "{field}: {run} and {curve}");
    }
    std::fs::remove_file(farebox.path("run/curve.json")).unwrap();
    std::fs::remove_file(farebox.path("run/verdict.json")).unwrap();
    let again = farebox.run(&["price", "run", "--format", "json"]).exits(0).json();
    assert_eq!(again["tiers"], from_run["tiers"], "the verdict adds its doubts and no more");

    let tier = &from_run["tiers"][0];
    has(
        tier,
        "curve deployment name slo clock load input_tok_per_s output_tok_per_s replicas \
         usd_per_hour_total usd_per_mtok_input usd_per_mtok_cached_input usd_per_mtok_output \
         usd_per_mtok_blended recovery interval",
    );
    let number = |field: &str| tier[field].as_f64().unwrap();
    let revenue = number("input_tok_per_s") * number("usd_per_mtok_input")
        + number("output_tok_per_s") * number("usd_per_mtok_output");
    assert!((revenue / 1e6 * 3600.0 / 2.50 - 1.0).abs() < 1e-9, "revenue pays for the machine");
    assert!((number("recovery") - 1.0).abs() < 1e-9);
}

#[test]
fn figures_agree_with_the_servers_books() {
    let faulty = Answer::stream().tokens_as_requested(ms(3), ms(1));
    let script = Script::always(faulty.clone())
        .on_ordinals(6..7, Answer::status(500))
        .on_ordinals(9..10, faulty.clone().truncate_after(3))
        .on_ordinals(12..14, Answer::rate_limited(1));
    let (server, farebox) = (ScriptedServer::start(script).unwrap(), Farebox::new());
    // Two probes, and two prompts to wake it up.
    let more = ["--warmup", "2", "--num-requests", "60", "--format", "json"];
    let curve = farebox.bench(&server.url(), &more).exits(0).json();
    let requests = &curve["points"][0]["requests"];
    assert_eq!(requests["ok"], 56);
    let failed = serde_json::json!({"http_5xx": 1, "truncated": 1, "rate_limited": 2});
    assert_eq!(requests["failed"], failed);
    let truth = server.truth();
    assert_eq!(truth.len(), 2 + 2 + 60);
    let whole = truth[4..].iter().filter(|exchange| exchange.tokens() == 8).count();
    assert_eq!(whole, 56);
    assert_eq!(farebox.json("run/verdict.json")["verdict"], "WARN");
}

#[test]
fn batches_are_timed_whole() {
    let (server, farebox) = (server(), Farebox::new());
    let more = ["--batch", "2,4", "--num-batches", "3", "--format", "json"];
    let curve = farebox.bench(&server.url(), &more).exits(0).json();
    for (point, size) in curve["points"].as_array().unwrap().iter().zip([2, 4]) {
        assert_eq!(point["offered"]["kind"], "batch");
        assert_eq!(point["requests"]["ok"], 3 * size);
        has(&point["batch_ms"], "p50 p95 n");
        assert_eq!(point["batch_ms"]["n"], 3);
    }
    let batches = farebox.measured("run");
    assert!(batches.iter().all(|record| record["batch"].as_u64().unwrap() < 3));
}

#[test]
fn formats_and_summaries() {
    let (server, farebox) = (server(), Farebox::new());
    let csv = farebox.bench(&server.url(), &["--format", "csv", "--events", "summary"]).exits(0);
    let header = csv.stdout.lines().next().unwrap();
    assert!(header.contains("output_tok_per_s") && header.contains("ttft"), "{header}");
    assert_eq!(csv.stdout.lines().count(), 2, "{}", csv.stdout);
    for record in farebox.records("run") {
        assert!(record.get("events").is_none() && record["first_token_ns"].is_u64());
    }
    let markdown = Farebox::new().bench(&server.url(), &["--format", "markdown"]).exits(0);
    assert!(markdown.stdout.contains("| --") || markdown.stdout.contains("|--"), "{markdown:?}");
}

#[test]
fn refused_fields_are_negotiated_and_recorded() {
    let script = Script::always(Answer::stream().usage(UsagePlace::OwnChunk))
        .refuse_field("ignore_eos")
        .refuse_field("min_tokens");
    let (server, farebox) = (ScriptedServer::start(script).unwrap(), Farebox::new());
    let ran = farebox.bench(&server.url(), &[]).exits(0);
    assert!(ran.stderr.contains("the server refuses `ignore_eos`: sending `min_tokens` instead"));
    assert!(ran.stderr.contains("the server refuses `min_tokens`: left out"), "{}", ran.stderr);
    let negotiation = farebox.json("run/run.json")["negotiation"].clone();
    assert_eq!(negotiation.as_array().unwrap().len(), 2);
    assert_eq!(
        farebox.json("run/curve.json")["points"][0]["requests"]["failed"],
        serde_json::json!({})
    );
}

#[test]
fn an_engine_of_our_own_is_a_server_like_any_other() {
    use std::io::{BufRead, BufReader};
    let farebox = Farebox::new();
    let mut engine =
        farebox.command(&["engine", "--port", "0", "--time-scale", "20"]).spawn().unwrap();
    let mut url = String::new();
    BufReader::new(engine.stdout.take().unwrap()).read_line(&mut url).unwrap();
    let ran = farebox.bench(url.trim(), &["--isl", "64", "--format", "json"]);
    engine.kill().unwrap();
    engine.wait().unwrap();
    let curve = ran.exits(0).json();
    assert_eq!(curve["deployment"]["model"], "meta-llama/Llama-3.1-8B-Instruct");
    assert_eq!(curve["workload"]["isl_observed"], 64.0, "prompts are exactly as long as asked");
    assert_eq!(curve["points"][0]["requests"]["ok"], 12);
}

#[test]
fn users_get_a_bill_for_what_was_measured() {
    let (server, farebox) = (server(), Farebox::new());
    let users = ["--users", "30", "--requests-per-user-hour", "120"];
    let url = server.url();
    let refused = farebox.bench(&url, &users).exits(2);
    assert!(refused.error().starts_with("--users: what does the machine cost"), "{refused:?}");
    farebox.bench(&url, &["--requests-per-user-hour", "120"]).exits(2);

    let money = ["--price-per-hour", "6", "--slo", "any:e2e.p50=9s", "--slo", "no:e2e.p50=1us"];
    let ran = farebox.bench(&url, &[&users[..], &money].concat()).exits(0);
    let document = farebox.json("run/users.json");
    assert_eq!(document["schema"], "farebox.users/1");
    let [any, no] = [&document["tiers"][0], &document["tiers"][1]];
    // A request a second; one machine carries many more.
    let traffic = &any["traffic"];
    assert_eq!((&traffic["requests_per_s"], &traffic["machines"]), (&1.0.into(), &1.into()));
    let carried = farebox.json("run/curve.json")["points"][0]["requests_per_s"].as_f64().unwrap();
    let used = traffic["utilisation"].as_f64().unwrap();
    assert!((used * carried - 1.0).abs() < 1e-9, "{used} of {carried}");
    assert_eq!(
        (&traffic["usd_per_hour"], &traffic["usd_per_user_hour"]),
        (&6.0.into(), &0.2.into())
    );
    assert_eq!((&no["traffic"], &no["load"]), (&Value::Null, &Value::Null));
    let said = "users at any (concurrency 2): 30 with 120 requests an hour take 1 x this machine, ";
    assert!(ran.stderr.contains(said), "{}", ran.stderr);
    assert!(ran.stderr.contains("$6.00 per hour, $0.20 per hour and user"), "{}", ran.stderr);
}

#[test]
fn unnamed_runs_that_begin_at_once_have_names_of_their_own() {
    let (server, farebox) = (server(), Farebox::new());
    let url = server.url();
    let short = ["bench", "--base-url", &url, "--concurrency", "1", "--num-requests", "5"];
    let lengths = ["--isl", "8", "--osl", "4", "--skip-self-test"];
    let start = || farebox.command(&[&short[..], &lengths].concat()).spawn().unwrap();
    let begun = [start(), start(), start()];
    for child in begun {
        Ran::from(child.wait_with_output().unwrap()).exits(0);
    }
    let runs = std::fs::read_dir(farebox.path("runs")).unwrap();
    assert_eq!(
        runs.filter(|run| run.as_ref().unwrap().path().join("curve.json").exists()).count(),
        3
    );
}

#[test]
fn a_place_where_no_run_can_be_is_named_before_anybody_is_asked() {
    let (server, farebox) = (server(), Farebox::new());
    std::fs::write(farebox.path("e.json"), "{}").unwrap();
    for (out, said) in [
        ("/proc/x", "--out: /proc/x: "),
        ("e.json/x", "--out: e.json/x: "),
        ("e.json/x/y", "--out: e.json/x: "),
        ("e.json", "--out: e.json exists already"),
    ] {
        let ran = farebox.run(&["bench", "--base-url", &server.url(), "--out", out]).exits(2);
        assert!(ran.error().starts_with(said), "{out}: {}", ran.error());
    }
    // A place that would do is left as it was when nobody answers.
    let ran = farebox.run(&[
        "bench",
        "--base-url",
        "http://127.0.0.1:9",
        "--ready-timeout",
        "50ms",
        "--out",
        "deep/er/run",
    ]);
    ran.exits(1);
    assert!(!farebox.path("deep").exists());
    assert_eq!(server.truth().len(), 0);
}
