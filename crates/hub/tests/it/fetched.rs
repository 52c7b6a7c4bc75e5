//! What is asked of the Hub, where redirects lead, and what is in the cache afterwards.

use crate::server::{Reply, Server};
use crate::support::{Bench, COMMIT, CONFIG, NEWER, TOKEN, block_on, etag, honest, model, newer};
use farebox_hub::{HubError, Origin};
use std::fs;
use std::path::Path;

#[test]
fn requests_name_the_revision_and_carry_the_token() {
    let server = Server::start(|request| honest(request, CONFIG));
    let bench = Bench::of(&server);
    for (asked, path) in [
        ("org/name", "/org/name/resolve/main/config.json"),
        ("org/name@refs/pr/1", "/org/name/resolve/refs%2Fpr%2F1/config.json"),
        ("gpt2@v1.0", "/gpt2/resolve/v1.0/config.json"),
    ] {
        block_on(bench.hub().config(&model(asked))).unwrap();
        assert_eq!(server.seen().last().unwrap().path, path);
    }
    let downloads = bench.heard().len();
    assert_eq!(downloads, 2, "two revisions of one content are one download");
    for seen in server.seen() {
        assert_eq!(seen.header("authorization").unwrap(), format!("Bearer {TOKEN}"));
        assert_eq!(seen.header("accept-encoding"), Some("identity"));
    }
    assert!(bench.files().iter().all(|(_, content)| {
        !content.windows(TOKEN.len()).any(|window| window == TOKEN.as_bytes())
    }));
}

#[cfg(unix)]
#[test]
fn the_cache_has_the_layout_of_the_hubs_own_tools() {
    let server = Server::start(|request| honest(request, CONFIG));
    let bench = Bench::of(&server);
    let file = block_on(bench.hub().config(&model("org/name"))).unwrap();
    let snapshot = bench.repo().join("snapshots").join(COMMIT).join("config.json");
    assert_eq!((&file.path, file.origin), (&snapshot, Origin::Hub));
    let link = Path::new("../../blobs").join(etag(CONFIG));
    assert_eq!(fs::read_link(&snapshot).unwrap(), link);
    assert_eq!(fs::read(bench.repo().join("blobs").join(etag(CONFIG))).unwrap(), CONFIG);
    assert_eq!(fs::read_to_string(bench.repo().join("refs/main")).unwrap(), COMMIT);
    assert_eq!(bench.files().len(), 3, "nothing else is left: {:?}", bench.files());
}

#[test]
fn an_unchanged_file_is_confirmed_and_follows_its_branch() {
    let server = Server::start(|request| match request.nth {
        0 => honest(request, CONFIG),
        _ => newer(honest(request, CONFIG)),
    });
    let bench = Bench::of(&server);
    assert_eq!(bench.config().unwrap(), CONFIG);
    let again = block_on(bench.hub().config(&model("org/name"))).unwrap();
    assert_eq!((again.commit.as_str(), again.origin), (NEWER, Origin::Hub));
    assert_eq!(fs::read(again.path).unwrap(), CONFIG);
    let known = format!("\"{}\"", etag(CONFIG));
    assert_eq!(server.seen()[1].header("if-none-match"), Some(known.as_str()));
    assert_eq!(fs::read_to_string(bench.repo().join("refs/main")).unwrap(), NEWER);
}

#[test]
fn a_changed_file_is_fetched_beside_the_old_one() {
    let changed = br#"{"model_type":"qwen3"}"#;
    let server = Server::start(|request| match request.nth {
        0 => honest(request, CONFIG),
        _ => newer(honest(request, changed)),
    });
    let bench = Bench::of(&server);
    assert_eq!(bench.config().unwrap(), CONFIG);
    assert_eq!(bench.config().unwrap(), changed);
    let pinned = block_on(bench.hub().config(&model(&format!("org/name@{COMMIT}")))).unwrap();
    assert_eq!((fs::read(pinned.path).unwrap(), pinned.origin), (CONFIG.to_vec(), Origin::Cache));
    assert_eq!(server.seen().len(), 2, "a commit never changes, so nobody was asked");
}

