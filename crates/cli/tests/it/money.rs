//! What is billed: what is stored, what is rented, and what is sold of it.

use crate::farebox::Farebox;
use farebox_testkit::{Answer, Script, ScriptedServer, ms};
use serde_json::Value;
use std::fs;

fn benched(more: &[&str]) -> Farebox {
    let answers = Answer::stream().tokens_as_requested(ms(2), ms(1)).input_tokens(32);
    let server = ScriptedServer::start(Script::always(answers)).unwrap();
    let farebox = Farebox::new();
    farebox.bench(&server.url(), more).exits(0);
    farebox
}

fn sheet(farebox: &Farebox, path: &str, more: &[&str]) -> Value {
    let args = [&["price", path, "--format", "json"], more].concat();
    farebox.run(&args).exits(0).json()
}

/// Dollars per hour and the accelerators that they pay for.
fn bill(sheet: &Value) -> (f64, u64) {
    let rental = &sheet["rental"];
    (rental["usd_per_hour_total"].as_f64().unwrap(), rental["gpus_billed"].as_u64().unwrap())
}

#[test]
fn a_stored_price_per_gpu_is_paid_for_each_gpu() {
    let farebox = benched(&["--price-per-gpu-hour", "2.5"]);
    let of = |more: &[&str]| bill(&sheet(&farebox, "run", more));
    assert_eq!(of(&[]), (2.5, 1));
    assert_eq!(of(&["--gpus-per-box", "8", "--fill-box"]), (20.0, 8));
    assert_eq!(of(&["--gpus-used", "2"]), (5.0, 2));
    assert_eq!(of(&["--price-per-gpu-hour", "2.5", "--gpus-per-box", "8"]), (20.0, 8));
    // Eight replicas on eight GPUs cost per token what one costs on one.
    let blended = |sheet: &Value| sheet["tiers"][0]["usd_per_mtok_blended"].as_f64().unwrap();
    let one = blended(&sheet(&farebox, "run", &[]));
    let eight = blended(&sheet(&farebox, "run", &["--gpus-per-box", "8", "--fill-box"]));
    assert!((eight / one - 1.0).abs() < 1e-9, "{eight} {one}");
}

#[test]
fn a_stored_machine_is_no_larger_one() {
    let farebox = benched(&["--price-per-hour", "2.5"]);
    for more in [&["--gpus-per-box", "8", "--fill-box"][..], &["--gpus-used", "2"]] {
        for command in ["price", "report"] {
            let more: Vec<&str> = more.iter().copied().filter(|m| *m != "--fill-box").collect();
            let ran = farebox.run(&[&[command, "run"], more.as_slice()].concat()).exits(2);
            assert!(ran.error().starts_with("the stored price, $2.50 per hour"), "{}", ran.error());
            assert!(ran.stderr.contains("hint: --price-per-hour"), "{}", ran.stderr);
        }
    }
    assert_eq!(bill(&sheet(&farebox, "run", &["--gpus-per-box", "1"])), (2.5, 1));
}

#[test]
fn an_offer_prices_everything_that_has_a_price() {
    let farebox = benched(&["--offer", "lambda:h100-sxm"]);
    let stored = &farebox.json("run/run.json")["price"];
    assert_eq!(stored["usd_per_hour_total"], 4.29);
    assert!(stored["source"].as_str().unwrap().starts_with("lambda gpu_1x_h100_sxm5 (1x"));
    assert_eq!(bill(&sheet(&farebox, "run", &["--offer", "aws:h100-sxm"])), (55.04, 8));
    let report = ["report", "run", "--offer", "aws:h100-sxm", "--format", "markdown"];
    assert!(farebox.run(&report).exits(0).stdout.contains("p5.48xlarge"));
    farebox.run(&["plot", "run", "--offer", "aws:h100-sxm", "-o", "a.svg"]).exits(0);
    let refused =
        farebox.run(&["price", "run", "--offer", "aws:h100-sxm", "--price-per-hour", "1"]);
    assert!(refused.exits(2).error().contains("--offer"));
    let run = ["run", "--engine", "vllm", "--model", "Qwen/Qwen3-8B", "--tp", "1,8", "--offer"];
    let dry = [&run[..], &["lambda:h100-sxm", "--dry-run"]].concat();
    let dry = farebox.run(&dry).exits(0).stdout;
    assert!(dry.contains("--price-per-hour 4.29 --gpus-per-box 1"), "{dry}");
    assert!(dry.contains("--price-per-hour 31.92 --gpus-per-box 8"), "{dry}");
}

