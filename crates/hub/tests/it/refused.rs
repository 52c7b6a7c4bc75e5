//! What the Hub refuses, and what its error says.

use crate::server::{Reply, Server};
use crate::support::{Bench, COMMIT, TOKEN};
use farebox_hub::HubError;
use std::time::Duration;

#[derive(Debug, Clone, Copy, PartialEq)]
enum Who {
    Known,
    Nobody,
}

/// A Hub that answers everything with `status` and `code`, echoing the token where it can.
fn refusing(status: u16, code: &'static str) -> Server {
    Server::start(move |request| {
        let token = request.header("authorization").unwrap_or_default();
        let reply = Reply::status(status)
            .header("X-Error-Message", format!("no: {token}"))
            .body(token.as_bytes());
        if code.is_empty() { reply } else { reply.header("X-Error-Code", code) }
    })
}

#[test]
fn each_refusal_says_what_to_do() {
    for (status, code, who, words) in [
        (401, "GatedRepo", Who::Nobody, "gated: accept its licence at"),
        (403, "GatedRepo", Who::Known, "and set HF_TOKEN"),
        (403, "", Who::Nobody, "gated"),
        (401, "RepoNotFound", Who::Nobody, "has no model org/name, or it is private"),
        (404, "RepoNotFound", Who::Known, "has no model org/name, or it is private"),
        (401, "", Who::Nobody, "has no model org/name, or it is private"),
        (401, "", Who::Known, "refused the token (status 401)"),
        (403, "", Who::Known, "refused the token (status 403)"),
        (404, "RevisionNotFound", Who::Known, "org/name has no revision `main`"),
        (404, "EntryNotFound", Who::Known, "org/name has no config.json"),
        (404, "", Who::Known, "org/name has no config.json"),
        (418, "", Who::Known, "answered config.json with status 418"),
        (416, "", Who::Known, "does not answer as a Hub does"),
    ] {
        let server = refusing(status, code);
        let mut bench = Bench::of(&server);
        if who == Who::Nobody {
            bench.settings.token = None;
        }
        let error = bench.config().unwrap_err();
        let shown = format!("{error} {error:?} {:?}", error.hint());
        assert!(shown.contains(words), "{status} {code} {who:?}: {shown}");
        assert!(!shown.contains(TOKEN), "{shown}");
        assert_eq!(server.seen().len(), 1, "a refusal is final: {status} {code}");
    }
}

#[test]
fn the_licence_page_is_named() {
    let server = refusing(403, "GatedRepo");
    let error = Bench::of(&server).config().unwrap_err().to_string();
    let page = format!("accept its licence at {}/org/name and", server.url);
    assert!(error.contains(&page), "{error}");
}

#[test]
fn answers_that_no_hub_gives_are_refused() {
    let good = || Reply::status(200).body(b"{}");
    let cases = [
        good().header("ETag", "\"a\""),
        good().header("X-Repo-Commit", COMMIT),
        good().header("X-Repo-Commit", "../../../etc").header("ETag", "\"a\""),
        good().header("X-Repo-Commit", COMMIT).header("ETag", "\"../../x\""),
        good().header("X-Repo-Commit", COMMIT).header("X-Linked-ETag", "\"..\""),
        good()
            .header("X-Repo-Commit", COMMIT)
            .header("ETag", "\"a\"")
            .header("Content-Encoding", "gzip"),
        Reply::status(206).header("X-Repo-Commit", COMMIT).header("ETag", "\"a\""),
        Reply::status(304).header("X-Repo-Commit", COMMIT).header("ETag", "\"a\""),
    ];
    for reply in cases {
        let shown = format!("{reply:?}");
        let bench = Bench::of(&Server::start(move |_| reply.clone()));
        let error = bench.config().unwrap_err();
        assert!(matches!(error, HubError::NotAHub { .. }), "{shown}: {error}");
        assert!(bench.files().is_empty(), "nothing is kept: {shown}");
    }
}

#[test]
fn a_rate_limit_that_lasts_too_long_is_told_at_once() {
    let server = Server::start(|_| Reply::status(429).header("Retry-After", 3600));
    let bench = Bench::of(&server);
    let error = bench.config().unwrap_err();
    let asked = Some(Duration::from_hours(1));
    let matches =
        matches!(&error, HubError::RateLimited { retry_after, .. } if *retry_after == asked);
    assert!(matches, "{error}");
    assert_eq!((server.seen().len(), bench.heard().len()), (1, 0));
}
