//! Fields that servers refuse, and prompts of the length asked for.

use crate::support::{Records, Rig, fixed, prepare_at, settings, target};
use farebox_core::run::Negotiated;
use farebox_engine::{Engine, EngineConfig, TimeScale, preset};
use farebox_measure::{Bound, Cancel, Load, PrepareError, RunClock, Surroundings, prepare};
use farebox_testkit::{Answer, Script, ScriptedServer};

fn fields(negotiated: &[Negotiated]) -> Vec<(&str, Option<&str>, u16)> {
    let of = |n: &'_ Negotiated| n.http_status.unwrap_or(0);
    negotiated.iter().map(|n| (n.field.as_str(), n.replaced_by.as_deref(), of(n))).collect()
}

#[tokio::test]
async fn a_refused_field_is_given_up_once_and_recorded() {
    let well = || Script::always(Answer::stream());
    let limit = Answer::refuse_field(400, "max_tokens");
    for (name, script, expected, gone) in [
        (
            "ignore_eos and what replaces it",
            well().refuse_field("ignore_eos").refuse_field("min_tokens"),
            vec![("ignore_eos", Some("min_tokens"), 422), ("min_tokens", None, 422)],
            vec!["ignore_eos", "min_tokens"],
        ),
        (
            "stream_options",
            well().refuse_field("stream_options"),
            vec![("stream_options", None, 422)],
            vec!["stream_options"],
        ),
        (
            "max_tokens",
            well().on_field("max_tokens", limit),
            vec![("max_tokens", Some("max_completion_tokens"), 400)],
            vec!["max_tokens"],
        ),
    ] {
        let mut rig = Rig::start(script).await;
        let records = rig.one_by_one(3).await;
        assert!(records.iter().all(farebox_core::RequestRecord::is_ok), "{name}: {records:?}");
        assert_eq!(fields(&rig.prepared.negotiated), expected, "{name}");
        assert!(rig.prepared.negotiated.iter().all(|n| n.message.contains(&n.field)), "{name}");
        for exchange in rig.truth() {
            let body = exchange.json();
            assert!(gone.iter().all(|field| body.get(field).is_none()), "{name}: {body}");
        }
        let refused = rig.server.truth().len() - rig.truth().len() - 2;
        assert_eq!(refused, expected.len(), "{name}: asked once too often");
    }
}

#[tokio::test]
async fn what_replaces_ignore_eos_fixes_the_length_asked_for() {
    let mut rig = Rig::start(Script::always(Answer::stream()).refuse_field("ignore_eos")).await;
    assert!(rig.one_by_one(1).await[0].is_ok());
    let body = rig.truth()[0].json();
    assert_eq!((&body["max_tokens"], &body["min_tokens"]), (&8.into(), &8.into()), "{body}");
}

#[tokio::test]
async fn a_server_that_refuses_everything_is_not_measured() {
    let server = ScriptedServer::start(Script::always(Answer::status(400))).unwrap();
    match prepare_at(&target(&server.url()), &settings()).await.err().unwrap() {
        PrepareError::Refused(detail) => {
            assert_eq!(detail, "HTTP 400: the script says no");
        }
        other => panic!("{other}"),
    }
}

/// A failing server is measured all the same: failing is a result too.
#[tokio::test]
async fn a_server_that_fails_is_measured() {
    let mut rig = Rig::start(Script::always(Answer::status(500))).await;
    assert!(rig.prepared.negotiated.is_empty());
    assert!(!rig.one_by_one(1).await[0].is_ok());
}

/// The simulated engine counts a word as one token and adds its chat template.
#[tokio::test]
async fn prompts_have_the_length_asked_for_as_the_server_counts() {
    let [model, gpu] = ["llama-3.1-8b", "a100-80gb"];
    let mut config =
        EngineConfig::new(preset::model(model).unwrap(), preset::accelerator(gpu).unwrap());
    config.time_scale = TimeScale::new(50.0).unwrap();
    let engine = Engine::start(config).await.unwrap();
    for isl in [11, 128, 1000] {
        let mut settings = settings();
        settings.workload = fixed(isl, 8);
        let records = Records::default();
        let (clock, cancel) = (RunClock::start(), Cancel::default());
        let around = Surroundings { clock, cancel, sink: records.sink() };
        let mut prepared = prepare(&target(&engine.url()), &settings, around).await.unwrap();
        prepared.generator.run_point(0, Load::Concurrency(2), Bound::Requests(4)).await;
        let measured = records.all().into_iter().filter(|record| record.request_id.contains("p0"));
        let counted: Vec<_> = measured.map(|record| record.input_tokens).collect();
        assert_eq!(counted, [Some(u64::from(isl)); 4]);
    }
    engine.shutdown().await.unwrap();
}
