//! Servers that are not there, or answer nothing but errors.

use crate::farebox::Farebox;
use farebox_testkit::{Answer, Script, ScriptedServer};
use std::net::TcpListener;

#[test]
fn a_server_that_is_not_there_leaves_nothing_behind() {
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (url, farebox) = (format!("http://{nobody}"), Farebox::new());
    let ran = farebox.bench(&url, &["--ready-timeout", "300ms"]).exits(1);
    assert!(ran.error().starts_with(&format!("no server at {url}: ")), "{}", ran.error());
    assert!(ran.stderr.contains("hint: "), "{}", ran.stderr);
    assert_eq!((ran.stdout.as_str(), farebox.files().len()), ("", 0));
    assert!(!farebox.path("run").exists() && !farebox.path("runs").exists());
}

#[test]
fn a_server_without_models_needs_a_name() {
    let script = Script::always(Answer::stream()).models_fail(500);
    let (server, farebox) = (ScriptedServer::start(script).unwrap(), Farebox::new());
    let ran = farebox.bench(&server.url(), &[]).exits(2);
    assert!(ran.error().contains("lists no models (HTTP 500"), "{}", ran.error());
    assert!(farebox.files().is_empty());
    farebox.bench(&server.url(), &["mine"]).exits(0);
    assert_eq!(server.truth()[0].json()["model"], "mine");
}

#[test]
fn a_server_that_refuses_everything_leaves_nothing_behind() {
    let script = Script::always(Answer::status(404));
    let (server, farebox) = (ScriptedServer::start(script).unwrap(), Farebox::new());
    let ran = farebox.bench(&server.url(), &[]).exits(1);
    let said = "the server refuses our requests: HTTP 404: the script says no";
    assert_eq!((ran.error(), farebox.files().len()), (said, 0));
}

#[test]
fn nothing_but_failures_is_a_failure_without_a_price() {
    let script = Script::always(Answer::html_error());
    let (server, farebox) = (ScriptedServer::start(script).unwrap(), Farebox::new());
    let more = ["--num-requests", "4", "--warmup", "0", "--price-per-hour", "1"];
    let ran = farebox.bench(&server.url(), &more).exits(1);
    assert_eq!(ran.error(), "every request failed: 4 http_5xx");
    assert!(ran.stderr.contains("hint: run/requests.jsonl"), "{}", ran.stderr);
    let curve = farebox.json("run/curve.json");
    assert_eq!(curve["points"][0]["requests"]["failed"]["http_5xx"], 4);
    let records = farebox.measured("run");
    assert!(records.iter().all(|record| record["detail"].as_str().unwrap().contains("500")));

    let priced = farebox.run(&["price", "run", "--format", "json"]).exits(1);
    assert_eq!(priced.stdout, "", "no price, not even half of one");
    assert!(priced.error().contains("there is no price"), "{}", priced.error());
}
