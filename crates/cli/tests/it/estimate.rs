//! Estimates through the command line: the contract's document, tables, curves and refusals.

use crate::farebox::{Farebox, Ran};
use serde_json::Value;
use std::fs;
use std::os::unix::fs::PermissionsExt;

const MODEL: &str = "meta-llama/Llama-3.1-8B-Instruct";

fn estimate(more: &[&str]) -> Ran {
    // No driver is asked: what this machine has must not decide a test.
    Farebox::new().env("PATH", "").run(&[&["estimate", MODEL, "--offline"], more].concat())
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
    assert_eq!(document["would_fit"].to_string(), r#"["--tp 2","--precision w8a16"]"#);
    assert!(ran.stderr.contains("it would with --tp 2, or --precision w8a16"), "{}", ran.stderr);
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
        &["--gpu", "h100", "--nodes", "0"],
        &["--gpu", "h100", "--tp", "8", "--nodes", "2", "--gpus-per-node", "8"],
        &["--gpu", "h100", "--tp", "8", "--nodes", "3"],
        &["--gpu", "h100", "--nodes", "65536", "--gpus-per-node", "65536"],
        &["--gpu", "h100", "--tp", "16", "--nodes", "1"],
        &["--gpu", "a100-sxm-80gb", "--precision", "fp8"],
        &["--gpu", "h100", "--precision", "nvfp4"],
        &["--gpu", "h100", "--concurrency", "0"],
        &["--gpu", "h100", "--concurrency=-1"],
        &["--gpu", "h100", "--batch", "1e300"],
        &["--gpu", "h100", "--request-rate", "nan"],
        &["--gpu", "h100", "--request-rate", "1", "--batch", "1"],
        &["--gpu", "h100", "--users", "0"],
        &["--gpu", "h100", "--users", "1", "--requests-per-user-hour=-1"],
        &["--gpu", "h100", "--osl", "99999999999999999999"],
        &["--gpu", "h100", "--kv-dtype", "fp2"],
        &["--gpu", "h100", "--pp", "33"],
        &["--gpu", "cpu", "--mem-gb=-1", "--mem-bw-gb-per-s", "1", "--tflops", "1"],
        &["--gpu", "cpu", "--mem-gb", "1", "--mem-bw-gb-per-s", "inf", "--tflops", "1"],
        &["--gpu", "cpu", "--mem-gb", "1", "--mem-bw-gb-per-s", "1", "--tflops", "0"],
        &["--gpu", "h100", "--isl", "1..4096", "--out", "curve.json"],
        &["--gpu", "h100", "--against", "api:nobody/nothing"],
        &["--gpu", "auto"],
        &["--gpu", "h100", "--ep", "8"],
        &["--gpu", "h100", "--tp", "8", "--dp", "4096", "--replicas", "4096"],
        &["--gpu", "h100", "--mem-gb", "5"],
        &["--gpu", "l4", "--offer", "lambda:h100-sxm"],
        &["--gpu", "cpu", "--mem-gb", "1e300", "--mem-bw-gb-per-s", "1", "--tflops", "1"],
        &["--gpu", "cpu", "--mem-gb", "64", "--mem-bw-gb-per-s", "1e-300", "--tflops", "1"],
        &["--gpu", ""],
        &[],
    ] {
        let ran = estimate(args);
        assert_eq!(ran.code, Some(2), "{args:?}: {ran:?}");
        assert!(ran.stdout.is_empty() && ran.stderr.starts_with("error: "), "{args:?}: {ran:?}");
        let hints = ran.stderr.lines().skip(1).all(|line| line.starts_with("hint: "));
        assert!(hints && ran.stderr.len() < 400, "{args:?}: {ran:?}");
    }
}

