//! `--format` is honoured or refused by name, and JSON documents begin with their schema.

use crate::farebox::Farebox;
use farebox_testkit::{Answer, Script, ScriptedServer, ms};
use serde_json::Value;
use std::fs;

/// A short run in `run`.
fn measured(farebox: &Farebox) {
    let answer = Answer::stream().tokens_as_requested(ms(2), ms(1));
    let server = ScriptedServer::start(Script::always(answer)).unwrap();
    farebox.bench(&server.url(), &["--price-per-hour", "1", "--concurrency", "1,2"]).exits(0);
}

#[test]
fn json_documents_begin_with_their_schema() {
    let farebox = Farebox::new();
    measured(&farebox);
    for (line, schema) in [
        ("scenarios", "farebox.scenarios/1"),
        ("scenarios chatbot --set gpu=h100", "farebox.scenario/1"),
        ("catalog gpus", "farebox.gpus/1"),
        ("catalog gpus h100-sxm", "farebox.gpu/1"),
        ("catalog models", "farebox.models/1"),
        ("catalog models Qwen/Qwen3-8B", "farebox.model/1"),
        ("catalog prices", "farebox.offers/1"),
        ("catalog apis", "farebox.apis/1"),
        ("catalog apis openai/gpt-4", "farebox.api/1"),
        ("profile --list", "farebox.profiles/1"),
        ("profile wildchat-2024-03", "farebox.traffic/1"),
        ("estimate Qwen/Qwen3-8B --gpu l4", "farebox.estimate/1"),
        ("estimate Qwen/Qwen3-8B --gpu l4 --concurrency 1,2", "farebox.estimates/1"),
        ("estimate api:openai/gpt-4 --isl 10,20", "farebox.estimates/1"),
        ("price run", "farebox.price/1"),
        ("compare run run", "farebox.compare/1"),
        ("plot run", "farebox.files/1"),
        ("report run -o report.html", "farebox.files/1"),
        ("export run --to csv -o run.csv", "farebox.files/1"),
        ("import run/curve.json --out imported", "farebox.files/1"),
    ] {
        let words: Vec<&str> = line.split(' ').chain(["--format", "json"]).collect();
        let ran = farebox.run(&words).exits(0);
        let begins = |space: &str| ran.stdout.starts_with(&format!("{{{space}\"schema\":"));
        assert!(begins("\n  ") || begins(""), "{line}: {}", ran.stdout);
        assert_eq!(ran.json()["schema"], schema, "{line}");
    }
    let files = farebox.run(&["plot", "run", "--format", "json"]).exits(0).json();
    assert_eq!(files["files"], serde_json::json!(["run/curve.svg"]));
}

#[test]
fn a_format_that_is_not_printed_is_refused_with_those_that_are() {
    let farebox = Farebox::new();
    measured(&farebox);
    fs::write(farebox.path("rows.csv"), "row_id\n").unwrap();
    fs::write(farebox.path("measured.csv"), "row_id\n").unwrap();
    for (line, format, prints) in [
        ("report run", "json", "report prints human or markdown"),
        ("report run", "csv", "report prints human or markdown"),
        ("watch --base-url http://127.0.0.1:9", "csv", "watch prints human or json"),
        ("watch --base-url http://127.0.0.1:9", "markdown", "watch prints human or json"),
        ("estimate --rows rows.csv", "json", "estimate --rows prints human or csv"),
        ("calibrate measured.csv", "csv", "calibrate prints human or json"),
        ("run --init", "json", "run --init prints human"),
        ("run absent.toml --dry-run", "csv", "run --dry-run prints human or json"),
        ("export run --to csv", "json", "export --to csv prints human or csv"),
        ("engine --port 0", "json", "engine prints human"),
        ("serve --port 0", "csv", "serve prints human"),
    ] {
        let words: Vec<&str> = line.split(' ').chain(["--format", format]).collect();
        let ran = farebox.run(&words).exits(2);
        assert_eq!(ran.error(), format!("--format {format}: {prints}"), "{line}");
        assert_eq!(ran.stdout, "");
    }
}