#[test]
fn a_redirect_to_storage_loses_the_token_and_keeps_the_hubs_names() {
    let storage = Server::start(|_| Reply::status(200).header("ETag", "\"s3\"").body(CONFIG));
    for status in [301, 302, 303, 307, 308] {
        let to = format!("{}/blob?signature=s3cret", storage.url);
        let server = Server::start(move |_| {
            Reply::status(status)
                .header("Location", &to)
                .header("X-Repo-Commit", COMMIT)
                .header("X-Linked-ETag", "\"feed\"")
                .header("X-Linked-Size", CONFIG.len())
        });
        let bench = Bench::of(&server);
        assert_eq!(bench.config().unwrap(), CONFIG, "{status}");
        assert!(bench.repo().join("blobs/feed").is_file());
        assert!(server.seen()[0].header("authorization").is_some());
    }
    for seen in storage.seen() {
        assert_eq!(seen.path, "/blob?signature=s3cret");
        assert_eq!(seen.header("authorization"), None);
    }
}

#[test]
fn a_redirect_within_the_hub_keeps_the_token() {
    let server = Server::start(|request| match request.nth {
        0 => Reply::status(307).header("Location", "/api/resolve-cache/models/org/name/x"),
        _ => honest(request, CONFIG),
    });
    let bench = Bench::of(&server);
    assert_eq!(bench.config().unwrap(), CONFIG);
    let seen = server.seen();
    assert_eq!(seen[1].path, "/api/resolve-cache/models/org/name/x");
    assert!(seen[1].header("authorization").is_some());
}

#[test]
fn five_redirects_are_followed_and_no_sixth() {
    for (redirects, followed) in [(5, true), (6, false)] {
        let server = Server::start(move |request| {
            if request.nth < redirects {
                Reply::status(302).header("Location", format!("/{}", request.nth))
            } else {
                honest(request, CONFIG)
            }
        });
        let config = Bench::of(&server).config();
        assert_eq!(config.is_ok(), followed);
        assert!(followed || matches!(config, Err(HubError::Redirect { .. })), "{config:?}");
        assert_eq!(server.seen().len(), 6);
    }
}

#[test]
fn redirects_to_nowhere_are_refused_without_showing_where() {
    let without = Reply::status(302);
    let other = Reply::status(302).header("Location", format!("file:///{TOKEN}"));
    for reply in [without, other] {
        let bench = Bench::of(&Server::start(move |_| reply.clone()));
        let error = bench.config().unwrap_err();
        assert!(matches!(error, HubError::Redirect { .. }), "{error}");
        assert!(!format!("{error} {error:?}").contains(TOKEN));
    }
}

#[test]
fn a_scheme_comes_to_lie_beside_the_configuration() {
    let scheme = br#"{"quantization":{"quant_algo":"FP8"}}"#;
    let server = Server::start(move |request| {
        let name = request.path.rsplit('/').next().unwrap();
        honest(request, if name == "config.json" { CONFIG } else { scheme })
    });
    let bench = Bench::of(&server);
    let config = block_on(bench.hub().config(&model("org/name"))).unwrap();
    let beside = block_on(bench.hub().quantisation(&model("org/name"))).unwrap().unwrap();
    assert_eq!(beside.path, config.path.with_file_name("hf_quant_config.json"));
    assert_eq!(fs::read(beside.path).unwrap(), scheme);
}

#[test]
fn most_models_have_no_scheme_beside_and_that_is_no_error() {
    let server = Server::start(|request| {
        if request.path.ends_with("/config.json") {
            return honest(request, CONFIG);
        }
        Reply::status(404).header("X-Error-Code", "EntryNotFound").header("X-Repo-Commit", COMMIT)
    });
    let bench = Bench::of(&server);
    block_on(bench.hub().config(&model("org/name"))).unwrap();
    assert!(block_on(bench.hub().quantisation(&model("org/name"))).unwrap().is_none());
}