#[test]
fn hostile_configurations_are_refused_in_one_line() {
    let farebox = Farebox::new();
    let llama = r#"{"model_type": "llama", "num_hidden_layers": 2, "num_attention_heads": 4,
        "intermediate_size": 128, "vocab_size": 100, "hidden_size": "#;
    for (text, word) in [
        (String::new(), "line 1"),
        ("[]".to_owned(), "an object"),
        ("[".repeat(200_000), "recursion"),
        (format!("{llama}64"), "EOF"),
        (format!("{llama}-5}}"), "hidden_size"),
        (format!("{llama}1e308}}"), "hidden_size"),
        (format!("{llama}NaN}}"), "hidden_size"),
        (format!("{llama}null}}"), "hidden_size"),
        (r#"{"model_type": "nobody"}"#.to_owned(), "nobody"),
        ("{}".to_owned(), "model_type"),
    ] {
        fs::write(farebox.path("config.json"), text).unwrap();
        let ran = farebox.run(&["estimate", "./config.json", "--gpu", "h100"]).exits(2);
        let one_line = ran.stderr.lines().count() == 1 && ran.stdout.is_empty();
        assert!(one_line && ran.stderr.contains(word), "{word}: {}", ran.stderr);
    }
}

#[test]
fn models_typed_by_hand_are_checked_by_flag() {
    for (args, word) in [
        (&["--params", "-7B"][..], "--params"),
        (&["--params", "NaN"], "--params"),
        (&["--params", "1e30"], "--params"),
        (&["--params", "7B", "--layers", "0"], "layers"),
        (&["--params", "7B", "--layers", "-1"], "--layers"),
        (&["--params", "7B", "--kv-heads", "7"], "kv_heads"),
        (&["--params", "7B", "--experts", "8"], "active_experts"),
        (&["--params", "7B", "--hidden-size", "99999999999"], "hidden"),
        (&["--layers", "3"], "--params"),
    ] {
        let args = [&["estimate", "--gpu", "h100"], args].concat();
        let ran = Farebox::new().run(&args).exits(2);
        assert!(ran.stdout.is_empty() && ran.stderr.contains(word), "{args:?}: {}", ran.stderr);
    }
}

#[test]
fn scenarios_are_computed_and_follow_the_machine() {
    let asked = |more: &[&str]| {
        let args = [&["scenarios", "chatbot", "--format", "json"], more].concat();
        Farebox::new().run(&args)
    };
    let chatbot = |more: &[&str]| asked(more).exits(0).json();
    let t4 = asked(&[]).exits(4).json();
    assert_eq!(t4["estimate"]["memory"]["fits"], false, "a 7B model in 16 bits overflows a T4");
    assert!(t4["insights"][0].as_str().unwrap().contains("does not fit"));
    let [l4, h100] = [chatbot(&["--set", "gpu=l4"]), chatbot(&["--set", "gpu=h100"])];
    for figure in ["/prefill/ttft_ms", "/decode/tpot_ms", "/system/output_tok_per_s"] {
        let of = |document: &Value| document["estimate"].pointer(figure).unwrap().as_f64().unwrap();
        assert!((of(&l4) / of(&h100) - 1.0).abs() > 0.1, "{figure} follows the GPU");
    }
    let all = Farebox::new().run(&["scenarios", "--format", "json"]).exits(0).json();
    let all = all["scenarios"].as_array().unwrap();
    assert_eq!(all.len(), 6);
    for scenario in all {
        let title = scenario["title"].as_str().unwrap();
        assert!(!title.contains(|c: char| c.is_ascii_digit()), "figures can be changed: {title}");
    }
    let csv = Farebox::new().run(&["scenarios", "--format", "csv"]).exits(0).stdout;
    assert_eq!(csv.matches("scenario,figure,value,unit").count(), 1, "one table: {csv}");
    assert!(!csv.contains('"'), "numbers as they are: {csv}");
    Farebox::new().run(&["scenarios", "chatbot", "--set", "colour=blue"]).exits(2);
    for change in ["isl=0", "isl=nan", "tp=7", "tp=-1", "gpu=none", "requests_per_user_hour=-4"] {
        Farebox::new().run(&["scenarios", "chatbot", "--set", change]).exits(2);
    }
}

#[test]
fn a_replica_over_several_nodes_talks_over_the_network() {
    let tpot = |more: &[&str]| {
        let args = [&["--gpu", "h100", "--tp", "8", "--format", "json"], more].concat();
        let document = estimate(&args).exits(0).json();
        document["decode"]["tpot_ms"].as_f64().unwrap()
    };
    let one = tpot(&[]);
    assert!(
        (tpot(&["--nodes", "1", "--gpus-per-node", "8", "--gpus", "8"]) / one - 1.0).abs() < 1e-9
    );
    let [two, halves] = [tpot(&["--nodes", "2"]), tpot(&["--gpus-per-node", "4"])];
    assert!(two > 1.1 * one && (two / halves - 1.0).abs() < 1e-9, "{two} against {one}");
    // Replicas stand on nodes of their own and have nothing to say to each other.
    let copies = tpot(&["--replicas", "2", "--nodes", "2", "--concurrency", "128"]);
    assert!((copies / one - 1.0).abs() < 1e-9, "{copies} against {one}");
}

#[test]
fn lists_stand_wherever_one_value_does() {
    let args = ["--gpu", "h100,l40s", "--tp", "1,2", "--pp", "1..2", "--replicas", "1,2"];
    let more = ["--isl", "256,512", "--osl", "64", "--kv-dtype", "bf16,fp8"];
    let rest = ["--precision", "base,fp8", "--concurrency", "1..4,max", "--format", "json"];
    let table = estimate(&[&args[..], &more, &rest].concat()).exits(0).json();
    assert_eq!(table["schema"], "farebox.estimates/1");
    assert_eq!(table["estimates"].as_array().unwrap().len(), 16 * 2 * 2 * 2 * 4);
    for load in [["--batch", "1..8"], ["--request-rate", "0.5,1,2,4"]] {
        let args = [&["--gpu", "l4", "--format", "json"][..], &load].concat();
        let table = estimate(&args).exits(0).json();
        assert_eq!(table["estimates"].as_array().unwrap().len(), 4);
    }
}

#[test]
fn what_to_know_first_is_said() {
    let notes = |more: &[&str]| {
        let args = [&["--gpu", "l4", "--format", "json"], more].concat();
        estimate(&args).exits(0).json()["notes"].to_string()
    };
    assert_eq!(notes(&["--isl", "512", "--osl", "128", "--concurrency", "1"]), "[]");
    assert!(
        notes(&["--concurrency", "500"]).contains("of the 500 requests in flight: the others wait")
    );
    assert!(notes(&["--request-rate", "500"]).contains("grows without end"));
    assert!(notes(&["--engine", "vlm", "--concurrency", "1"]).contains("`vlm`"));
    let long = ["--isl", "131072", "--osl", "1", "--concurrency", "1", "--tp", "4"];
    assert!(notes(&long).contains("exceed the model's context of 131072"));
}

#[test]
fn users_pay_for_whole_machines_and_see_the_hosted_price_beside() {
    let args = ["--gpu", "l4", "--price-per-gpu-hour", "2", "--isl", "1000", "--osl", "500"];
    let more = ["--users", "4", "--requests-per-user-hour", "10", "--against", "api:openai/gpt-4"];
    let document = estimate(&[&args[..], &more, &["--format", "json"]].concat()).exits(0).json();
    let traffic = &document["traffic"];
    assert_eq!(
        (traffic["machines"].as_u64(), traffic["usd_per_hour"].as_f64()),
        (Some(1), Some(2.0))
    );
    assert_eq!(traffic["usd_per_user_hour"], 0.5);
    assert_eq!(document["against"][0]["usd_per_request"], 0.06);
    let many = ["--users", "100000", "--requests-per-user-hour", "10", "--format", "json"];
    let document = estimate(&[&args[..], &many].concat()).exits(0).json();
    let machines = document["traffic"]["machines"].as_u64().unwrap();
    let needed = 1e6 / 3600.0 / document["system"]["requests_per_s"].as_f64().unwrap();
    assert!((machines as f64 - needed.ceil()).abs() < 0.5);
}

#[test]
fn auto_is_what_the_driver_lists() {
    let farebox = Farebox::new();
    fs::create_dir(farebox.path("bin")).unwrap();
    let driver = farebox.path("bin/nvidia-smi");
    let script = "#!/bin/sh\necho 'NVIDIA H100 80GB HBM3'\necho 'NVIDIA H100 80GB HBM3'\n";
    fs::write(&driver, script).unwrap();
    fs::set_permissions(&driver, PermissionsExt::from_mode(0o755)).unwrap();
    let bin = farebox.path("bin");
    let mut command =
        farebox.command(&["estimate", MODEL, "--gpu", "auto", "--format", "json", "--offline"]);
    let ran: Ran = command.env("PATH", bin).output().unwrap().into();
    assert_eq!(ran.exits(0).json()["deployment"]["pools"][0]["gpu"], "h100-sxm");
}

#[test]
fn a_checkpoint_folder_tells_its_scheme_and_its_cache() {
    let farebox = Farebox::new();
    let config = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../catalog/models/meta-llama/Llama-3.1-8B-Instruct.json"
    );
    fs::create_dir(farebox.path("folder")).unwrap();
    fs::copy(config, farebox.path("folder/config.json")).unwrap();
    let estimate = |more: &[&str]| {
        let args = ["estimate", "folder", "--gpu", "h100", "--format", "json"];
        farebox.run(&[&args[..], more].concat()).exits(0).json()
    };
    let wide = estimate(&[]);
    let scheme = r#"{"quantization": {"quant_algo": "FP8", "kv_cache_quant_algo": "FP8"}}"#;
    fs::write(farebox.path("folder/hf_quant_config.json"), scheme).unwrap();
    let narrow = estimate(&[]);
    let weights = |of: &Value| of["memory"]["weights_bytes_total"].as_f64().unwrap();
    assert!(weights(&narrow) < 0.6 * weights(&wide));
    assert_eq!(narrow["memory"]["kv_bytes_per_token"], 65_536);
    assert_eq!(narrow["deployment"]["pools"][0]["kv_dtype"], "fp8");
    assert_eq!(estimate(&["--kv-dtype", "bf16"])["memory"]["kv_bytes_per_token"], 131_072);
    fs::write(farebox.path("folder/hf_quant_config.json"), "{").unwrap();
    farebox.run(&["estimate", "folder", "--gpu", "h100"]).exits(2);
}

