//! The product's main promise, at two seconds a load instead of five.

use crate::farebox::Farebox;
use serde_json::Value;
use std::time::Duration;

#[test]
fn the_whole_story_offline_in_under_a_minute() {
    let farebox = Farebox::new();
    let begun = std::time::Instant::now();
    let args =
        ["quickstart", "--offline", "--duration", "2s", "--out", "hello", "--format", "json"];
    let ran = farebox.run(&args).exits(0);
    // Five loads, each four seconds shorter than by default.
    let whole = begun.elapsed() + Duration::from_secs(5 * 4);
    assert!(whole < Duration::from_mins(1), "it would have taken {whole:?}");
    assert!(ran.stderr.contains("scaled to an eighth"), "{}", ran.stderr);
    let sheet = ran.json();
    let tiers = sheet["tiers"].as_array().unwrap();
    let names: Vec<&Value> = tiers.iter().map(|tier| &tier["name"]).collect();
    assert_eq!(names, ["relaxed", "fast", "instant"]);
    for tier in tiers {
        assert!(tier["usd_per_mtok_output"].as_f64().unwrap() > 0.0, "{tier}");
        assert!((tier["recovery"].as_f64().unwrap() - 1.0).abs() < 1e-9);
    }
    for pair in tiers.windows(2) {
        let [lax, strict] =
            [&pair[0], &pair[1]].map(|t| t["usd_per_mtok_blended"].as_f64().unwrap());
        assert!(lax <= strict, "a stricter promise is not cheaper: {lax}, {strict}");
    }

    let records = farebox.measured("hello");
    assert!(records.len() > 100, "{} requests over HTTP", records.len());
    let whole = |r: &Value| {
        r["http_status"] == 200 && r["status"] == "ok" && r["output_tokens"] == r["osl_requested"]
    };
    assert!(records.iter().all(whole));
    let manifest = farebox.json("hello/run.json");
    let asked = &manifest["workload"];
    assert_eq!((&asked["isl"], &asked["osl"]), (&304.into(), &53.into()), "an eighth of the means");
    assert_eq!(asked["lengths"], "traffic wildchat-2024-03, an eighth");
    assert!(manifest["server"]["base_url"].as_str().unwrap().starts_with("http://127.0.0.1:"));
    assert!(farebox.text("hello/curve.svg").starts_with("<svg"));

    let matrix = farebox.json("hello/matrix.json");
    assert_eq!(
        (&matrix["schema"], &matrix["state"]),
        (&"farebox.matrix/1".into(), &"complete".into())
    );
    let cell = &matrix["cells"][0];
    assert_eq!((&cell["dir"], &cell["state"]), (&".".into(), &"done".into()));
    let curve = farebox.path("hello").join(cell["curve"].as_str().unwrap());
    assert!(curve.exists(), "{}", curve.display());
    for (of_cell, tier) in cell["tiers"].as_array().unwrap().iter().zip(tiers) {
        assert_eq!(of_cell["usd_per_mtok_output"], tier["usd_per_mtok_output"]);
    }
    assert_eq!(matrix["best"][0]["by_price"]["cell"], cell["name"]);
    let asked = cell["asked"].as_array().unwrap();
    assert!(asked.windows(2).any(|words| words == ["--duration", "2s"]), "{asked:?}");
    assert!(!farebox.path("hello/cells").exists(), "its only run is in the same place");

    for file in ["curve.json", "verdict.json", "curve.svg"] {
        std::fs::remove_file(farebox.path("hello").join(file)).unwrap();
    }
    let again = farebox.run(&["price", "hello", "--format", "json"]).exits(0).json();
    assert_eq!(again["tiers"], sheet["tiers"], "the records alone give the same matrix");
}
