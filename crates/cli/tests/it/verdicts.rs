//! What a run is worth, as an exit code and in words.

use crate::farebox::{Farebox, Ran};
use farebox_testkit::{Answer, Script, ScriptedServer, UsagePlace};
use serde_json::Value;

/// Of forty answers, the first `early` stop after five of eight tokens.
fn stopping_early(early: usize, more: &[&str]) -> (Farebox, Ran) {
    let short = Answer::stream().tokens(farebox_testkit::ms(0), farebox_testkit::ms(0), 5);
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
    ran.exits(0);
    let counts = farebox.json("run/curve.json")["points"][0]["requests"].clone();
    assert_eq!((&counts["ok"], &counts["failed"]["too_short"]), (&30.into(), &10.into()));
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