#[test]
fn a_refused_deployment_still_tells_the_model_and_documents_begin_with_their_schema() {
    let begins = |ran: &Ran| ran.stdout.starts_with("{\n  \"schema\": \"farebox.estimate/1\"");
    let refused = estimate(&["--gpu", "h100", "--tp", "3", "--format", "json"]).exits(2);
    let document: Value = serde_json::from_str(&refused.stdout).unwrap();
    assert_eq!(document["model"]["params_total"], 8_030_261_248_u64);
    assert!(document["refused"].as_str().unwrap().contains("does not divide"));
    let beside = estimate(&["--gpu", "l4", "--against", "api:openai/gpt-4", "--format", "json"]);
    let api = Farebox::new().run(&["estimate", "api:openai/gpt-4", "--format", "json"]);
    assert!(begins(&refused) && begins(&beside) && begins(&api));
    let table = estimate(&["--gpu", "h100", "--tp", "1,3", "--format", "json"]).exits(0).json();
    let table = &table["estimates"];
    assert!(table[1]["refused"].is_string() && table[0]["memory"]["fits"] == true);
}

#[test]
fn an_answer_of_one_token_has_no_tpot_and_all_of_its_load_in_flight() {
    let args = ["--gpu", "h100-sxm", "--osl", "1", "--concurrency", "64", "--format", "json"];
    let document = estimate(&args).exits(0).json();
    assert!(document["decode"].is_null());
    let of = |name: &str| document["system"][name].as_f64().unwrap();
    let flying = of("requests_per_s") * of("e2e_ms") / 1e3;
    assert!((flying - 64.0).abs() < 1e-6, "{flying}");
}

