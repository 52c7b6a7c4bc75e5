//! Estimates through the command line: the contract's document, tables, curves and refusals.

use crate::farebox::{Farebox, Ran};
use serde_json::Value;
use std::fs;

const MODEL: &str = "meta-llama/Llama-3.1-8B-Instruct";

fn estimate(more: &[&str]) -> Ran {
    Farebox::new().run(&[&["estimate", MODEL, "--offline"], more].concat())
}

#[test]
fn the_document_has_what_the_contract_names() {
    let typed = ["--gpu", "h100-sxm", "--price-per-gpu-hour", "2", "--format", "json"];
    let document = estimate(&typed).exits(0).json();
    assert_eq!(document["schema"], "farebox.estimate/1");
    assert_eq!(document["model"]["params_total"], 8_030_261_248_u64);
    assert_eq!(document["memory"]["kv_bytes_per_token"], 131_072);
    for (part, fields) in [
        ("model", &["id", "params_total", "params_active", "context_length"][..]),
        ("deployment", &["kind", "engine", "pools"]),
        ("workload", &["isl", "osl", "concurrency"]),
        (
            "memory",
            &[
                "weights_bytes_total",
                "weights_bytes_per_gpu",
                "kv_bytes_total",
                "kv_capacity_tokens",
                "overhead_bytes_per_gpu",
                "max_concurrency",
                "fits",
            ],
        ),
        ("prefill", &["ttft_ms", "bound"]),
        (
            "decode",
            &["tpot_ms", "bound", "output_tok_per_s_per_request", "output_tok_per_s_per_replica"],
        ),
        ("system", &["output_tok_per_s", "total_tok_per_s", "requests_per_s", "e2e_ms"]),
        (
            "price",
            &[
                "usd_per_gpu_hour",
                "gpus_billed",
                "usd_per_hour_total",
                "usd_per_mtok_input",
                "usd_per_mtok_output",
                "usd_per_mtok_blended",
            ],
        ),
        ("accuracy", &["tpot_median_ape_pct", "basis"]),
    ] {
        for field in fields {
            assert!(document[part].get(field).is_some(), "{part}.{field}: {document}");
        }
    }
    assert!((document["price"]["recovery"].as_f64().unwrap() - 1.0).abs() < 1e-9);
}

#[test]
fn what_does_not_fit_says_by_how_much_and_exits_with_4() {
    let ran = estimate(&["--gpu", "t4", "--format", "json"]).exits(4);
    let document: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(document["memory"]["fits"], false);
    assert_eq!(document["model"]["params_total"], 8_030_261_248_u64, "the model is still told");
    assert!(document["memory"]["short_bytes_per_gpu"].as_u64().unwrap() > 1 << 30);
    assert!(ran.stderr.contains("GiB short") && ran.stderr.contains("hint: "), "{}", ran.stderr);
}

#[test]
fn several_machines_make_a_table_that_succeeds_if_one_fits() {
    let table = estimate(&["--gpu", "t4,l4,h100", "--tp", "1,2,3", "--format", "csv"]).exits(0);
    let rows: Vec<&str> = table.stdout.lines().collect();
    assert_eq!(rows.len(), 1 + 9, "{}", table.stdout);
    assert!(rows[0].contains("decode.tpot_ms"), "{}", rows[0]);
    assert!(rows[1].contains("short"), "{}", rows[1]);
    assert!(rows[3].contains("tp 3 does not divide"), "{}", rows[3]);
}

#[test]
fn an_estimated_curve_is_priced_by_the_one_price_path() {
    let farebox = Farebox::new();
    let args = ["estimate", MODEL, "--gpu", "l4", "--tp", "2", "--isl", "512", "--osl", "128"];
    let more = ["--concurrency", "1..16", "--price-per-gpu-hour", "1", "--out", "curve.json"];
    farebox.run(&[&args[..], &more].concat()).exits(0);
    let curve = farebox.json("curve.json");
    assert_eq!(curve["source"], "estimated");
    assert_eq!(curve["points"].as_array().unwrap().len(), 5);
    let price = ["price", "curve.json", "--price-per-gpu-hour", "1", "--format", "json"];
    let sheet = farebox.run(&[&price[..], &["--slo", "tpot.mean=1s"]].concat()).exits(0).json();
    let tier = &sheet["tiers"][0];
    assert!((tier["recovery"].as_f64().unwrap() - 1.0).abs() < 1e-9);
    assert_eq!(tier["usd_per_hour_total"], 2.0);
    let refused = farebox.run(&[&price[..], &["--slo", "ttft.p90=9m"]].concat()).exits(4);
    assert!(refused.stderr.contains("only the mean is known"), "{}", refused.stderr);
}

