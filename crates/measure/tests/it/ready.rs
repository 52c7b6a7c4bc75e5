//! Is it there, and what does it serve.

use crate::support::{prepare_at, settings, target};
use farebox_measure::PrepareError;
use farebox_testkit::{Answer, Script, ScriptedServer, ms};
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

/// A server that says 503 to so many looks at its health and 200 to the next; it lists one model
/// and fails at everything else. Its URL, and how often its health was asked for.
fn waking_up(unready: usize) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let looks = Arc::new(AtomicUsize::new(0));
    let seen = looks.clone();
    // Ends with the test's process.
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let mut lines = BufReader::new(&stream).lines().map_while(Result::ok);
            let asked = lines.next().unwrap_or_default();
            let (status, body) = if asked.starts_with("GET /health") {
                let ready = seen.fetch_add(1, Ordering::SeqCst) >= unready;
                (if ready { 200 } else { 503 }, "")
            } else if asked.starts_with("GET /v1/models") {
                (200, r#"{"data":[{"id":"late"}]}"#)
            } else {
                (500, "")
            };
            lines.by_ref().take_while(|line| !line.is_empty()).for_each(drop);
            let length = body.len();
            let head = format!("HTTP/1.1 {status} X\r\nContent-Length: {length}\r\n\r\n{body}");
            drop((&stream).write_all(head.as_bytes()));
        }
    });
    (url, looks)
}

#[tokio::test]
async fn a_server_that_wakes_up_is_waited_for() {
    let (url, looks) = waking_up(2);
    let prepared = prepare_at(&target(&url), &settings()).await.unwrap();
    assert_eq!((prepared.model.as_str(), looks.load(Ordering::SeqCst)), ("late", 3));
}

#[tokio::test]
async fn patience_has_an_end() {
    let mut hurried = settings();
    hurried.patience.ready = ms(300);
    let never = ScriptedServer::start(Script::always(Answer::stream()).health(503)).unwrap();
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for (url, said) in [
        (never.url(), "it says that it is not ready"),
        (format!("http://{nobody}"), "cannot connect"),
    ] {
        let begun = Instant::now();
        match prepare_at(&target(&url), &hurried).await.err().unwrap() {
            PrepareError::NotThere { base_url, reason, .. } => {
                assert_eq!(base_url, url);
                assert!(reason.contains(said), "{reason}");
            }
            other => panic!("{other}"),
        }
        assert!(begun.elapsed() < ms(2000), "{url}: {:?}", begun.elapsed());
    }
    assert!(never.truth().is_empty(), "nothing was asked of it");
}

#[tokio::test]
async fn a_server_without_health_is_taken_by_its_models() {
    for status in [404, 405] {
        let script = Script::always(Answer::stream()).health(status).model("m", 4096);
        let server = ScriptedServer::start(script).unwrap();
        let prepared = prepare_at(&target(&server.url()), &settings()).await.unwrap();
        assert_eq!(prepared.model, "m");
        assert_eq!(prepared.server.max_model_len, Some(4096));
    }
}

#[tokio::test]
async fn a_list_of_models_is_only_needed_to_choose_one() {
    let failing = || Script::always(Answer::stream()).models_fail(500);
    let server = ScriptedServer::start(failing()).unwrap();
    match prepare_at(&target(&server.url()), &settings()).await.err().unwrap() {
        PrepareError::NoModel { status, .. } => assert_eq!(status, Some(500)),
        other => panic!("{other}"),
    }
    let mut named = settings();
    named.model = Some("mine".to_owned());
    let prepared = prepare_at(&target(&server.url()), &named).await.unwrap();
    assert_eq!((prepared.model.as_str(), prepared.server.models.len()), ("mine", 0));
    assert!(server.truth().iter().all(|exchange| exchange.json()["model"] == "mine"));
}