#[test]
fn a_name_that_promises_another_kind_of_picture_is_refused() {
    let farebox = Farebox::new();
    measured(&farebox);
    for name in ["x.pdf", "x", "x.svg.gz"] {
        let ran = farebox.run(&["plot", "run", "-o", name]).exits(2);
        assert_eq!(ran.error(), format!("--out: {name}: pictures end in .svg or .png"));
        assert!(!farebox.path(name).exists());
    }
    farebox.run(&["plot", "run", "-o", "x.SVG"]).exits(0);
}

#[test]
fn a_profile_is_csv_with_every_figure_in_full() {
    let farebox = Farebox::new();
    let profile = |format| farebox.run(&["profile", "wildchat-2024-03", "--format", format]);
    let (csv, json) = (profile("csv").exits(0).stdout, profile("json").exits(0).json());
    let mut lines = csv.lines();
    assert_eq!(lines.next(), Some("figure,n,mean,sd,p10,p50,p90,p99,p99.9,max"));
    let isl: Vec<&str> = lines.next().unwrap().split(',').collect();
    assert_eq!(isl[0], "isl_tokens");
    let mean: Value = serde_json::from_str(isl[2]).unwrap();
    assert_eq!(mean, json["isl_tokens"]["mean"], "not rounded");
}

/// A curve file with one thing changed.
fn changed(farebox: &Farebox, change: impl FnOnce(&mut Value)) -> String {
    let mut curve = farebox.json("run/curve.json");
    change(&mut curve);
    fs::write(farebox.path("changed.json"), curve.to_string()).unwrap();
    let ran = farebox.run(&["price", "changed.json", "--price-per-hour", "1"]).exits(2);
    assert_eq!(ran.stdout, "");
    ran.error().to_owned()
}

#[test]
fn a_curve_that_cannot_be_is_refused_by_name() {
    let farebox = Farebox::new();
    measured(&farebox);
    let load = changed(&farebox, |curve| curve["points"][1]["offered"]["value"] = (-3).into());
    assert_eq!(load, "changed.json: points[1].offered.value: -3 is no load: it is above 0");
    let rate = changed(&farebox, |curve| curve["points"][0]["requests_per_s"] = (-1).into());
    assert!(rate.ends_with("points[0].requests_per_s: -1 is below 0"), "{rate}");
    let fall = changed(&farebox, |curve| {
        let quantiles = curve["points"][0]["ttft_ms"]["quantiles"].as_array_mut().unwrap();
        quantiles[10][1] = 5000.0.into();
    });
    assert!(fall.contains("points[0].ttft_ms: p"), "{fall}");
    assert!(fall.ends_with("of 5000 ms"), "{fall}");
    let version = changed(&farebox, |curve| curve["schema"] = "farebox.curve/9".into());
    assert_eq!(version, "changed.json: schema farebox.curve/9, and no farebox.curve/1");
    let mut run = farebox.json("run/run.json");
    run["schema"] = "farebox.run/9".into();
    fs::write(farebox.path("run/run.json"), run.to_string()).unwrap();
    let ran = farebox.run(&["price", "run"]).exits(2);
    assert!(ran.error().contains("schema farebox.run/9; this version reads farebox.run/1"));
}

#[test]
fn a_curve_is_no_telemetry_and_says_so() {
    let farebox = Farebox::new();
    measured(&farebox);
    let ran = farebox.run(&["plot", "run/curve.json", "--kind", "kv"]).exits(2);
    assert!(ran.error().starts_with("run/curve.json: not a run directory, a telemetry.jsonl or"));
}

#[test]
fn a_time_below_zero_is_a_wrong_value_and_no_unknown_flag() {
    let farebox = Farebox::new();
    for line in ["bench --base-url http://127.0.0.1:9 --duration -5s", "watch --interval -1s"] {
        let ran = farebox.run(&line.split(' ').collect::<Vec<_>>()).exits(2);
        assert!(ran.error().contains("is no span of time"), "{line}: {}", ran.error());
    }
}

#[test]
fn a_scenario_that_does_not_fit_is_a_no() {
    let farebox = Farebox::new();
    let ran = farebox.run(&["scenarios", "chatbot", "--set", "gpu=t4"]).exits(4);
    assert!(ran.stdout.contains("does not fit"), "{}", ran.stdout);
    farebox.run(&["scenarios", "chatbot", "--set", "gpu=h100"]).exits(0);
}
