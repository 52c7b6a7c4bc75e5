//! Loads chosen on the way, points that end early, and loads that are offered again.

use crate::farebox::Farebox;
use farebox_engine::{Engine, EngineConfig, EngineHandle, TimeScale, preset};
use farebox_testkit::{Answer, Script, ScriptedServer, ms};
use tokio::runtime::Runtime;

/// Llama-3.1-8B on an A100, so many times as fast.
fn engine(runtime: &Runtime, time_scale: f64) -> EngineHandle {
    let model = preset::model("llama-3.1-8b").unwrap();
    let mut config = EngineConfig::new(model, preset::accelerator("a100-80gb").unwrap());
    config.time_scale = TimeScale::new(time_scale).unwrap();
    runtime.block_on(Engine::start(config)).unwrap()
}

#[test]
fn the_load_line_is_found_by_fewer_loads_than_a_fixed_sweep() {
    let (runtime, farebox) = (Runtime::new().unwrap(), Farebox::new());
    let engine = engine(&runtime, 2.0);
    let url = engine.url();
    let ran = farebox.bench(
        &url,
        &[
            "--search",
            "--concurrency",
            "1..64",
            "--search-resolution",
            "100%",
            "--slo",
            "chat:tpot.p90=9ms,errors.rate=5%",
            "--isl",
            "256",
            "--osl",
            "24",
            "--duration",
            "2s",
            "--price-per-hour",
            "3.60",
        ],
    );
    let ran = ran.exits(0);
    let report = farebox.json("run/search.json");
    let tier = &report["tiers"][0];
    let line = tier["load_line"].as_f64().unwrap();
    assert!(line >= 1.0 && (line < 64.0 || tier["beyond_range"] == true), "{report}");
    let points = farebox.json("run/curve.json")["points"].as_array().unwrap().clone();
    // The seeds' own sweep offers 1, 2, 4 ... 256: nine loads.
    assert!(points.len() < 9, "{report}");
    let machine_s = report["machine_s"].as_f64().unwrap();
    let usd = report["usd"].as_f64().unwrap();
    assert!((usd - machine_s / 1000.0).abs() < 1e-9, "{report}");
    assert!(ran.stderr.contains("machine-seconds, $"), "{}", ran.stderr);
}

#[test]
fn a_search_needs_a_promise() {
    let ran = Farebox::new().bench("http://127.0.0.1:9", &["--search"]).exits(2);
    assert!(ran.error().contains("--slo"), "{}", ran.error());
}

#[test]
fn a_point_ends_when_its_throughput_is_known() {
    let script = Script::always(Answer::stream().tokens_as_requested(ms(3), ms(1)));
    let (server, farebox) = (ScriptedServer::start(script).unwrap(), Farebox::new());
    let load = ["--target-interval", "30%", "--duration", "60s", "--format", "json"];
    let curve = farebox.bench(&server.url(), &load).exits(0).json();
    let point = &curve["points"][0];
    assert!(point["window_s"].as_f64().unwrap() < 40.0, "{}", point["window_s"]);
    let interval = &point["intervals"]["output_tok_per_s"];
    let width = interval["high"].as_f64().unwrap() - interval["low"].as_f64().unwrap();
    assert!(width / 2.0 < 0.4 * point["output_tok_per_s"].as_f64().unwrap(), "{interval}");
}

#[test]
fn a_rate_is_cut_short_as_well() {
    let script = Script::always(Answer::stream().tokens_as_requested(ms(3), ms(1)));
    let (server, farebox) = (ScriptedServer::start(script).unwrap(), Farebox::new());
    let ran = farebox.run(&[
        "bench",
        "--base-url",
        &server.url(),
        "--out",
        "run",
        "--isl",
        "32",
        "--osl",
        "8",
        "--request-rate",
        "80",
        "--arrivals",
        "constant",
        "--target-interval",
        "30%",
        "--duration",
        "60s",
        "--format",
        "json",
    ]);
    let curve = ran.exits(0).json();
    let requests = curve["points"][0]["requests"]["ok"].as_u64().unwrap();
    assert!((64..3000).contains(&requests), "{requests} of 4800");
}

#[test]
fn loads_offered_again_are_pooled_and_have_prompts_of_their_own() {
    let script = Script::always(Answer::stream().tokens_as_requested(ms(3), ms(1)));
    let (server, farebox) = (ScriptedServer::start(script).unwrap(), Farebox::new());
    let load = ["--repeat", "3", "--concurrency", "1,2", "--format", "json"];
    let curve = farebox.bench(&server.url(), &load).exits(0).json();
    let points = curve["points"].as_array().unwrap();
    assert_eq!(points.len(), 2);
    for point in points {
        assert_eq!((&point["repeats"], &point["requests"]["ok"]), (&3.into(), &36.into()));
        let each = point["apart"]["repeats"].as_array().unwrap();
        let answers: u64 = each.iter().map(|r| r["in_window"].as_u64().unwrap()).sum();
        assert_eq!((each.len(), answers), (3, point["requests"]["in_window"].as_u64().unwrap()));
        assert!(each.iter().all(|r| r["ttft_ms_p50"].as_f64() > Some(1.0)), "{each:?}");
        assert!(point["apart"]["spread"]["output_tok_per_s"].as_f64().is_some(), "{point}");
    }
    let read_back = farebox_experiment::load(&farebox.path("run")).unwrap().curves.remove(0);
    assert_eq!(read_back.points[1].repeats, 3);
    let marks = farebox.json("run/run.json")["points"].as_array().unwrap().clone();
    let order: Vec<f64> = marks.iter().map(|m| m["load"]["value"].as_f64().unwrap()).collect();
    assert_eq!(order, [1.0, 2.0, 1.0, 2.0, 1.0, 2.0], "drift meets every load");
}
