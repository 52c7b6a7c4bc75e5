//! What is used without asking, and what is used because nobody answers.

use crate::server::{Reply, Server};
use crate::support::{Bench, COMMIT, CONFIG, block_on, etag, honest, model};
use farebox_hub::{FileName, HubError, HubEvent, Origin};
use std::fs;
use std::path::Path;

/// A cache as the Hub's Python tools leave it, with links or (as on Windows) with files.
fn fill(repo: &Path, links: Links) {
    let snapshot = repo.join("snapshots").join(COMMIT);
    for folder in [&repo.join("refs"), &repo.join("blobs"), &snapshot] {
        fs::create_dir_all(folder).unwrap();
    }
    fs::write(repo.join("refs/main"), COMMIT).unwrap();
    let file = snapshot.join("config.json");
    match links {
        #[cfg(unix)]
        Links::Links => {
            fs::write(repo.join("blobs").join(etag(CONFIG)), CONFIG).unwrap();
            let target = Path::new("../../blobs").join(etag(CONFIG));
            std::os::unix::fs::symlink(target, file).unwrap();
        }
        Links::Files => fs::write(file, CONFIG).unwrap(),
    }
}

#[derive(Debug, Clone, Copy)]
enum Links {
    #[cfg(unix)]
    Links,
    Files,
}

const LAYOUTS: &[Links] = &[
    #[cfg(unix)]
    Links::Links,
    Links::Files,
];

#[test]
fn offline_uses_what_other_tools_left_and_opens_no_socket() {
    for links in LAYOUTS {
        let server = Server::start(|request| honest(request, CONFIG));
        let mut bench = Bench::of(&server);
        fill(&bench.repo(), *links);
        assert_eq!(bench.offline().config().unwrap(), CONFIG, "{links:?}");
        let error = block_on(bench.hub().weights(&model("org/name"))).unwrap_err();
        let words = "offline, and model.safetensors.index.json of org/name is not in the cache ";
        assert!(error.to_string().starts_with(words), "{error}");
        for missing in ["org/other", "org/name@v2"] {
            let error = block_on(bench.hub().config(&model(missing))).unwrap_err();
            assert!(error.to_string().contains(&format!("config.json of {missing} ")), "{error}");
        }
        assert!(server.seen().is_empty());
    }
}

#[test]
fn online_confirms_what_other_tools_left() {
    for links in LAYOUTS {
        let server = Server::start(|request| honest(request, CONFIG));
        let bench = Bench::of(&server);
        fill(&bench.repo(), *links);
        let file = block_on(bench.hub().config(&model("org/name"))).unwrap();
        assert_eq!((fs::read(&file.path).unwrap(), file.origin), (CONFIG.to_vec(), Origin::Hub));
    }
}

#[test]
fn when_the_hub_is_down_the_cache_is_used_and_the_user_told() {
    let down = [Reply::status(503), Reply::status(429).header("Retry-After", 900)];
    let urls = down.map(|reply| Server::start(move |_| reply.clone()).url);
    for url in urls.iter().map(String::as_str).chain(["http://127.0.0.1:1"]) {
        let bench = Bench::new(url);
        fill(&bench.repo(), Links::Files);
        let file = block_on(bench.hub().config(&model("org/name"))).unwrap();
        assert_eq!(file.origin, Origin::Cache);
        assert!(matches!(bench.heard().last(), Some(HubEvent::UsingCached { .. })), "{url}");
    }
    let gone = Server::start(|_| Reply::status(404).header("X-Error-Code", "RepoNotFound"));
    let bench = Bench::of(&gone);
    fill(&bench.repo(), Links::Files);
    assert!(matches!(bench.config(), Err(HubError::RepoNotFound { .. })), "a no is an answer");
}

#[cfg(unix)]
#[test]
fn a_link_without_its_blob_is_fetched_again() {
    let server = Server::start(|request| honest(request, CONFIG));
    let bench = Bench::of(&server);
    fill(&bench.repo(), Links::Links);
    fs::remove_file(bench.repo().join("blobs").join(etag(CONFIG))).unwrap();
    let pinned = model(&format!("org/name@{COMMIT}"));
    let file = block_on(bench.hub().config(&pinned)).unwrap();
    assert_eq!(fs::read(file.path).unwrap(), CONFIG);
    assert_eq!(server.seen()[0].header("if-none-match"), None);
}

#[test]
fn files_in_folders_are_linked_to_the_same_blobs() {
    let server = Server::start(|request| honest(request, CONFIG));
    let mut bench = Bench::of(&server);
    let name = FileName::parse("text_encoder/config.json").unwrap();
    let file = block_on(bench.hub().file(&model("org/name"), &name, 100)).unwrap();
    assert!(file.path.ends_with(format!("snapshots/{COMMIT}/{name}")));
    assert_eq!(file.read(&name, 100).unwrap(), CONFIG);
    assert!(matches!(file.read(&name, 3), Err(HubError::TooLarge { limit: 3, .. })));
    let again = block_on(bench.offline().hub().file(&model("org/name"), &name, 100)).unwrap();
    assert_eq!((again.path, again.origin), (file.path, Origin::Cache));
}

#[test]
fn a_cache_that_cannot_be_written_is_named() {
    let server = Server::start(|request| honest(request, CONFIG));
    let bench = Bench::of(&server);
    fs::write(bench.folder.path().join("hub"), "a file where the cache should be").unwrap();
    let error = bench.config().unwrap_err();
    assert!(matches!(error, HubError::Cache { .. }), "{error}");
}