#[test]
fn an_estimate_rents_whole_boxes_and_says_what_is_idle() {
    let farebox = Farebox::new();
    let of = |more: &[&str]| {
        let args = ["estimate", "Qwen/Qwen3-8B", "--gpu", "h100-sxm", "--format", "json"];
        let document = farebox.run(&[&args[..], more].concat()).exits(0).json();
        let price = &document["price"];
        assert!((price["recovery"].as_f64().unwrap() - 1.0).abs() < 1e-9, "{price}");
        let bill = (price["usd_per_hour_total"].as_f64(), price["gpus_billed"].as_u64());
        (bill.0.unwrap(), bill.1.unwrap(), document["notes"].to_string())
    };
    let (usd, gpus, notes) = of(&["--offer", "aws:h100-sxm"]);
    assert_eq!((usd, gpus), (55.04, 8));
    assert!(notes.contains("7 of the 8 h100-sxm billed are idle and paid for"), "{notes}");
    let (usd, gpus, notes) = of(&["--offer", "aws:h100-sxm", "--replicas", "8"]);
    assert_eq!((usd, gpus, notes.contains("idle")), (55.04, 8, false));
    assert_eq!(of(&["--gpus-per-box", "8"]).1, 8);
    let args = ["estimate", "Qwen/Qwen3-8B", "--gpu", "h100-sxm", "--tp", "2", "--gpus-used", "1"];
    assert!(farebox.run(&args).exits(2).error().starts_with("--gpus-used says 1"));
}

#[test]
fn a_curve_carries_its_price() {
    let farebox = Farebox::new();
    let args = ["estimate", "Qwen/Qwen3-8B", "--gpu", "l4", "--format", "json", "--out", "c.json"];
    let price = farebox.run(&args).exits(0).json()["price"].clone();
    let priced = sheet(&farebox, "c.json", &[]);
    assert_eq!(priced["tiers"][0]["usd_per_mtok_output"], price["usd_per_mtok_output"]);
    assert_eq!(priced["rental"]["source"], price["source"]);
    let farebox = benched(&["--price-per-hour", "2.5"]);
    assert_eq!(bill(&sheet(&farebox, "run/curve.json", &[])), (2.5, 1));
}

#[test]
fn what_is_not_sold_is_paid_for_by_what_is() {
    let farebox = benched(&["--price-per-hour", "2.5"]);
    let full = sheet(&farebox, "run", &[]);
    let half = sheet(&farebox, "run", &["--utilisation", "0.5"]);
    for name in ["usd_per_mtok_input", "usd_per_mtok_output", "usd_per_mtok_blended"] {
        let of = |sheet: &Value| sheet["tiers"][0][name].as_f64().unwrap();
        assert!((of(&half) / of(&full) - 2.0).abs() < 1e-9, "{name}");
    }
    let tier = &half["tiers"][0];
    let of = |name: &str| tier[name].as_f64().unwrap();
    let earned = of("input_tok_per_s") * of("usd_per_mtok_input")
        + of("output_tok_per_s") * of("usd_per_mtok_output");
    assert!((earned / 1e6 * 3600.0 / 2.5 - 1.0).abs() < 1e-9, "tokens sold pay the bill");
    assert!((of("recovery") - 1.0).abs() < 1e-9);
    assert_eq!(tier["usd_per_hour_total"], 2.5, "the bill stays");
    assert_eq!(half["utilisation"], 0.5);
    for wrong in ["0", "1.5", "-1", "x"] {
        let ran = farebox.run(&["price", "run", "--utilisation", wrong]).exits(2);
        assert!(ran.error().contains("--utilisation"), "{}", ran.error());
    }
}

#[test]
fn the_runs_own_verdict_is_told() {
    let farebox = benched(&["--price-per-hour", "1", "--slo", "x:ttft.p99=5s"]);
    assert_eq!(farebox.json("run/verdict.json")["verdict"], "WARN");
    let sheet = sheet(&farebox, "run", &[]);
    let (notes, tier) = (sheet["notes"].to_string(), sheet["tiers"][0]["notes"].to_string());
    assert!(notes.contains("the run's own verdict is WARN; ttft p99 needs 662"), "{notes}");
    assert!(tier.contains("ttft p99 rests on"), "{tier}");
}

#[test]
fn a_curve_that_cannot_be_is_refused() {
    let farebox = benched(&["--price-per-hour", "1"]);
    let text = farebox.text("run/curve.json").replace("\"value\": 2.0", "\"value\": -3.0");
    fs::write(farebox.path("c.json"), text).unwrap();
    let ran = farebox.run(&["price", "c.json"]).exits(2);
    assert_eq!(ran.error(), "c.json: points[0].offered.value: -3 is no load: it is above 0");
    assert_eq!(ran.stdout, "");
}
