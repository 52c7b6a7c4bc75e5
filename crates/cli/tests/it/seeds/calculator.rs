//! The closed-form calculator: latency per model, whatever the hardware.

use super::{close, number};
use serde_json::Value;

const FILE: &str = include_str!("../../../fixtures/closed-form-seeds/calculator.json");

/// Its file: constants and answers.
pub(super) fn file() -> Value {
    serde_json::from_str(FILE).unwrap()
}

/// What it answers: milliseconds, GB, USD.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Answer {
    pub(super) latency_ms: f64,
    pub(super) memory_gb: f64,
    pub(super) cost_usd: f64,
}

/// Its formulas for one of the cases.
pub(super) fn formula(file: &Value, case: &Value) -> Answer {
    let name = |field: &str| case[field].as_str().unwrap().to_owned();
    let profile = &file["model_profiles"][name("model_size")];
    let of = |field: &str| number(profile, &format!("/{field}"));
    let (tokens, batch) = (number(case, "/tokens"), number(case, "/batch_size"));
    let hosted = name("deployment_mode") == "API-hosted";
    let several = batch > 1.0;
    let base = of("base_latency_ms") * if several { 1.2 } else { 1.0 };
    let network = if hosted { 100.0 } else { 0.0 };
    let gain = if several { batch / 1.5 } else { 1.0 };
    let latency_ms = base + network + of("token_latency_ms") * tokens * gain;
    if hosted {
        let cost_usd = tokens / 1000.0 * of("cost_per_1k_tokens_usd") * batch;
        return Answer { latency_ms, memory_gb: 0.0, cost_usd };
    }
    let cache = tokens / 1000.0 * of("memory_gb_per_1k_tokens") * batch;
    let hourly = number(file, &format!("/hardware/{}/cost_per_hour_usd", name("hardware_type")));
    Answer {
        latency_ms,
        memory_gb: 1.2 * (of("min_gpu_memory_gb") + cache),
        cost_usd: latency_ms / 3.6e6 * hourly,
    }
}

#[test]
fn its_formulas_give_its_answers() {
    let file = file();
    let cases = file["golden"].as_array().unwrap();
    assert_eq!(cases.len(), 7);
    for case in cases {
        let answer = formula(&file, case);
        assert!(close(answer.latency_ms, number(case, "/latency_ms"), 1e-9), "{case}");
        assert!(close(answer.memory_gb, number(case, "/memory_gb"), 1e-9), "{case}");
        assert!(close(answer.cost_usd, number(case, "/cost_usd"), 1e-9), "{case}");
    }
}

#[test]
fn hardware_never_enters_its_latency() {
    let file = file();
    let mut case = file["golden"][0].clone();
    let mut latency = |hardware: &str| {
        case["hardware_type"] = hardware.into();
        formula(&file, &case).latency_ms
    };
    let all = [latency("CPU"), latency("T4"), latency("A100")];
    assert!(all.iter().all(|ms| close(*ms, 30_150.0, 1e-12)), "{all:?}");
}

#[test]
fn a_batch_gains_a_factor_of_one_and_a_half_and_never_more() {
    let file = file();
    let mut case = file["golden"][1].clone();
    let mut per_request = |batch: f64| {
        case["batch_size"] = batch.into();
        formula(&file, &case).latency_ms / batch
    };
    let (two, hundred) = (per_request(2.0), per_request(100.0));
    // All that is left to gain is the share of a constant start.
    assert!(two / hundred < 1.003, "{two} {hundred}");
}

#[test]
fn its_cache_is_a_hundred_times_too_small() {
    let stated = number(&file(), "/model_profiles/7B/memory_gb_per_1k_tokens");
    // 32 layers of keys and values, 4096 elements each, two bytes.
    let kept = 1000.0 * 32.0 * 2.0 * 4096.0 * 2.0 / 1e9;
    assert!(kept / stated > 100.0, "{kept} against {stated}");
}
