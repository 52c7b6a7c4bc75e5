//! What breaks on the way, and how often it is tried again.

use crate::server::{Ending, Reply, Server};
use crate::support::{Bench, COMMIT, CONFIG, TOKEN, etag, honest};
use farebox_hub::{HubError, HubEvent};
use std::fs;
use std::net::TcpListener;
use std::path::PathBuf;
use std::time::Duration;

#[test]
fn failures_are_tried_twice_more() {
    for failing in [1, 2, 3] {
        let server = Server::start(move |request| {
            if request.nth < failing { Reply::status(503) } else { honest(request, CONFIG) }
        });
        let bench = Bench::of(&server);
        let config = bench.config();
        if failing == 3 {
            assert!(matches!(config, Err(HubError::Status { status: 503, .. })), "{config:?}");
        } else {
            assert_eq!(config.unwrap(), CONFIG);
        }
        let retries = bench.heard().into_iter().filter(|e| matches!(e, HubEvent::Retrying { .. }));
        assert_eq!(retries.count(), failing.min(2));
        assert_eq!(server.seen().len(), 3.min(failing + 1));
    }
}

#[test]
fn a_rate_limit_is_waited_for_and_told() {
    let server = Server::start(|request| match request.nth {
        0 | 1 => Reply::status(429).header("Retry-After", 0),
        _ => honest(request, CONFIG),
    });
    let bench = Bench::of(&server);
    assert_eq!(bench.config().unwrap(), CONFIG);
    let told = HubEvent::RateLimited { wait: Duration::ZERO };
    assert_eq!(bench.heard()[..2], [told.clone(), told]);
    let server = Server::start(|_| Reply::status(429).header("Retry-After", 0));
    assert!(matches!(Bench::of(&server).config(), Err(HubError::RateLimited { .. })));
    assert_eq!(server.seen().len(), 4, "three waits, then it is enough");
}

#[test]
fn a_broken_download_goes_on_where_it_broke() {
    let server = Server::start(|request| {
        let reply = honest(request, CONFIG);
        if request.nth == 0 { reply.ending(Ending::Cut(9)) } else { reply }
    });
    let bench = Bench::of(&server);
    assert_eq!(bench.config().unwrap(), CONFIG);
    let ranges: Vec<_> =
        server.seen().iter().map(|seen| seen.header("range").map(str::to_owned)).collect();
    assert_eq!(ranges, [None, None, Some("bytes=9-".to_owned())]);
    let resumed = bench.heard().into_iter().any(
        |event| matches!(event, HubEvent::Downloading { resumed_from: 9, bytes: Some(n), .. } if n == CONFIG.len() as u64),
    );
    assert!(resumed, "{:?}", bench.heard());
}

#[test]
fn a_partial_download_of_an_earlier_run_is_used_or_begun_anew() {
    let end = CONFIG.len();
    for (left, takes_ranges, requests) in [
        (CONFIG[..9].to_vec(), true, 2),
        (CONFIG[..9].to_vec(), false, 2),
        (CONFIG.to_vec(), true, 1),
        ([CONFIG, b"tail"].concat(), true, 3),
    ] {
        let server = Server::start(move |request| {
            let reply = honest(request, CONFIG);
            let whole = |etag: String| {
                Reply::status(200).header("X-Repo-Commit", COMMIT).header("ETag", etag).body(CONFIG)
            };
            if takes_ranges { reply } else { whole(format!("\"{}\"", etag(CONFIG))) }
        });
        let bench = Bench::of(&server);
        let partial = leave(&bench, &left);
        assert_eq!(bench.config().unwrap(), CONFIG, "{} of {end}", left.len());
        assert_eq!(server.seen().len(), requests, "{} of {end}", left.len());
        assert!(!partial.exists());
    }
}

#[test]
fn another_range_than_asked_for_is_refused() {
    let server = Server::start(|request| {
        let reply = honest(request, CONFIG);
        let wrong = |header: (String, String)| match header.0.as_str() {
            "Content-Range" => (header.0, "bytes 10-22/23".to_owned()),
            _ => header,
        };
        Reply { headers: reply.headers.into_iter().map(wrong).collect(), ..reply }
    });
    let bench = Bench::of(&server);
    leave(&bench, &CONFIG[..9]);
    let error = bench.config().unwrap_err();
    assert!(matches!(error, HubError::NotAHub { .. }), "{error}");
}

/// Puts `bytes` where a download of `CONFIG` that broke off would have left them.
fn leave(bench: &Bench, bytes: &[u8]) -> PathBuf {
    let blobs = bench.repo().join("blobs");
    fs::create_dir_all(&blobs).unwrap();
    let partial = blobs.join(format!("{}.farebox.incomplete", etag(CONFIG)));
    fs::write(&partial, bytes).unwrap();
    partial
}

#[test]
fn a_body_shorter_than_announced_is_never_a_file() {
    let linked = CONFIG.len() + 1;
    let server = Server::start(move |request| {
        let reply = honest(request, CONFIG).header("X-Linked-Size", linked);
        if request.nth % 2 == 0 { reply } else { reply.ending(Ending::Cut(0)) }
    });
    let bench = Bench::of(&server);
    let error = bench.config().unwrap_err();
    assert!(matches!(error, HubError::Truncated { .. }), "{error}");
    assert!(!bench.repo().join("snapshots").exists());
}

#[test]
fn silence_ends_with_a_timeout() {
    let silent_body = Server::start(|request| honest(request, CONFIG).ending(Ending::Silent));
    // Nobody accepts: the system takes the connection, and no answer ever comes.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let silent_head = format!("http://{}", listener.local_addr().unwrap());
    for url in [silent_body.url, silent_head] {
        let mut bench = Bench::new(&url);
        bench.settings.patience.silence = Duration::from_millis(50);
        let error = bench.config().unwrap_err();
        assert!(matches!(error, HubError::Timeout { .. }), "{error}");
    }
}

#[test]
fn oversized_files_are_refused_announced_or_not() {
    let limit = farebox_hub::hub::LARGEST_CONFIG;
    let announced = Server::start(move |request| {
        honest(request, CONFIG).header("Content-Length", limit + 1).ending(Ending::Silent)
    });
    let chunked = Server::start(move |request| {
        let size = limit as usize + 1;
        let body =
            [format!("{size:x}\r\n").into_bytes(), vec![b' '; size], b"\r\n0\r\n\r\n".into()];
        let mut reply = honest(request, CONFIG).body(&body.concat());
        reply.headers.push(("Transfer-Encoding".into(), "chunked".into()));
        reply
    });
    for server in [announced, chunked] {
        let bench = Bench::of(&server);
        let error = bench.config().unwrap_err();
        assert!(matches!(error, HubError::TooLarge { .. }), "{error}");
        let kept: usize = bench.files().iter().map(|(_, content)| content.len()).sum();
        assert_eq!(kept, 0);
    }
}

#[test]
fn without_a_connection_the_address_is_named_and_no_more() {
    let bench = Bench::new("http://127.0.0.1:1");
    let error = bench.config().unwrap_err();
    assert!(matches!(error, HubError::Dial(_)), "{error:?}");
    assert!(error.to_string().starts_with("cannot connect to 127.0.0.1:1: "), "{error}");
    assert!(!format!("{error:?}").contains(TOKEN));
}
