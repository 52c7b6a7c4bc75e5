//! The engine-comparison seed's raw files through the command line.

use crate::farebox::Farebox;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../price/fixtures/engine-seed");

fn fixture(name: &str) -> String {
    format!("{FOLDER}/{name}")
}

#[test]
fn its_runs_are_priced_as_they_are() {
    let file = fixture("vllm_simple_reasoning.summary.csv");
    let price = |per_hour| {
        let args = ["price", &file, "--price-per-hour", per_hour, "--allocation", "double-count"];
        Farebox::new().run(&[&args[..], &["--format", "json"]].concat()).exits(0).json()
    };
    let output = |per_hour| price(per_hour)["tiers"][0]["usd_per_mtok_output"].as_f64().unwrap();
    assert_eq!(format!("{:.2} {:.3}", output("2.93"), output("0.71")), "0.71 0.173");
    let sheet = price("0.71");
    assert_eq!(sheet["tiers"][0]["curve"], "vllm_simple_reasoning");
}

#[test]
fn files_become_documents_that_every_command_reads() {
    let farebox = Farebox::new();
    let runs = fixture("vllm_fact_recall.summary.csv");
    let kv = fixture("vllm_kv_reasoning.json");
    let ran = farebox.run(&["import", &runs, &kv, "--out", "in"]).exits(0);
    let (curve, series) =
        ("in/vllm_fact_recall.curve.json", "in/vllm_kv_reasoning.telemetry.jsonl");
    assert_eq!(ran.stdout, format!("{curve}\n{series}\n"));
    let first = farebox.text(series).lines().next().unwrap().to_owned();
    assert!(first.contains(r#""scope":"engine","metric":"kv_used_fraction""#), "{first}");
    let priced = |path: &str| farebox.run(&["price", path, "--price-per-hour", "1"]).exits(0);
    assert_eq!(priced(curve).stdout, priced(&runs).stdout);
    let svg = |path: &str, out: &str| {
        farebox.run(&["plot", path, "--kind", "kv", "-o", out]).exits(0);
        let svg = farebox.text(out);
        svg.split_once("KV cache in use").unwrap().1.to_owned()
    };
    assert!(svg(series, "a.svg") == svg(&kv, "b.svg"), "the same picture");
    let again = farebox.run(&["import", &runs, "--out", "in"]).exits(2);
    assert_eq!(again.error(), format!("--out: {curve} exists already"));
}

#[test]
fn its_kv_cache_is_drawn_over_time() {
    let farebox = Farebox::new();
    let kv = fixture("vllm_kv_summarization_1.json");
    farebox.run(&["plot", &kv, "--kind", "kv"]).exits(0);
    let svg = farebox.text("vllm_kv_summarization_1.svg");
    for words in ["KV cache in use (% of its capacity)", "peak 100", "highest 100 %", "Full for"] {
        assert!(svg.contains(words), "{words}");
    }
    let ran = farebox.run(&["plot", &kv, "--kind", "gpu-memory"]).exits(1);
    assert!(ran.error().ends_with("nobody reported how much memory was in use"));
}

#[test]
fn gpu_memory_is_drawn_with_what_there_is() {
    let farebox = Farebox::new();
    let text = r#"{"history_times":[0.0,1.0,2.0],"history_memory_mb":[20480,21504,20480],
        "total_memory_mb":23034}"#;
    std::fs::write(farebox.path("gpu_memory_data.json"), text).unwrap();
    farebox.run(&["plot", "gpu_memory_data.json", "--kind", "gpu-memory"]).exits(0);
    let svg = farebox.text("gpu_memory_data.svg");
    for words in ["peak 21", "there are 22.5", "highest 21 GiB, after 1 s"] {
        assert!(svg.contains(words), "{words}");
    }
    std::fs::write(farebox.path("torn.json"), &text[..40]).unwrap();
    let ran = farebox.run(&["plot", "torn.json", "--kind", "gpu-memory"]).exits(2);
    assert!(ran.error().starts_with("torn.json: "), "{}", ran.error());
}

#[test]
fn points_and_the_run_are_exported() {
    let farebox = Farebox::new();
    let runs = fixture("vllm_fact_recall.summary.csv");
    let csv = farebox.run(&["export", &runs, "--to", "csv"]).exits(0).stdout;
    let rows: Vec<Vec<&str>> = csv.lines().map(|line| line.split(',').collect()).collect();
    assert_eq!(rows.len(), 1 + 8 + 1, "{csv}");
    let column = |name: &str| rows[0].iter().position(|column| *column == name).unwrap();
    assert_eq!((rows[1][0], rows[9][0]), ("point", "run"));
    assert_eq!(rows[9][column("requests_ok")], "2400");
    assert_eq!(rows[9][column("output_tok_per_s")], "");
    assert_eq!(rows[9][column("kv_used_fraction_max")], "", "nobody reported it");
    farebox.run(&["export", &runs, "--to", "csv", "-o", "all.csv"]).exits(0);
    assert_eq!(farebox.text("all.csv"), csv);
}

#[test]
fn other_tasks_tell_its_phases_apart() {
    let file = fixture("vllm_summarization_1.summary.csv");
    let others = ["fact_recall", "simple_reasoning", "summarization_2"]
        .map(|task| fixture(&format!("vllm_{task}.summary.csv")));
    let price = |helpers: &[&str]| {
        let args = ["price", &file, "--price-per-hour", "0.71", "--format", "json"];
        Farebox::new().run(&[&args[..], &["--phases-from"], helpers].concat())
    };
    let sheet = price(&others.each_ref().map(String::as_str)).exits(0).json();
    assert_eq!(sheet["tiers"][0]["basis"], "least-squares", "{sheet}");
    assert!((sheet["tiers"][0]["recovery"].as_f64().unwrap() - 1.0).abs() < 1e-9);
    let other = price(&[crate::seed::FILE]).exits(2);
    let said = "--phases-from: `base_1` is not the deployment of `vllm_summarization_1`";
    assert_eq!(other.error(), said);
}
