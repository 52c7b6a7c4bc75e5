//! Runs side by side.

use crate::farebox::Farebox;
use farebox_testkit::{Answer, Script, ScriptedServer, ms};
use serde_json::Value;

fn measure(farebox: &Farebox, out: &str, gap_ms: u64, more: &[&str]) {
    let answer = Answer::stream().tokens_as_requested(ms(4), ms(gap_ms)).input_tokens(32);
    let server = ScriptedServer::start(Script::always(answer)).unwrap();
    let url = server.url();
    let args = ["bench", "--base-url", &url, "--out", out, "--seed", "7", "--osl", "8"];
    let load = ["--concurrency", "1,2", "--num-requests", "120"];
    farebox.run(&[&args[..], &load, more].concat()).exits(0);
}

#[test]
fn a_slower_server_is_found_worse_and_itself_the_same_question() {
    let farebox = Farebox::new();
    let isl = ["--isl", "32"];
    measure(&farebox, "fast", 2, &isl);
    measure(&farebox, "slow", 3, &isl);
    let comparison = farebox.run(&["compare", "fast", "slow", "--format", "json"]).exits(0).json();
    assert_eq!(
        (&comparison["schema"], &comparison["baseline"]),
        (&"farebox.compare/1".into(), &"fast".into())
    );
    let rows = comparison["rows"].as_array().unwrap();
    for figure in ["output_tok_per_s", "tpot_ms.p50"] {
        let of_figure: Vec<_> = rows.iter().filter(|row| row["figure"] == figure).collect();
        assert_eq!(of_figure.len(), 2, "both loads");
        for row in of_figure {
            assert_eq!(row["finding"], "worse", "{row}");
        }
    }
    // What is smaller than what matters is the same, however sure it is.
    let same = ["compare", "fast", "slow", "--format", "json", "--min-effect", "100%"];
    let rows = farebox.run(&same).exits(0).json()["rows"].clone();
    let of_output = |row: &&Value| row["figure"] == "output_tok_per_s";
    let found = rows.as_array().unwrap().iter().filter(of_output);
    assert!(found.clone().all(|row| row["finding"] == "same"), "{rows}");
    farebox.run(&["compare", "fast", "slow", "--min-effect", "-1%"]).exits(2);
    let human = farebox.run(&["compare", "fast", "slow"]).exits(0).stdout;
    assert!(human.contains("slow") && human.contains("concurrency 2"), "{human}");
    let csv = farebox.run(&["compare", "fast/curve.json", "slow", "--format", "csv"]).exits(0);
    assert!(csv.stdout.starts_with("baseline_curve,curve,load_kind"), "{}", csv.stdout);
}

#[test]
fn different_questions_are_refused_unless_one_insists() {
    let farebox = Farebox::new();
    measure(&farebox, "short", 1, &["--isl", "32"]);
    measure(&farebox, "declared", 1, &["--isl", "32", "--cache", "cold"]);
    let refused = farebox.run(&["compare", "short", "declared"]).exits(2);
    assert!(refused.error().contains("prefix cache cold, not none"), "{}", refused.error());
    let insisted = farebox.run(&["compare", "short", "declared", "--anyway"]).exits(0);
    assert!(insisted.stderr.contains("warning: not the same question"), "{}", insisted.stderr);
}
