//! What a run is worth, as an exit code and in words.

use crate::farebox::{Farebox, Ran};
use farebox_testkit::{Answer, Flood, Script, ScriptedServer, UsagePlace, ms};
use serde_json::Value;

/// Of forty answers, the first `early` stop after five of eight tokens.
fn stopping_early(early: usize, more: &[&str]) -> (Farebox, Ran) {
    let short = Answer::stream().tokens(ms(0), ms(0), 5);
    let (from, warmup) = (2, ["--warmup", "0", "--num-requests", "40"]);
    let script = Script::always(Answer::stream()).on_ordinals(from..from + early, short);
    let (server, farebox) = (ScriptedServer::start(script).unwrap(), Farebox::new());
    let ran = farebox.bench(&server.url(), &[&warmup, more].concat());
    (farebox, ran)
}

fn verdict(farebox: &Farebox) -> (String, Vec<Value>) {
    let verdict = farebox.json("run/verdict.json");
    let word = verdict["verdict"].as_str().unwrap().to_owned();
    (word, verdict["reasons"].as_array().unwrap().clone())
}

#[test]
fn a_few_early_stops_are_a_warning() {
    let (farebox, ran) = stopping_early(2, &[]);
    let ran = ran.exits(0);
    let (word, reasons) = verdict(&farebox);
    assert_eq!((word.as_str(), &reasons[0]["code"]), ("WARN", &"early_stop".into()));
    let said = "warning: concurrency 2: 2 of 40 answers ended before the requested length";
    assert!(ran.stderr.contains(said), "{}", ran.stderr);
    let counts = farebox.json("run/curve.json")["points"][0]["requests"].clone();
    assert_eq!((&counts["ok"], &counts["early_stop"]), (&40.into(), &2.into()), "{counts}");
    let tokens: u64 =
        farebox.measured("run").iter().map(|r| r["output_tokens"].as_u64().unwrap()).sum();
    assert_eq!(tokens, 2 * 5 + 38 * 8, "real tokens are counted");
}

#[test]
fn half_of_them_make_the_run_invalid() {
    let (farebox, ran) = stopping_early(20, &[]);
    let ran = ran.exits(3);
    assert_eq!(verdict(&farebox).0, "INVALID");
    assert!(ran.stderr.contains("INVALID: "), "{}", ran.stderr);
}

#[test]
fn with_a_least_length_they_are_failures() {
    let (farebox, ran) = stopping_early(10, &["--min-osl", "8"]);
    ran.exits(3);
    let counts = farebox.json("run/curve.json")["points"][0]["requests"].clone();
    assert_eq!((&counts["ok"], &counts["failed"]["too_short"]), (&30.into(), &10.into()));
}