#[test]
fn a_replica_without_a_request_serves_nothing() {
    let rate = |replicas: &str| {
        let args =
            ["--gpu", "l4", "--concurrency", "1", "--replicas", replicas, "--format", "json"];
        estimate(&args).exits(0).json()["system"]["requests_per_s"].as_f64().unwrap()
    };
    assert!((rate("1") / rate("2") - 1.0).abs() < 1e-9);
}

#[test]
fn those_who_wait_for_room_have_a_column() {
    let args = ["--gpu", "l4", "--isl", "4096,16384", "--osl", "256", "--concurrency", "8"];
    let table = estimate(&args).exits(0);
    assert!(table.stdout.contains("waiting"), "{}", table.stdout);
    assert!(table.stdout.contains("the others wait"), "{}", table.stdout);
}

#[test]
fn a_promise_finds_the_highest_load_and_a_percentile_is_undecided() {
    let slo = |slo: &str, more: &[&str]| {
        let args = [&["--gpu", "h100-sxm", "--slo", slo, "--format", "json"], more].concat();
        estimate(&args)
    };
    let kept = slo("tpot.mean=12ms", &[]).exits(0).json();
    let n = kept["workload"]["concurrency"].as_u64().unwrap();
    let tpot = |n: u64| {
        let n = n.to_string();
        let args = ["--gpu", "h100-sxm", "--concurrency", &n, "--format", "json"];
        estimate(&args).exits(0).json()["decode"]["tpot_ms"].as_f64().unwrap()
    };
    assert!(tpot(n) <= 12.0 && tpot(n + 1) > 12.0, "{n}");
    for (promise, more, code, why) in [
        ("ttft.p90=5s", &[][..], 4, "cannot be decided: only the mean is known"),
        ("tpot.mean=1ms", &[], 4, "even one request in flight breaks it"),
        ("tpot.mean=12ms", &["--concurrency", "4"], 2, "name no other"),
    ] {
        let ran = slo(promise, more).exits(code);
        assert!(ran.error().contains(why), "{}", ran.stderr);
    }
}

