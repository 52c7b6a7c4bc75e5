//! Datasets: under addresses and in folders of their own, listed page by page.

use crate::server::{Reply, Seen, Server};
use crate::support::{Bench, block_on, honest};
use farebox_hub::{FileName, HubError, RepoRef, Revision, TreeFile};
use std::fs;

const ROWS: &[u8] = b"PAR1 rows PAR1";

fn dataset() -> RepoRef {
    RepoRef::dataset("org/rows").unwrap()
}

/// Two pages of a list, and every file the same.
fn answer(request: &Seen) -> Reply {
    let page = |files: &str| Reply::status(200).body(files.as_bytes());
    match request.path.as_str() {
        "/api/datasets/org/rows/tree/main?recursive=true" => page(
            r#"[{"type":"directory","path":"data","size":0},
                {"type":"file","path":"data/train-0.parquet","size":14,"oid":"x"}]"#,
        )
        .header(
            "Link",
            r#"<http://elsewhere.example/api?recursive=true&cursor=a%3D%3D>; rel="next""#,
        ),
        "/api/datasets/org/rows/tree/main?recursive=true&cursor=a%3D%3D" => {
            page(r#"[{"type":"file","path":"README.md","size":3}]"#)
        }
        "/datasets/org/rows/resolve/main/data/train-0.parquet" => honest(request, ROWS),
        _ => Reply::status(404).header("X-Error-Code", "RevisionNotFound"),
    }
}

#[test]
fn all_pages_are_listed_and_kept_for_when_nobody_answers() {
    let server = Server::start(answer);
    let mut bench = Bench::of(&server);
    let files = block_on(bench.hub().files(&dataset())).unwrap();
    let named = |name: &str, bytes| TreeFile { name: FileName::parse(name).unwrap(), bytes };
    assert_eq!(files, [named("data/train-0.parquet", 14), named("README.md", 3)]);
    assert_eq!(server.seen().len(), 2, "the next page is asked of the same Hub");
    assert_eq!(block_on(bench.offline().hub().files(&dataset())).unwrap(), files);
    assert_eq!(server.seen().len(), 2, "offline asks nobody");
}

#[test]
fn its_files_are_in_a_folder_of_their_own() {
    let server = Server::start(answer);
    let bench = Bench::of(&server);
    let name = FileName::parse("data/train-0.parquet").unwrap();
    let file = block_on(bench.hub().file(&dataset(), &name, 1000)).unwrap();
    assert_eq!(fs::read(&file.path).unwrap(), ROWS);
    assert!(file.path.starts_with(bench.folder.path().join("hub/datasets--org--rows/snapshots")));
}

#[test]
fn what_is_not_there_is_called_what_it_is() {
    let server = Server::start(answer);
    let mut bench = Bench::of(&server);
    let converted = dataset().at(Revision::converted());
    let error = block_on(bench.hub().files(&converted)).unwrap_err();
    assert_eq!(error.to_string(), "org/rows has no revision `refs/convert/parquet`");
    let seen = server.seen();
    assert!(seen[0].path.contains("/tree/refs%2Fconvert%2Fparquet?"), "{}", seen[0].path);
    let gone = Server::start(|_| Reply::status(404).header("X-Error-Code", "RepoNotFound"));
    let error = block_on(Bench::of(&gone).hub().files(&dataset())).unwrap_err();
    assert!(error.to_string().contains("has no dataset org/rows"), "{error}");
    let error = block_on(bench.offline().hub().files(&dataset())).unwrap_err();
    assert!(matches!(error, HubError::Offline { .. }), "{error}");
    let broken = Server::start(|_| Reply::status(200).body(b"<html>"));
    let error = block_on(Bench::of(&broken).hub().files(&dataset())).unwrap_err();
    assert!(matches!(error, HubError::NotAHub { .. }), "{error}");
}
