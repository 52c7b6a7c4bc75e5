//! Which engine answers, and what is left out for its sake before it is asked.

use crate::support::{PROBES, Rig, settings};
use farebox_core::EngineKind;
use farebox_measure::Endpoint;
use farebox_testkit::{Answer, Script, ms};
use std::time::Instant;

const TGI_INFO: &str = r#"{"model_id":"m","version":"3.3.6","router":"text-generation-router",
    "max_total_tokens":4096}"#;

fn json(body: &str) -> Answer {
    Answer::status(200).body("application/json", body).into()
}

fn signed(owner: &str) -> Script {
    let list = format!(r#"{{"data":[{{"id":"m","object":"model","owned_by":"{owner}"}}]}}"#);
    Script::always(Answer::stream()).on_path("/v1/models", json(&list))
}

#[tokio::test]
async fn an_engine_is_known_by_its_answers_with_its_version() {
    let unsigned = || Script::always(Answer::stream());
    for (script, kind, version) in [
        (signed("vllm").on_path("/version", json(r#"{"version":"0.26.0"}"#)), "vllm", "0.26.0"),
        (
            signed("sglang").on_path("/get_server_info", json(r#"{"version":"0.5"}"#)),
            "sglang",
            "0.5",
        ),
        (unsigned().on_path("/info", json(TGI_INFO)), "tgi", "3.3.6"),
        (unsigned().on_path("/api/version", json(r#"{"version":"0.9.1"}"#)), "ollama", "0.9.1"),
        (
            unsigned().models_fail(500).on_path("/load_model", Answer::status(405)),
            "transformers",
            "",
        ),
    ] {
        let mut settings = settings();
        settings.model = Some("m".to_owned());
        let rig = Rig::with(script, settings).await;
        let server = &rig.prepared.server;
        let found = server.engine.map(EngineKind::name);
        assert_eq!((found, rig.prepared.engine), (Some(kind), server.engine));
        assert_eq!(server.engine_version.as_deref().unwrap_or(""), version, "{kind}");
        assert!(server.engine_clue.is_some() && rig.prepared.doubts.is_empty(), "{kind}");
    }
}

#[tokio::test]
async fn nobody_in_particular_is_nobody() {
    let rig = Rig::start(Script::always(Answer::stream())).await;
    assert_eq!((rig.prepared.engine, rig.prepared.server.engine_clue.clone()), (None, None));
}

/// Identifying costs three seconds at most, and nothing else.
#[tokio::test]
async fn a_server_that_hangs_on_strange_paths_is_measured_all_the_same() {
    let script = Script::always(Answer::stream())
        .on_path("/info", Answer::Silence)
        .on_path("/api/version", Answer::Silence);
    let began = Instant::now();
    let mut rig = Rig::start(script).await;
    assert!(began.elapsed() > ms(2900), "it was waited for");
    assert_eq!(rig.prepared.engine, None);
    assert!(rig.one_by_one(1).await[0].is_ok());
}

#[tokio::test]
async fn what_an_engine_is_known_to_lack_is_not_even_tried() {
    for (engine, left_out, kept) in [
        ("transformers", vec!["ignore_eos"], None),
        ("ollama", vec!["ignore_eos"], None),
        ("openai", vec!["ignore_eos"], None),
        ("vllm", vec![], Some("ignore_eos")),
        ("llama.cpp", vec![], Some("ignore_eos")),
    ] {
        let mut settings = settings();
        settings.engine = Some(engine.parse().unwrap());
        // It would refuse what must not be sent.
        let script = left_out.iter().fold(Script::always(Answer::stream()), |script, field| {
            script.refuse_field(field).refuse_field("min_tokens")
        });
        let mut rig = Rig::with(script, settings).await;
        assert!(rig.one_by_one(1).await[0].is_ok(), "{engine}");
        let negotiated = &rig.prepared.negotiated;
        let fields: Vec<_> = negotiated.iter().map(|n| n.field.as_str()).collect();
        assert_eq!(fields, left_out, "{engine}");
        assert!(negotiated.iter().all(|n| n.http_status.is_none() && n.message.contains(engine)));
        assert_eq!(rig.server.truth().len() - rig.truth().len(), PROBES, "{engine}: no refusal");
        let body = rig.truth()[0].json();
        assert_eq!(body.get("ignore_eos").is_some(), kept.is_some(), "{engine}: {body}");
    }
}

#[tokio::test]
async fn dynamo_is_told_among_its_extensions_too() {
    let mut settings = settings();
    settings.engine = Some(EngineKind::Dynamo);
    let mut rig = Rig::with(Script::always(Answer::stream()), settings).await;
    assert!(rig.one_by_one(1).await[0].is_ok());
    let body = rig.truth()[0].json();
    assert_eq!((&body["nvext"]["ignore_eos"], &body["ignore_eos"]), (&true.into(), &true.into()));
}

#[tokio::test]
async fn a_word_against_the_evidence_stands_and_is_doubted() {
    let mut settings = settings();
    settings.engine = Some(EngineKind::Sglang);
    settings.endpoint = Endpoint::parse("chat").unwrap();
    let rig =
        Rig::with(Script::always(Answer::stream()).on_path("/info", json(TGI_INFO)), settings);
    let prepared = rig.await.prepared;
    assert_eq!(
        (prepared.engine, prepared.server.engine),
        (Some(EngineKind::Sglang), Some(EngineKind::Tgi))
    );
    assert_eq!(
        prepared.doubts,
        ["--engine says sglang, but the server seems to be tgi: /info is TGI's"]
    );
}

#[tokio::test]
async fn a_known_engine_is_asked_for_its_own_reset_only() {
    use farebox_core::CacheState;
    use farebox_measure::CacheWish;
    for (engine, reset) in [("sglang", Some("/flush_cache")), ("ollama", None)] {
        let mut settings = settings();
        settings.engine = Some(engine.parse().unwrap());
        settings.cache = Some(CacheWish { state: CacheState::Cold, salt: 3 });
        let rig = Rig::with(Script::always(Answer::stream()), settings).await;
        let cache = rig.prepared.cache.as_ref().unwrap();
        assert_eq!(cache.reset_endpoint.as_deref(), reset, "{engine}");
        let resets = rig.server.truth().iter().filter(|x| x.path != "/v1/chat/completions").count();
        assert_eq!(resets, usize::from(reset.is_some()), "{engine}");
    }
}