#[test]
fn a_hosted_model_gives_the_bill_and_takes_no_gpu() {
    let api = ["estimate", "api:openai/gpt-4", "--isl", "1000", "--osl", "500"];
    let users = ["--users", "4", "--requests-per-user-hour", "10", "--format", "json"];
    let bill = Farebox::new().run(&[&api[..], &users].concat()).exits(0).json();
    assert_eq!(bill["deployment"]["kind"], "hosted");
    assert!((bill["price"]["usd_per_request"].as_f64().unwrap() - 0.06).abs() < 1e-12);
    assert!((bill["price"]["usd_per_hour"].as_f64().unwrap() - 2.4).abs() < 1e-9);
    assert!(bill["decode"].is_null(), "no dated latency exists");
    Farebox::new().run(&[&api[..], &["--gpu", "h100"]].concat()).exits(2);
}

#[test]
fn rows_are_answered_from_configuration_columns_alone() {
    let farebox = Farebox::new();
    let header = "row_id,source,engine,model_hf_id,gpu_id,tp,mode,isl,osl,concurrency,\
                  ttft_ms_mean,tpot_ms_mean,quality,group,notes";
    let row = |id: &str, gpu: &str, source: &str, measured: &str| {
        format!(
            "{id},{source},vllm,{MODEL},{gpu},1,agg,512,128,8,{measured},{measured},ok,{source},{source}"
        )
    };
    let table = |source: &str, measured: &str| {
        [
            header.to_owned(),
            row("a", "l4", source, measured),
            row("b", "h100-sxm", source, measured),
            row("c", "no-such-gpu", source, measured),
        ]
        .join("\n")
    };
    fs::write(farebox.path("full.csv"), table("somebody", "12.5")).unwrap();
    fs::write(farebox.path("blank.csv"), table("", "")).unwrap();
    let answers = |file| farebox.run(&["estimate", "--rows", file]).exits(0).stdout;
    assert_eq!(answers("full.csv"), answers("blank.csv"));
    let lines: Vec<String> = answers("full.csv").lines().map(str::to_owned).collect();
    assert_eq!(lines[0], "row_id,ttft_ms,tpot_ms,output_tok_per_s,total_tok_per_s,status");
    assert!(lines[1].ends_with(",ok") && !lines[3].ends_with(",ok"), "{lines:?}");

    let report = farebox.run(&["validate", "full.csv", "--format", "json"]).exits(0).json();
    assert_eq!(report["metrics"]["tpot"]["n"], 2, "{report}");
    farebox.run(&["validate", "blank.csv"]).exits(0);
}

#[test]
fn bad_questions_are_refused_in_one_line() {
    for args in [
        &["--gpu", "h100", "--isl", "0"][..],
        &["--gpu", "h100", "--isl=-4"],
        &["--gpu", "h100", "--tp", "5"],
        &["--gpu", "h100", "--tp", "2", "--gpus", "3"],
        &["--gpu", "h1000"],
        &["--gpu", "custom"],
        &["--gpu", "custom", "--mem-gb", "nan", "--mem-bw-gb-per-s", "1", "--tflops", "1"],
        &["--gpu", "h100", "--precision", "fp3"],
        &["--gpu", "h100", "--price-per-hour", "0"],
        &["--gpu", "h100", "--offer", "nobody:h100"],
        &["--gpu", "h100", "--tp", "2", "--price-per-hour", "5", "--gpus-per-box", "1"],
        &["--gpu", "h100", "--calibration", "absent.json"],
        &["--gpu", "h100,l4", "--out", "curve.json"],
        &[],
    ] {
        let ran = estimate(args);
        assert_eq!(ran.code, Some(2), "{args:?}: {ran:?}");
        assert!(ran.stdout.is_empty() && ran.stderr.starts_with("error: "), "{args:?}: {ran:?}");
    }
}

#[test]
fn scenarios_are_computed_and_follow_the_machine() {
    let chatbot = |more: &[&str]| {
        let args = [&["scenarios", "chatbot", "--format", "json"], more].concat();
        Farebox::new().run(&args).exits(0).json()
    };
    let t4 = chatbot(&[]);
    assert_eq!(t4["estimate"]["memory"]["fits"], false, "a 7B model in 16 bits overflows a T4");
    assert!(t4["insights"][0].as_str().unwrap().contains("does not fit"));
    let [l4, h100] = [chatbot(&["--set", "gpu=l4"]), chatbot(&["--set", "gpu=h100"])];
    for figure in ["/prefill/ttft_ms", "/decode/tpot_ms", "/system/output_tok_per_s"] {
        let of = |document: &Value| document["estimate"].pointer(figure).unwrap().as_f64().unwrap();
        assert!((of(&l4) / of(&h100) - 1.0).abs() > 0.1, "{figure} follows the GPU");
    }
    let all = Farebox::new().run(&["scenarios", "--format", "json"]).exits(0).json();
    assert_eq!(all.as_array().unwrap().len(), 6);
    Farebox::new().run(&["scenarios", "chatbot", "--set", "colour=blue"]).exits(2);
    Farebox::new().run(&["scenarios", "chatbot", "--set", "isl=0"]).exits(2);
}
