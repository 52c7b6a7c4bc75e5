//! The pricing seed's result file through the command line.

use crate::farebox::{Farebox, Ran};
use serde_json::Value;

pub(crate) const FILE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../price/fixtures/pricing-seed/Meta-Llama-3.1-8B-Instruct_DGX_Station_A100_80GB.jsonl"
);

const INSTANT: &str = "instant:ttft.mean=0.25s,tpot.mean=10ms";

fn price(more: &[&str]) -> Ran {
    let args = [&["price", FILE, "--price-per-hour", "5", "--format", "json"], more].concat();
    Farebox::new().run(&args)
}

fn tier<'a>(sheet: &'a Value, curve: &str) -> &'a Value {
    let tiers = sheet["tiers"].as_array().unwrap();
    tiers.iter().find(|tier| tier["curve"] == curve).unwrap()
}

/// The curve with the cheapest tokens, both kinds together.
fn winner(sheet: &Value) -> &str {
    let tiers = sheet["tiers"].as_array().unwrap();
    let blended = |tier: &&Value| tier["usd_per_mtok_blended"].as_f64().unwrap_or(f64::INFINITY);
    let best = tiers.iter().min_by(|a, b| blended(a).total_cmp(&blended(b))).unwrap();
    best["curve"].as_str().unwrap()
}

#[test]
fn the_published_headline_is_reproduced() {
    let sheet = price(&["--allocation", "double-count", "--slo", INSTANT]).exits(0).json();
    assert_eq!(sheet["schema"], "farebox.price/1");
    let headline = tier(&sheet, "w8a8_4");
    let dollars = |field: &str| format!("{:.4}", headline[field].as_f64().unwrap());
    assert_eq!(dollars("usd_per_mtok_input"), "0.2890");
    assert_eq!(dollars("usd_per_mtok_output"), "1.2144");
    assert!((headline["recovery"].as_f64().unwrap() - 2.0).abs() < 1e-9);
    let notes = sheet["notes"].to_string();
    assert!(notes.contains("charges the machine twice"), "{notes}");
}

#[test]
fn filling_the_box_changes_the_winner() {
    let box_of_four = ["--gpus-per-box", "4", "--slo", INSTANT];
    let one = price(&box_of_four).exits(0).json();
    let full = price(&[&box_of_four[..], &["--fill-box"]].concat()).exits(0).json();
    assert_eq!((winner(&one), winner(&full)), ("w8a8_4", "w8a8_1"));
    assert_eq!(tier(&full, "w8a8_1")["replicas"], 4);
    assert!((tier(&full, "w8a8_1")["recovery"].as_f64().unwrap() - 1.0).abs() < 1e-9);
    assert!(full["notes"].to_string().contains("assumed not to interfere"));
}

#[test]
fn a_percentile_of_a_mean_is_a_no() {
    let ran = price(&["--slo", "ttft.p90=10s"]).exits(4);
    assert!(ran.error().contains("only the mean is known"), "{}", ran.error());
    for tier in ran.json()["tiers"].as_array().unwrap() {
        assert_eq!(tier["usd_per_mtok_output"], Value::Null);
        assert!(tier["reason"].as_str().unwrap().contains("only the mean is known"));
    }
}

#[test]
fn a_required_tier_is_known_and_met_or_the_answer_is_no() {
    let lax = "lax:ttft.mean=10s";
    let never = "never:ttft.mean=1us";
    price(&["--slo", lax, "--slo", never, "--require", "lax"]).exits(0);
    let unmet = price(&["--slo", lax, "--slo", never, "--require", "never"]).exits(4);
    assert!(unmet.error().starts_with("tier `never` is not met: "), "{}", unmet.error());
    let unknown = price(&["--slo", lax, "--require", "best"]).exits(2);
    assert_eq!(unknown.error(), "--require: no tier is named `best`: there is lax");
    assert_eq!(unknown.stdout, "");
}

#[test]
fn a_price_needs_to_know_what_the_machine_costs() {
    let ran = Farebox::new().run(&["price", FILE]).exits(2);
    assert_eq!(ran.error(), "nobody said what the machine costs");
    assert_eq!(ran.stdout, "");
}

#[test]
fn tables_are_printed_in_every_format() {
    let farebox = Farebox::new();
    let run = |format| {
        let args = ["price", FILE, "--price-per-hour", "5", "--slo", INSTANT, "--format", format];
        farebox.run(&args).exits(0).stdout
    };
    let csv = run("csv");
    let columns = csv.lines().next().unwrap().split(',').count();
    assert!(csv.lines().next().unwrap().contains("usd_per_mtok_output"), "{csv}");
    assert!(csv.lines().count() >= 8 && columns > 10);
    assert!(run("markdown").contains("| --"), "{}", run("markdown"));
}

#[test]
fn a_person_reads_one_table_and_what_it_rests_on() {
    let args = ["price", FILE, "--price-per-hour", "5", "--gpus-per-box", "4", "--fill-box"];
    let ran = Farebox::new().run(&[&args[..], &["--slo", INSTANT]].concat()).exits(0);
    assert_eq!(ran.stderr, "");
    insta::assert_snapshot!(ran.stdout, @r"
    curve    tier     load      replicas  input  output    input  output  blended  recovery
                                          tok/s   tok/s   $/Mtok  $/Mtok   $/Mtok
    ───────────────────────────────────────────────────────────────────────────────────────
    base_1   instant  no price         —      —       —        —       —        —         —
    w8a8_1   instant  batch 4          4  6,482   1,543  0.01472  0.8385   0.1731      1.00
    w4a16_1  instant  batch 1          4  2,386     569  0.03105  2.3093   0.4699      1.00
    w8a8_2   instant  batch 4          2  4,449   1,057  0.02155  1.2231   0.2522      1.00
    w4a16_2  instant  batch 2          2  2,497     594  0.04876  2.1323   0.4492      1.00
    w8a8_4   instant  batch 8          1  4,806   1,144  0.03508  1.0670   0.2334      1.00
    w4a16_4  instant  batch 4          1  2,703     645  0.06555  1.8786   0.4149      1.00

    instant: ttft mean ≤ 250 ms, tpot mean ≤ 10 ms
    No price, base_1: batch 1: tpot mean is 12.0 ms, over 10.0 ms.
    Bill: $5.00 per hour for 4 GPUs (--price-per-hour); shared by as many replicas as fit.
    Allocation: time (prefill time pays for input, decode time for output, basis ttft1).
    Cheapest blended: instant w8a8_1.
    Note: replicas assumed not to interfere; not measured.
    ");
}

#[test]
fn curves_are_drawn_into_one_picture() {
    let farebox = Farebox::new();
    let args = ["plot", FILE, "--price-per-hour", "5", "--slo", INSTANT, "-o", "seed.svg"];
    let ran = farebox.run(&args).exits(0);
    assert_eq!(ran.stdout, "seed.svg\n");
    let svg = farebox.text("seed.svg");
    assert!(svg.starts_with("<svg") && svg.trim_end().ends_with("</svg>"));
    assert!(svg.contains("w8a8_4") && svg.contains("instant"));
    assert_eq!(farebox.files().len(), 1);
}
