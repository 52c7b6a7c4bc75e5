//! Keys reach the server and nothing else.

use crate::farebox::{Farebox, Ran};
use farebox_testkit::{Answer, Script, ScriptedServer, StatusAnswer};
use std::fs;

const KEY: &str = "sk-abcdef0123456789";
const TEAM: &str = "team-secret-77";

/// An error that repeats everything it was sent.
fn echo(status: u16) -> StatusAnswer {
    let body = format!(r#"{{"error":{{"message":"bad key {KEY}, or Bearer {KEY}, or {TEAM}"}}}}"#);
    Answer::status(status).body("application/json", body)
}

fn bench(script: Script) -> (ScriptedServer, Farebox, Ran) {
    let server = ScriptedServer::start(script).unwrap();
    let farebox = Farebox::new().env("OPENAI_API_KEY", KEY);
    let header = format!("X-Gateway: {TEAM}");
    let inline = format!("--header=X-Other: {TEAM}-2");
    let ran = farebox.bench(&server.url(), &["--format", "json", "--header", &header, &inline]);
    (server, farebox, ran)
}

fn kept_secret(farebox: &Farebox, ran: &Ran) {
    let files = farebox.files();
    let texts = files.iter().map(|file| fs::read_to_string(file).unwrap());
    for text in texts.chain([ran.stdout.clone(), ran.stderr.clone()]) {
        for secret in [KEY, TEAM] {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
    }
}

#[test]
fn keys_and_headers_are_sent_and_never_written() {
    let script = Script::always(Answer::stream()).on_ordinals(5..7, echo(401));
    let (server, farebox, ran) = bench(script);
    let ran = ran.exits(0);
    for (name, value) in [
        ("authorization", format!("Bearer {KEY}")),
        ("x-gateway", TEAM.to_owned()),
        ("x-other", format!("{TEAM}-2")),
    ] {
        let header = (name.to_owned(), value);
        assert!(server.truth().iter().all(|exchange| exchange.headers.contains(&header)));
    }
    kept_secret(&farebox, &ran);
    let command = farebox.json("run/run.json")["command"].to_string();
    assert!(command.contains("X-Gateway: [redacted]"), "{command}");
    assert!(farebox.text("run/requests.jsonl").contains("bad key [redacted]"));
}

#[test]
fn a_refusal_does_not_tell_them_either() {
    let (_server, farebox, ran) = bench(Script::always(echo(401)));
    let ran = ran.exits(1);
    assert!(ran.error().contains("bad key [redacted]"), "{}", ran.error());
    kept_secret(&farebox, &ran);
}

#[test]
fn a_refused_field_does_not_tell_them_either() {
    let body = format!(r#"{{"detail":"unknown field ignore_eos for key {KEY}"}}"#);
    let refusal = Answer::status(422).body("application/json", body);
    let (_server, farebox, ran) =
        bench(Script::always(Answer::stream()).on_field("ignore_eos", refusal));
    kept_secret(&farebox, &ran.exits(0));
    assert!(farebox.text("run/run.json").contains("for key [redacted]"));
}
