//! What the API says of many machines at once is what it says of each, and what the pages say.

use crate::support::Site;
use serde_json::Value;

#[test]
fn accelerators_are_ranked_as_each_is_estimated() {
    let site = Site::start();
    let asked = "model=Qwen/Qwen3-32B&isl=1024&osl=256&concurrency=8";
    let ranked = site.get(&format!("/api/v1/estimate/gpus?{asked}")).json();
    let estimates = ranked["estimates"].as_array().unwrap();
    let pool = |estimate: &Value| estimate["deployment"]["pools"][0].clone();
    let price = |estimate: &Value| estimate["price"]["usd_per_mtok_blended"].as_f64();
    let prices: Vec<f64> = estimates.iter().map(|e| price(e).unwrap_or(f64::INFINITY)).collect();
    assert!(prices.len() > 20 && prices.is_sorted(), "{prices:?}");
    let wide = estimates.iter().find(|e| pool(e)["tp"] == 4).unwrap();
    for estimate in [&estimates[0], wide] {
        assert_eq!(estimate["memory"]["fits"], true);
        let (gpu, tp) = (pool(estimate)["gpu"].clone(), pool(estimate)["tp"].clone());
        let one =
            site.get(&format!("/api/v1/estimate?{asked}&gpu={}&tp={tp}", gpu.as_str().unwrap()));
        assert_eq!(&one.json(), estimate);
        let half = format!(
            "/api/v1/estimate?{asked}&gpu={}&tp={}",
            gpu.as_str().unwrap(),
            tp.as_u64().unwrap() / 2
        );
        assert!(tp == 1 || site.get(&half).json()["memory"]["fits"] == false, "the narrowest");
    }
    let page = site.get(&format!("/parts/gpus?{asked}")).body;
    let places: Vec<usize> = estimates
        .iter()
        .map(|e| page.find(&format!("gpu={}&amp;", pool(e)["gpu"].as_str().unwrap())).unwrap_or(0))
        .collect();
    assert!(places[0] > 0 && places.is_sorted(), "the page has the same order: {places:?}");
    for (query, code) in [
        ("model=Qwen/Qwen3-8B&tp=2", "parameter"),
        ("model=api:openai/gpt-4", "model"),
        ("", "model"),
    ] {
        let refused = site.get(&format!("/api/v1/estimate/gpus?{query}"));
        assert_eq!((refused.status, refused.code().as_str()), (400, code), "{query}");
    }
}

#[test]
fn a_machine_breaks_even_where_its_month_costs_what_hosted_requests_do() {
    let site = Site::start();
    let asked = "model=meta-llama/Llama-3.1-8B-Instruct&gpu=l40s&isl=6000&osl=300&concurrency=16";
    let even = site.get(&format!("/api/v1/breakeven?{asked}&price_per_hour=1")).json();
    let month = even["usd_per_month"].as_f64().unwrap();
    assert!((month - 730.0).abs() < 1.0, "a month has 730 hours: {month}");
    let capacity = even["capacity_requests_per_month"].as_f64().unwrap();
    let per_s = even["estimate"]["system"]["requests_per_s"].as_f64().unwrap();
    assert!((capacity / (per_s * 3600.0 * month) - 1.0).abs() < 1e-9);
    let hosted = even["hosted"].as_array().unwrap();
    let cost = |held: &Value| held["usd_per_request"].as_f64().unwrap();
    assert!(hosted.len() > 50 && hosted.iter().map(cost).is_sorted());
    let (mut ever, mut never) = (0, 0);
    for held in hosted {
        let Some(requests) = held["requests_per_month"].as_f64() else {
            assert!(capacity * cost(held) < month, "dearer even when full: {held}");
            never += 1;
            continue;
        };
        assert!((requests * cost(held) / month - 1.0).abs() < 1e-9, "{held}");
        let used = held["utilisation"].as_f64().unwrap();
        assert!((used * capacity / requests - 1.0).abs() < 1e-9, "{held}");
        ever += 1;
    }
    assert!(ever > 0 && never > 0, "{ever} {never}");
    let misfit = site.get("/api/v1/breakeven?model=Qwen/Qwen3-32B&gpu=t4");
    assert_eq!((misfit.status, misfit.code().as_str()), (422, "does_not_fit"));
}
