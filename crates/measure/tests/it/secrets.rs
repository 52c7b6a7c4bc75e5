//! Keys are sent and never written down, not even when the server repeats them.

use crate::support::{PROBES, Records, prepare_at, settings, target};
use farebox_measure::{Bound, Cancel, Load, RunClock, Surroundings, Target, prepare};
use farebox_testkit::{Answer, Script, ScriptedServer, StatusAnswer};

const KEY: &str = "sk-0123456789abcdef";

fn echo(status: u16) -> StatusAnswer {
    let body =
        format!(r#"{{"error":{{"message":"Incorrect API key provided: {KEY} (Bearer {KEY})"}}}}"#);
    Answer::status(status).body("application/json", body)
}

fn keyed(server: &ScriptedServer) -> Target {
    let mut target = target(&server.url());
    target.add_api_key(KEY).unwrap();
    target
}

#[tokio::test]
async fn a_key_is_sent_with_every_request_and_kept_out_of_every_record() {
    let script = Script::always(Answer::stream()).on_ordinals(PROBES + 1..PROBES + 2, echo(401));
    let server = ScriptedServer::start(script).unwrap();
    let records = Records::default();
    let around =
        Surroundings { clock: RunClock::start(), cancel: Cancel::default(), sink: records.sink() };
    let mut prepared = prepare(&keyed(&server), &settings(), around).await.unwrap();
    prepared.generator.run_point(0, Load::Concurrency(1), Bound::Requests(3)).await;

    let bearer = ("authorization".to_owned(), format!("Bearer {KEY}"));
    assert!(server.truth().iter().all(|exchange| exchange.headers.contains(&bearer)));
    let text = serde_json::to_string(&records.all()).unwrap();
    assert!(text.contains("Incorrect API key provided: [redacted]"), "{text}");
    assert!(!text.contains(KEY), "{text}");
}

#[tokio::test]
async fn a_refusal_that_repeats_the_key_is_told_without_it() {
    let server = ScriptedServer::start(Script::always(echo(401))).unwrap();
    let error = prepare_at(&keyed(&server), &settings()).await.err().unwrap().to_string();
    assert!(error.contains("Incorrect API key provided: [redacted]"), "{error}");
    assert!(!error.contains(KEY), "{error}");
}
