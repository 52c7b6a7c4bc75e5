//! What visitors should not do: each is refused in words, and the next one is served.

use crate::support::{Site, read};
use farebox_catalog::Catalogue;
use farebox_web::{AccessToken, Limits, ServeError, WebServer, WebSettings};
use proptest::prelude::*;
use std::io::Write;
use std::net::TcpListener;
use std::time::{Duration, Instant};

const PATHS: [&str; 24] = [
    "/",
    "/parts/result",
    "/parts/gpus",
    "/scenarios",
    "/api",
    "/fetch",
    "/assets/farebox.css",
    "/api/v1/estimate",
    "/api/v1/estimate/gpus",
    "/api/v1/breakeven",
    "/api/v1/models",
    "/api/v1/models/fetch",
    "/api/v1/gpus",
    "/api/v1/prices",
    "/api/v1/hosted",
    "/api/v1/openapi.json",
    "/api/v1/runs",
    "/api/v1/runs/first",
    "/api/v1/runs/first/curve",
    "/api/v1/runs/first/prices",
    "/api/v1/compare",
    "/runs",
    "/runs/first",
    "/compare",
];

fn still_serves(site: &Site) {
    assert_eq!(site.get("/api/v1/gpus?q=h100").status, 200);
}

#[test]
fn every_path_refuses_other_hosts_and_other_sites() {
    let site = Site::start();
    for path in PATHS {
        let rebound = site.send("GET", path, &[("host", "evil.example")], b"");
        assert_eq!((rebound.status, rebound.code().as_str()), (421, "host"), "{path}");
        let evil = [("origin", "http://evil.example"), ("content-type", "application/json")];
        let posted = site.send("POST", path, &evil, b"{}");
        assert_eq!((posted.status, posted.code().as_str()), (403, "cross_origin"), "{path}");
        let script = [("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "no-cors")];
        let asked = site.send("GET", path, &script, b"");
        assert_eq!((asked.status, asked.code().as_str()), (403, "cross_origin"), "{path}");
    }
    still_serves(&site);
}

#[test]
fn every_path_refuses_what_it_has_no_method_for() {
    let site = Site::start();
    for path in PATHS {
        for method in ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"] {
            let answer = site.send(method, path, &[], b"");
            assert_eq!((answer.status, answer.code().as_str()), (405, "method"), "{method} {path}");
        }
    }
}

#[test]
fn nothing_outside_is_served() {
    let site = Site::start();
    for path in [
        "/assets/../Cargo.toml",
        "/assets/..%2f..%2fetc%2fpasswd",
        "/../../etc/passwd",
        "/etc/passwd",
        "/assets/",
        "/assets",
        "/assets/farebox.css/",
        "//",
        "/%00",
        "/api/v1",
        "/api/v1/../v1/gpus",
        "/.git/config",
    ] {
        let answer = site.get(path);
        assert_eq!((answer.status, answer.code().as_str()), (404, "not_found"), "{path}");
    }
}

#[test]
fn bodies_are_bounded_in_size_and_kind() {
    let site = Site::start();
    let large = vec![b' '; 10 << 20];
    let json = [("content-type", "application/json")];
    let answer = site.send("POST", "/api/v1/estimate", &json, &large);
    assert_eq!((answer.status, answer.code().as_str()), (413, "body_too_large"));
    // Without a length nobody can know before.
    let mut chunked = b"POST /api/v1/estimate HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\
        content-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n"
        .to_vec();
    for _ in 0..24 {
        chunked.extend_from_slice(format!("{:x}\r\n", 1 << 16).as_bytes());
        chunked.extend_from_slice(&vec![b' '; 1 << 16]);
        chunked.extend_from_slice(b"\r\n");
    }
    chunked.extend_from_slice(b"0\r\n\r\n");
    let answer = site.raw(&chunked);
    assert_eq!((answer.status, answer.code().as_str()), (413, "body_too_large"));
    for (kind, body, status, code) in [
        ("application/json", "{\"tp\":", 400, "json"),
        ("application/json", "[1,2]", 400, "json"),
        ("application/json", "{\"tp\":{\"a\":1}}", 400, "parameter"),
        ("application/json", "{\"tp\":1e400}", 400, "json"),
        ("application/json", "{\"surprise\":1}", 400, "parameter"),
        ("text/plain", "{}", 415, "content_type"),
        ("", "{}", 415, "content_type"),
    ] {
        let answer =
            site.send("POST", "/api/v1/estimate", &[("content-type", kind)], body.as_bytes());
        assert_eq!((answer.status, answer.code().as_str()), (status, code), "{kind} {body}");
    }
    let deep = "[".repeat(200_000);
    assert_eq!(site.post("/api/v1/estimate", &format!("{{\"config\":{deep}")).code(), "json");
    still_serves(&site);
}

#[test]
fn addresses_are_bounded() {
    let site = Site::start();
    let answer = site.get(&format!("/api/v1/estimate?model={}", "a".repeat(40_000)));
    assert_eq!((answer.status, answer.code().as_str()), (414, "address"));
    // A head beyond all measure is cut off; nobody else notices.
    let answer = site.send("GET", "/", &[("x-large", &"a".repeat(200_000))], b"");
    assert!([0, 431].contains(&answer.status), "{}", answer.status);
    still_serves(&site);
}

#[test]
fn values_beyond_their_range_are_refused_by_name() {
    let site = Site::start();
    for (query, code, said) in [
        ("gpu=h100", "model", "which model?"),
        ("model=Qwen/Qwen3-8B", "machine", "gpu is missing"),
        ("model=Qwen/Qwen3-8B&gpu=h1000000", "unknown_gpu", "gpu"),
        ("model=Qwen/Qwen3-8B&gpu=l4&tp=0", "parameter", "tp"),
        ("model=Qwen/Qwen3-8B&gpu=l4&isl=-5", "parameter", "isl"),
        ("model=Qwen/Qwen3-8B&gpu=l4&isl=99999999999999999999999", "parameter", "isl"),
        ("model=Qwen/Qwen3-8B&gpu=l4&precision=fp99", "parameter", "precision"),
        ("model=Qwen/Qwen3-8B&gpu=l4&ep=8", "machine", "ep 8 exceeds"),
        ("model=Qwen/Qwen3-8B&gpu=l4&concurrency=4&batch=4", "load", "exclude"),
        ("model=Qwen/Qwen3-8B&gpu=l4&slo=nonsense", "slo", "slo"),
        ("model=Qwen/Qwen3-8B&gpu=l4&mem_gb=24", "machine", "mem_gb goes with"),
        ("params=0.0001&gpu=l4", "model_config", "params"),
        ("config=%7B%7D&gpu=l4", "model_config", "model_type"),
        ("config=z:!!&gpu=l4", "config", "damaged"),
        ("model=../../etc/passwd&gpu=l4", "unknown_model", "unknown model"),
        ("model=api:nobody/nothing", "unknown_name", "nobody"),
        ("model=api:openai/gpt-4&gpu=l4", "machine", "leave out gpu"),
    ] {
        let answer = site.get(&format!("/api/v1/estimate?{query}"));
        assert!((400..500).contains(&answer.status), "{query}: {answer:?}");
        assert_eq!(answer.code(), code, "{query}: {answer:?}");
        let error = answer.json()["error"]["message"].as_str().unwrap().to_owned();
        assert!(error.contains(said) && !error.contains("--"), "{query}: {error}");
    }
}

/// A client that says half a sentence, and one that says nothing, lose their connection.
#[test]
fn slow_clients_are_left() {
    let limits = Limits {
        head: Duration::from_millis(300),
        body: Duration::from_millis(300),
        ..Limits::default()
    };
    let site = Site::with(limits, None, None);
    let mut half = site.connect();
    half.write_all(b"GET / HTTP/1.1\r\nhost: local").unwrap();
    let silent = site.connect();
    let mut body = site.connect();
    body.write_all(
        b"POST /api/v1/estimate HTTP/1.1\r\nhost: localhost\r\n\
        content-type: application/json\r\ncontent-length: 9\r\n\r\n{",
    )
    .unwrap();
    // A letter now and then does not buy time.
    let mut dripping = site.connect();
    let dripped = std::thread::spawn(move || {
        let head =
            b"GET / HTTP/1.1\r\nhost: localhost\r\nx-drip: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
        let sent = head.chunks(1).take_while(|letter| {
            std::thread::sleep(Duration::from_millis(100));
            dripping.write_all(letter).is_ok()
        });
        sent.count() < head.len()
    });
    let begun = Instant::now();
    assert_eq!(read(body).code(), "body_too_slow");
    assert!([0, 408].contains(&read(half).status));
    assert!([0, 408].contains(&read(silent).status));
    assert!(begun.elapsed() < Duration::from_secs(15), "left, not waited for");
    assert!(dripped.join().unwrap(), "a head that drips is cut off");
    still_serves(&site);
}

/// Connections that say nothing, half a head or half a body, many more than there is room for: the
/// longest waited for are told to go, and whoever asks is answered meanwhile.
#[test]
fn crowds_are_turned_away_in_words() {
    let patient = Duration::from_mins(1);
    let limits = Limits { connections: 64, head: patient, body: patient, ..Limits::default() };
    let site = Site::with(limits, None, None);
    let half_body = b"POST /api/v1/estimate HTTP/1.1\r\nhost: localhost\r\n\
        content-type: application/json\r\ncontent-length: 9\r\n\r\n{";
    let mut crowd: Vec<_> = (0..500)
        .map(|nth| {
            let mut stream = site.connect();
            let says: &[u8] =
                [b"", b"GET / HTTP/1.1\r\nhost: local".as_slice(), half_body][nth % 3];
            // One that was sent away already does not listen.
            let _ = stream.write_all(says);
            stream
        })
        .collect();
    for _ in 0..10 {
        still_serves(&site);
    }
    let inside = crowd.split_off(crowd.len() - 40);
    crowd.truncate(crowd.len() - 40);
    for sent_away in crowd {
        let answer = read(sent_away);
        assert_eq!((answer.status, answer.code().as_str()), (503, "busy"));
        assert!(answer.head.contains("retry-after: 1"));
    }
    let asks = b"GET /api/v1/gpus?q=h100 HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
    let silent = inside.into_iter().enumerate().find(|(nth, _)| (460 + nth) % 3 == 0);
    let (_, mut silent) = silent.unwrap();
    silent.write_all(asks).unwrap();
    assert_eq!(read(silent).status, 200, "who came last is still inside");
}

/// Nobody is sent away in the middle of an answer.
#[test]
fn whoever_is_being_answered_stays() {
    let hub = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", hub.local_addr().unwrap());
    let site = Site::with(Limits { connections: 1, ..Limits::default() }, None, Some(&url));
    let mut asking = site.connect();
    asking.write_all(b"GET /api/v1/estimate?model=a/b&gpu=l4 HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").unwrap();
    let (waiting, _) = hub.accept().unwrap();
    let refused = site.get("/");
    assert_eq!((refused.status, refused.code().as_str()), (503, "busy"));
    drop((waiting, hub));
    assert_eq!(read(asking).status, 502, "the Hub has hung up");
}

#[test]
fn beyond_this_machine_it_does_not_start_without_a_token() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let settings = WebSettings {
        addr: ([0, 0, 0, 0], 0).into(),
        token: None,
        catalogue: Catalogue::with_files(Vec::new()),
        hub: None,
        runs: "runs".into(),
        limits: Limits::default(),
    };
    let refused = runtime.block_on(WebServer::bind(settings)).unwrap_err();
    assert!(matches!(refused, ServeError::NoToken { .. }), "{refused}");
}

