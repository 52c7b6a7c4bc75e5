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
    let script = Script::always(Answer::stream()).on_ordinals(5..6, echo(401));
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

#[test]
fn extra_fields_that_look_like_credentials_are_sent_and_never_written() {
    // A server that repeats what it was sent, however deep and short it was.
    let body = r#"{"error":{"message":"no credit for deep-secret-88"}}"#;
    let refusal = Answer::status(402).body("application/json", body);
    let script = Script::always(Answer::stream()).on_ordinals(5..7, refusal);
    let (server, farebox) = (ScriptedServer::start(script).unwrap(), Farebox::new());
    let extra = r#"{"api_key":"zqz","top_k":5,"tool":{"accessToken":"deep-secret-88"}}"#;
    let ran = farebox.bench(&server.url(), &["--extra-body", extra, "--num-requests", "60"]);
    let ran = ran.exits(0);
    let bodies: Vec<String> = server
        .truth()
        .iter()
        .map(|exchange| String::from_utf8(exchange.body.clone()).unwrap())
        .collect();
    assert!(bodies.iter().all(|body| body.contains(r#""api_key":"zqz""#)), "{bodies:?}");
    let files = farebox.files();
    let texts = files.iter().map(|file| fs::read_to_string(file).unwrap());
    for text in texts.chain([ran.stdout, ran.stderr]) {
        assert!(!text.contains("zqz") && !text.contains("deep-secret-88"), "{text}");
    }
    let run = farebox.json("run/run.json");
    let shown = run["settings"]["extra_body"].as_str().unwrap();
    assert!(shown.contains(r#""api_key":"[redacted]""#) && shown.contains(r#""top_k":5"#), "{run}");
    assert!(farebox.text("run/requests.jsonl").contains("no credit for [redacted]"));
}

#[test]
fn addresses_with_credentials_in_them_are_refused_without_repeating_them() {
    let farebox = Farebox::new();
    for (url, said) in [
        ("http://me:pw77@127.0.0.1:9", "--base-url: a base URL holds no user name or password"),
        ("http://127.0.0.1:9?api_key=pw77", "leave out `?api_key=[redacted]`"),
        ("ftp//127.0.0.1:9?token=pw77", "`ftp//127.0.0.1:9?token=[redacted]` is not a URL"),
    ] {
        for flags in [&["bench", "--base-url", url][..], &["watch", "--base-url", url]] {
            let ran = farebox.run(flags).exits(2);
            assert!(ran.error().contains(said), "{}", ran.error());
            assert!(!ran.stderr.contains("pw77"), "{}", ran.stderr);
        }
    }
    let endpoint = ["bench", "--base-url", "http://127.0.0.1:9", "--endpoint", "/v1?key=pw77"];
    let ran = farebox.run(&endpoint).exits(2);
    assert!(ran.error().contains("/v1?key=[redacted]"), "{}", ran.error());
}
