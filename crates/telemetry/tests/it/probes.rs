//! Which endpoints each engine is asked at, and what a server without metrics says.

use crate::server::{Answer, serve};
use farebox_core::{EngineKind, Signal};
use farebox_measure::{BaseUrl, Target};
use farebox_telemetry::{EngineProbe, EngineReading, EngineSettings, ScrapeError};
use std::net::SocketAddr;

const SLOTS: &str = include_str!("../scrapes/llama-server-slots.json");

fn probe(addr: SocketAddr, kind: EngineKind) -> EngineProbe {
    let target = Target::new(BaseUrl::parse(&format!("http://{addr}")).unwrap());
    EngineProbe::new(target, Some(kind)).unwrap()
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(future)
}

fn ask(addr: SocketAddr, kind: EngineKind) -> Result<EngineReading, ScrapeError> {
    block_on(probe(addr, kind).ask())
}

#[test]
fn llama_cpp_without_metrics_still_shows_its_slots() {
    let addr = serve(|path| match path {
        "/slots" => Answer::Body(SLOTS.to_owned()),
        _ => Answer::Status(501),
    });
    let reading = ask(addr, EngineKind::LlamaCpp).unwrap();
    assert_eq!(reading.value(Signal::KvCapacityTokens), Ok(8192.0));
    assert_eq!(reading.value(Signal::RequestsRunning), Ok(0.0));
    assert!(ask(serve(|_| Answer::Status(501)), EngineKind::LlamaCpp).is_err());
}

#[test]
fn llama_cpp_is_asked_for_its_slots_even_where_only_its_metrics_told_who_it_is() {
    let addr = serve(|path| match path {
        "/metrics" => Answer::Body("llamacpp:requests_processing 3\n".to_owned()),
        "/slots" => Answer::Body(SLOTS.to_owned()),
        path => panic!("{path}"),
    });
    let reading = ask(addr, EngineKind::OpenAi).unwrap();
    assert_eq!(reading.kind, Some(EngineKind::LlamaCpp));
    assert_eq!(reading.value(Signal::KvUsedFraction), Ok(0.0));
    assert_eq!(reading.value(Signal::RequestsRunning), Ok(3.0), "what it counts itself goes first");
}

#[test]
fn trtllm_is_asked_in_prometheus_format_first() {
    let both = serve(|path| match path {
        "/prometheus/metrics" => Answer::Body("trtllm_num_requests_running 5\n".to_owned()),
        path => panic!("{path}"),
    });
    let reading = ask(both, EngineKind::Trtllm).unwrap();
    assert_eq!(reading.value(Signal::RequestsRunning), Ok(5.0));
    let json = serve(|path| match path {
        "/metrics" => Answer::Body(r#"[{"iter": 1, "numActiveRequests": 2}]"#.to_owned()),
        _ => Answer::Status(404),
    });
    let reading = ask(json, EngineKind::Trtllm).unwrap();
    assert_eq!(reading.value(Signal::RequestsRunning), Ok(2.0));
}

#[test]
fn an_engine_without_metrics_is_not_even_asked() {
    let addr = serve(|path| panic!("{path}"));
    for kind in [EngineKind::Transformers, EngineKind::Ollama] {
        let error = ask(addr, kind).unwrap_err();
        assert_eq!(error.to_string(), format!("{kind} publishes no metrics"));
    }
}

#[test]
fn settings_come_from_metrics_and_pages_together() {
    let addr = serve(|path| match path {
        "/metrics" => Answer::Body(crate::scrapes::VLLM.to_owned()),
        "/v1/models" => {
            Answer::Body(r#"{"data": [{"id": "m", "max_model_len": 2048}]}"#.to_owned())
        }
        _ => Answer::Status(404),
    });
    let settings = block_on(async {
        let target = Target::new(BaseUrl::parse(&format!("http://{addr}")).unwrap());
        let probe = EngineProbe::new(target, Some(EngineKind::OpenAi)).unwrap();
        assert_eq!(probe.kind(), None, "a gateway's engine is told by its metrics");
        let probe = probe.recognised().await.unwrap();
        assert_eq!(probe.kind(), Some(EngineKind::Vllm));
        probe.settings().await
    });
    let expected = EngineSettings {
        kv_capacity_tokens: Some(2560),
        kv_blocks: Some(80),
        block_tokens: Some(32),
        memory_fraction: Some(0.92),
        max_running: None,
        max_model_len: Some(2048),
        kv_dtype: Some("auto".to_owned()),
        prefix_caching: Some(true),
    };
    assert_eq!(settings, expected);
    let stored = serde_json::to_value(&settings).unwrap();
    assert_eq!(stored["kv_capacity_tokens"], 2560);
    assert_eq!(stored.get("max_running"), None, "what is not said is not written");
}