#[test]
fn a_token_is_asked_for_everywhere_and_leaves_the_address() {
    let token = AccessToken::random().unwrap();
    let word = token.to_string();
    let site = Site::with(Limits::default(), Some(token), None);
    assert!(site.url.ends_with(&format!("/?token={word}")));
    for path in PATHS {
        assert_eq!(site.get(path).status, 401, "{path}");
    }
    let entered = site.get(&format!("/?token={word}&model=Qwen/Qwen3-8B"));
    assert_eq!(entered.status, 303);
    assert!(entered.head.contains("location: /?model=qwen%2fqwen3-8b\r\n"), "{}", entered.head);
    let cookie = format!("set-cookie: farebox_token={word}; path=/; httponly; samesite=strict");
    assert!(entered.head.contains(&cookie), "{}", entered.head);
    let elsewhere = site.get(&format!("//evil.example/?token={word}"));
    assert!(elsewhere.head.contains("location: /evil.example/\r\n"), "{}", elsewhere.head);
    let bearer = format!("Bearer {word}");
    assert_eq!(site.send("GET", "/api/v1/gpus", &[("authorization", &bearer)], b"").status, 200);
    let cookie = format!("farebox_token={word}");
    let page = site.send("GET", "/", &[("cookie", &cookie)], b"");
    assert!(page.status == 200 && !page.body.contains(&word), "the page does not tell it");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Any query is answered or refused in words, and never breaks anything.
    #[test]
    fn any_query_is_answered_or_refused(
        path in proptest::sample::select(PATHS.to_vec()),
        name in "(model|gpu|tp|config|slo|isl|params|pin|at|q|set|name|against|[a-z_]{1,9})",
        text in "[ -~]{0,60}",
    ) {
        static SITE: std::sync::OnceLock<Site> = std::sync::OnceLock::new();
        let site = SITE.get_or_init(Site::start);
        let escaped: Vec<String> = text.bytes().map(|byte| format!("%{byte:02x}")).collect();
        let escaped = escaped.concat();
        let answer = site.get(&format!("{path}?{name}={escaped}"));
        prop_assert!((200..500).contains(&answer.status), "{path} {name}={text}: {answer:?}");
        if answer.status >= 400 {
            prop_assert!(!answer.code().is_empty());
        }
    }

    /// Any bytes are refused or ignored.
    #[test]
    fn any_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        static SITE: std::sync::OnceLock<Site> = std::sync::OnceLock::new();
        let site = SITE.get_or_init(|| Site::with(
            Limits { head: Duration::from_millis(50), ..Limits::default() }, None, None));
        let answer = site.raw(&bytes);
        prop_assert!(answer.status < 500, "{answer:?}");
    }
}