#[test]
fn traffic_gives_its_mean_lengths_and_says_so() {
    let args = ["--gpu", "h100-sxm", "--traffic", "wildchat-2024-03", "--format", "json"];
    let document = estimate(&args).exits(0).json();
    assert!(document["workload"]["isl"].as_u64().unwrap() > 1000);
    assert!(document["notes"].to_string().contains("mean lengths"));
    let ran = estimate(&["--gpu", "l4", "--traffic", "nope"]).exits(2);
    assert!(ran.error().contains("--traffic: nope"), "{}", ran.stderr);
}

#[test]
fn a_checkpoint_has_the_precision_that_it_is_stored_in() {
    let stored = |model: &str, more: &[&str]| {
        let args =
            [&["estimate", model, "--offline", "--gpu", "b200-sxm", "--format", "json"], more]
                .concat();
        let document = Farebox::new().run(&args).exits(0).json();
        document["deployment"]["pools"][0]["precision"].as_str().unwrap().to_owned()
    };
    assert_eq!(stored("Qwen/Qwen3-8B", &[]), "bf16");
    assert_eq!(stored("Qwen/Qwen3-8B", &["--precision", "fp16"]), "fp16");
    assert_eq!(stored("Qwen/Qwen3-8B", &["--precision", "gguf-q5_k_m"]), "gguf-q5_k_m");
    assert_eq!(stored("openai/gpt-oss-120b", &[]), "mxfp4");
}

#[test]
fn what_would_be_left_out_silently_is_refused() {
    for (args, why) in [
        (&["./config.json", "--gpu", "l4"][..], "./config.json: there is no such file"),
        (&["--params", "7B", "--heads", "7", "--gpu", "l4"], "no multiple of 7 heads"),
        (&["--rows", "rows.csv", MODEL], "--rows names the model of each row"),
    ] {
        let ran = Farebox::new().run(&[&["estimate", "--offline"], args].concat()).exits(2);
        assert!(ran.error().contains(why), "{}", ran.stderr);
    }
}
