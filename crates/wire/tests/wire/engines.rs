//! Engines told apart by what they say of themselves: as recorded, and as their sources say.

use crate::recordings;
use farebox_core::EngineKind;
use farebox_wire::engine::{Answer, Evidence, FixedOutput, Identity, Profile};
use farebox_wire::request::Api;

/// Asks until nothing is left to ask; the verdict and how many questions it took.
fn ask<R: Into<Option<Answer>>>(reply: impl Fn(&str) -> R) -> (Option<Identity>, usize) {
    let mut evidence = Evidence::default();
    let mut questions = 0;
    while let Some(path) = evidence.next_question() {
        evidence.add(path, reply(path).into());
        questions += 1;
        assert!(questions < 20, "asked round in circles");
    }
    (evidence.identity(), questions)
}

fn says(status: u16, body: &str) -> Answer {
    Answer { status, server: Some("uvicorn".to_owned()), body: body.as_bytes().to_vec() }
}

/// Answers one path, and 404 to all others.
fn only(path: &'static str, status: u16, body: &'static str) -> impl Fn(&str) -> Answer {
    move |asked| {
        if asked == path { says(status, body) } else { says(404, r#"{"detail":"Not Found"}"#) }
    }
}

#[test]
fn recorded_servers_are_recognised() {
    for (engine, kind, version, most) in [
        ("vllm", EngineKind::Vllm, Some("0.32.0"), 2),
        ("llama-server", EngineKind::LlamaCpp, Some("b0-unknown"), 2),
    ] {
        let (identity, questions) = ask(|path| {
            let case = match path {
                "/v1/models" => "01-models",
                "/version" => "03-version",
                "/props" => "06-props",
                _ => "50-err-no-such-path",
            };
            let recording = recordings::read(engine, case);
            Answer { status: recording.status, server: None, body: recording.body }
        });
        let identity = identity.unwrap();
        assert_eq!((identity.kind, identity.version.as_deref()), (kind, version));
        assert!(questions <= most, "{engine}: {questions} questions");
    }
}

/// Its list fails for a model outside the hub's cache. The answer to `/load_model` is what 5.23.0
/// said on 2026-11-25.
#[test]
fn transformers_serve_is_known_by_a_route_that_turns_gets_away() {
    let models = recordings::read("transformers-serve", "01-models");
    let (identity, _) = ask(|path| match path {
        "/v1/models" => Answer { status: models.status, server: None, body: models.body.clone() },
        "/load_model" => says(405, r#"{"detail":"Method Not Allowed"}"#),
        _ => says(404, r#"{"detail":"Not Found"}"#),
    });
    let identity = identity.unwrap();
    assert_eq!((identity.kind, identity.version), (EngineKind::Transformers, None));
}

#[test]
fn the_others_are_recognised_as_their_sources_say() {
    use EngineKind::{Dynamo, Farebox, Ollama, OpenAi, Sglang, Tgi, Trtllm, Vllm};
    let list = |owner: &str, object: &str| {
        format!(
            r#"{{"object":"list","data":[{{"id":"m","object":"{object}","owned_by":"{owner}"}}]}}"#
        )
    };
    for (owner, object, kind) in [
        ("sglang", "model", Some(Sglang)),
        ("tensorrt_llm", "model", Some(Trtllm)),
        ("library", "model", Some(Ollama)),
        ("nvidia", "object", Some(Dynamo)),
        ("nvidia", "model", None),
        ("farebox", "model", Some(Farebox)),
        ("system", "model", Some(OpenAi)),
        ("somebody", "model", None),
    ] {
        let (identity, _) = ask(|path| match path {
            "/v1/models" => says(200, &list(owner, object)),
            _ => says(404, "{}"),
        });
        assert_eq!(identity.map(|identity| identity.kind), kind, "{owner}");
    }
    for (path, status, body, kind) in [
        ("/info", 200, r#"{"router":"text-generation-router","version":"3.3.6"}"#, Some(Tgi)),
        ("/info", 200, r#"{"version":"1.4.0","max_batch_total_tokens":16000}"#, Some(Tgi)),
        ("/info", 200, r#"{"name":"a gateway","version":"1"}"#, None),
        ("/api/version", 200, r#"{"version":"0.9.1"}"#, Some(Ollama)),
        ("/api/version", 200, "{}", None),
        ("/metrics", 200, "# TYPE vllm:num_requests_running gauge\n", Some(Vllm)),
        ("/metrics", 200, "sglang:token_usage{model=\"m\"} 0.1\n", Some(Sglang)),
        ("/metrics", 200, "vllm:x 1\ndynamo_frontend_inflight_requests 0\n", Some(Dynamo)),
        ("/metrics", 200, "# HELP up vllm: is it?\npython_gc_objects_total 1\n", None),
        ("/metrics", 500, "vllm:x 1\n", None),
    ] {
        let (identity, _) = ask(only(path, status, body));
        assert_eq!(identity.map(|identity| identity.kind), kind, "{path} {body}");
    }
}

#[test]
fn silence_and_nonsense_are_nobody_and_end() {
    assert_eq!(ask(|_| None::<Answer>), (None, 5));
    assert_eq!(ask(|_| says(200, "<html>[{\u{fffd}")), (None, 5));
    assert_eq!(ask(|_| says(200, r#"{"data":[{"owned_by":7}],"version":null}"#)).0, None);
}

#[test]
fn a_version_that_is_not_said_is_asked_for_once_and_unknown() {
    let (identity, questions) = ask(only("/v1/models", 200, r#"{"data":[{"owned_by":"sglang"}]}"#));
    assert_eq!((identity.unwrap().version, questions), (None, 3));
    for version in ["", "1\n2", &"9".repeat(101)] {
        let stated = serde_json::json!({ "version": version }).to_string();
        let (identity, _) = ask(|path| match path {
            "/v1/models" => says(200, r#"{"data":[{"owned_by":"vllm"}]}"#),
            _ => says(200, &stated),
        });
        assert_eq!(identity.unwrap().version, None, "{version:?} is no version");
    }
}

/// How a length is fixed, engine by engine: the table of the documentation.
#[test]
fn every_engine_fixes_lengths_in_its_way() {
    use FixedOutput::{IgnoreEos, LimitOnly};
    for (kind, chat) in [
        (EngineKind::Vllm, IgnoreEos),
        (EngineKind::Sglang, IgnoreEos),
        (EngineKind::Tgi, LimitOnly),
        (EngineKind::Trtllm, IgnoreEos),
        (EngineKind::LlamaCpp, IgnoreEos),
        (EngineKind::Ollama, LimitOnly),
        (EngineKind::Transformers, LimitOnly),
        (EngineKind::Dynamo, IgnoreEos),
        (EngineKind::Farebox, IgnoreEos),
        (EngineKind::OpenAi, LimitOnly),
    ] {
        let profile = Profile::of(kind);
        assert_eq!((profile.kind, profile.fixed_output(Api::Chat)), (kind, chat));
        assert!(profile.speaks(Api::Chat) && profile.speaks(Api::Completions), "{kind}");
    }
    assert_eq!(Profile::of(EngineKind::Sglang).fixed_output(Api::SglangGenerate), IgnoreEos);
    assert_eq!(Profile::of(EngineKind::Tgi).fixed_output(Api::TgiGenerate), LimitOnly);
}