/// Two loads of forty requests, of which those from `from` to `to` in the order of their coming
/// fail; the probes are the first two.
fn failing(from: usize, to: usize) -> (Farebox, Ran) {
    let refusal = Answer::status(400).body("application/json", r#"{"error":"no"}"#);
    let script = Script::always(Answer::stream().tokens_as_requested(ms(2), ms(0)))
        .on_ordinals(from..to, refusal);
    let (server, farebox) = (ScriptedServer::start(script).unwrap(), Farebox::new());
    let loads = ["--concurrency", "1,2", "--num-requests", "40", "--warmup", "0"];
    let ran = farebox.bench(&server.url(), &loads);
    (farebox, ran)
}

fn severity_of_failures(farebox: &Farebox) -> Vec<String> {
    let reasons = verdict(farebox).1;
    let of = reasons.iter().filter(|reason| reason["code"] == "failures");
    of.map(|reason| reason["severity"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn more_than_a_tenth_of_failures_make_a_run_invalid_where_no_lower_load_was_served() {
    // 4 of 40 are a tenth, and worth a warning.
    let (farebox, ran) = failing(10, 14);
    ran.exits(0);
    assert_eq!(severity_of_failures(&farebox), ["WARN"]);
    let (farebox, ran) = failing(10, 15);
    let ran = ran.exits(3);
    assert_eq!(severity_of_failures(&farebox), ["INVALID"]);
    assert!(ran.stderr.contains("INVALID: concurrency 1: 12.5 % of requests failed (http_4xx 5)"));
    // At a higher load alone it is too much load, which is a finding.
    let (farebox, _) = failing(45, 60);
    assert_eq!(severity_of_failures(&farebox), ["WARN"]);
}

#[test]
fn a_run_of_nothing_but_failures_is_invalid_too() {
    let (farebox, ran) = failing(2, 200);
    assert!(ran.exits(1).error().starts_with("every request failed: 80 http_4xx"));
    assert_eq!(severity_of_failures(&farebox), ["INVALID", "INVALID"]);
    assert_eq!(verdict(&farebox).0, "INVALID");
}

#[test]
fn uncounted_tokens_have_no_price() {
    let script = Script::always(Answer::stream().usage(UsagePlace::Nowhere));
    let (server, farebox) = (ScriptedServer::start(script).unwrap(), Farebox::new());
    farebox.bench(&server.url(), &["--price-per-hour", "1"]).exits(0);
    let (word, reasons) = verdict(&farebox);
    assert_eq!((word.as_str(), &reasons[0]["code"]), ("WARN", &"uncounted_tokens".into()));
    let ran = farebox.run(&["price", "run", "--format", "json"]).exits(4);
    assert_eq!(ran.json()["tiers"][0]["usd_per_mtok_output"], Value::Null);
}

/// The codes that a run against `script` is given, and what it printed.
fn codes(script: Script, exit: i32, more: &[&str]) -> (Vec<String>, Ran) {
    let (server, farebox) = (ScriptedServer::start(script).unwrap(), Farebox::new());
    let ran = farebox.bench(&server.url(), more).exits(exit);
    let code = |reason: &Value| reason["code"].as_str().unwrap().to_owned();
    (verdict(&farebox).1.iter().map(code).collect(), ran)
}

fn finds(code: &str, script: Script, more: &[&str]) {
    let (codes, ran) = codes(script, 0, more);
    assert!(codes.iter().any(|found| found == code), "{code} not among {codes:?}: {ran:?}");
}

#[test]
fn nothing_is_found_where_nothing_is_wrong() {
    let answer = Answer::stream().tokens_as_requested(ms(10), ms(5)).input_tokens(32);
    let promise = ["--slo", "ttft.p90=5s", "--num-requests", "150"];
    let (codes, ran) = codes(Script::always(answer), 0, &promise);
    // What other work on this machine may do to ours.
    let busy =
        ["client_limit", "concurrency_not_reached", "cold_server", "never_settled", "two_modes"];
    let others: Vec<_> = codes.iter().filter(|code| !busy.contains(&code.as_str())).collect();
    assert!(others.is_empty(), "{others:?}: {ran:?}");
}

#[test]
fn a_warning_is_invalid_for_who_is_strict() {
    let some =
        || Script::always(Answer::stream()).on_ordinals(5..6, Answer::stream().truncate_after(3));
    assert!(codes(some(), 0, &[]).0.contains(&"truncated".to_owned()));
    assert!(codes(some(), 3, &["--strict"]).0.contains(&"truncated".to_owned()));
}

#[test]
fn broken_connections_are_named() {
    let script =
        Script::always(Answer::stream()).on_ordinals(6..7, Answer::stream().reset_after(3));
    finds("socket_errors", script, &[]);
}

#[test]
fn other_prompt_lengths_than_asked_for_are_named() {
    finds("prompt_length", Script::always(Answer::stream().input_tokens(48)), &[]);
}

#[test]
fn token_counts_that_contradict_the_stream_are_named() {
    let chunk = |content: &str| {
        format!(
            "data: {{\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"{content}\"}}}}]}}\n\n"
        )
    };
    let chunks: String = ["a", "b", "c", "d", "e"].map(chunk).concat();
    let end = "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"length\"}]}\n\n";
    let usage =
        "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":32,\"completion_tokens\":3}}\n\n";
    let body = format!("{chunks}{end}{usage}data: [DONE]\n\n");
    let script = Script::always(Answer::status(200).body("text/event-stream", body));
    finds("token_mismatch", script, &["--osl", "3"]);
}

#[test]
fn a_cold_server_is_named() {
    let answer = |first| Answer::stream().tokens_as_requested(ms(first), ms(1));
    let script = Script::always(answer(3)).on_ordinals(2..6, answer(400));
    finds("cold_server", script, &["--warmup", "0", "--num-requests", "30"]);
}

#[test]
fn a_window_of_one_life_is_too_short() {
    let script = Script::always(Answer::stream().tokens_as_requested(ms(150), ms(5)));
    finds("window_too_short", script, &["--num-requests", "6"]);
}

#[test]
fn too_few_answers_to_cut_off_the_ramp_are_named() {
    finds("not_steady", Script::always(Answer::stream()), &["--num-requests", "3"]);
}

#[test]
fn a_percentile_of_twelve_is_named() {
    finds("too_few_samples", Script::always(Answer::stream()), &["--slo", "ttft.p90=5s"]);
}

#[test]
fn a_server_that_turns_slow_never_settles_and_has_two_modes() {
    let answer = |first| Answer::stream().tokens_as_requested(ms(first), ms(0));
    let script = Script::always(answer(4)).on_ordinals(75..200, answer(120));
    let load = ["--concurrency", "1", "--warmup", "0", "--num-requests", "100"];
    let (codes, ran) = codes(script, 0, &load);
    for code in ["never_settled", "two_modes"] {
        assert!(codes.iter().any(|found| found == code), "{codes:?}: {ran:?}");
    }
}

#[test]
fn slots_that_pause_after_failures_do_not_hold_the_load() {
    let script = Script::always(Answer::stream().tokens_as_requested(ms(5), ms(1)))
        .on_ordinals(60..76, Answer::status(500));
    let (server, farebox) = (ScriptedServer::start(script).unwrap(), Farebox::new());
    // A warning, or worse where the machine makes the pauses longer still.
    farebox.bench(&server.url(), &["--num-requests", "90", "--concurrency", "4"]);
    let found = verdict(&farebox).1;
    assert!(found.iter().any(|r| r["code"] == "concurrency_not_reached"), "{found:?}");
}

#[test]
fn a_client_without_a_moments_rest_is_named() {
    let script = Script::always(Answer::Flood(Flood::new(16)));
    let load =
        ["--concurrency", "8", "--duration", "1500ms", "--osl", "4096", "--events", "summary"];
    finds("client_limit", script, &load);
}
