//! Models that the catalogue does not have, from a Hub of our own.

use crate::api::LLAMA;
use crate::support::Site;
use farebox_web::Limits;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A Hub that has one model, `local/tiny`, and counts who asks.
pub(crate) struct LocalHub {
    pub(crate) url: String,
    asked: Arc<AtomicUsize>,
}

const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

impl LocalHub {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(AtomicUsize::new(0));
        let count = asked.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if let Some(path) = path(&stream) {
                    count.fetch_add(1, Ordering::SeqCst);
                    answer(stream, &path);
                }
            }
        });
        Self { url, asked }
    }

    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

fn path(stream: &TcpStream) -> Option<String> {
    let mut lines = BufReader::new(stream.take(8192)).lines();
    let first = lines.next()?.ok()?;
    while lines.next().is_some_and(|line| line.is_ok_and(|line| !line.is_empty())) {}
    first.split(' ').nth(1).map(str::to_owned)
}

fn answer(mut stream: TcpStream, path: &str) {
    let (status, body) = match path {
        path if path.starts_with("/local/tiny/resolve/") && path.ends_with("/config.json") => {
            ("200 OK", LLAMA)
        }
        _ => ("404 Not Found", ""),
    };
    let code = if body.is_empty() { "EntryNotFound" } else { "" };
    let _ = write!(
        stream,
        "HTTP/1.1 {status}\r\ncontent-length: {}\r\netag: \"abc\"\r\nx-repo-commit: {COMMIT}\r\n\
         x-error-code: {code}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
}

#[test]
fn programs_fetch_and_pages_wait_for_the_button() {
    let hub = LocalHub::start();
    let site = Site::with(Limits::default(), None, Some(&hub.url));
    let page = site.get("/?model=local/tiny&gpu=l4").body;
    assert!(page.contains("Fetch local&#x2f;tiny from the Hub"), "{page}");
    assert_eq!(hub.asked(), 0, "a page that is looked at goes nowhere");
    let own = format!("http://{}", site.addr);
    let headers = [("origin", own.as_str()), ("content-type", "application/x-www-form-urlencoded")];
    let pressed = site.send("POST", "/fetch", &headers, b"query=model%3Dlocal%2Ftiny%26gpu%3Dl4");
    assert_eq!(pressed.status, 303, "{pressed:?}");
    assert!(hub.asked() > 0 && site.cache().exists());
    let page = site.get("/?model=local/tiny&gpu=l4").body;
    assert!(page.contains("1.24B parameters"), "{page}");
}

#[test]
fn the_api_fetches_by_itself_and_says_what_the_hub_says() {
    let hub = LocalHub::start();
    let site = Site::with(Limits::default(), None, Some(&hub.url));
    let answer = site.get("/api/v1/estimate?model=local/tiny&gpu=l4");
    assert_eq!(answer.json()["model"]["params_total"], 1_235_814_400_u64, "{answer:?}");
    let fetched = site.post("/api/v1/models/fetch", r#"{"model":"local/tiny"}"#);
    assert_eq!(fetched.json()["id"], "local/tiny");
    let missing = site.get("/api/v1/estimate?model=local/other&gpu=l4");
    assert_eq!((missing.status, missing.code().as_str()), (502, "hub"));
}

#[test]
fn without_a_hub_nothing_is_asked() {
    let site = Site::start();
    let answer = site.get("/api/v1/estimate?model=local/tiny&gpu=l4");
    assert_eq!((answer.status, answer.code().as_str()), (422, "unknown_model"));
    assert!(!site.get("/?model=local/tiny&gpu=l4").body.contains("from the Hub</button>"));
}
