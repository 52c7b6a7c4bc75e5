//! How many weights a model has, without fetching them.

use crate::server::{Ending, Reply, Seen, Server};
use crate::support::{Bench, COMMIT, CONFIG, block_on, honest, model, no_entry};
use farebox_hub::{FileName, HubError, HubEvent, Weights};
use std::fmt::Write as _;
use std::fs;

/// A weight file whose header has `tensors` tensors of ten BF16 elements, and its data.
fn weight_file(tensors: usize) -> Vec<u8> {
    let mut json = String::from("{\"__metadata__\":{}");
    for i in 0..tensors {
        let (from, to) = (i * 20, i * 20 + 20);
        let _ = write!(
            json,
            ",\"model.layers.{i}.weight\":{{\"dtype\":\"BF16\",\"shape\":[2,5],\
             \"data_offsets\":[{from},{to}]}}"
        );
    }
    json.push('}');
    let data = vec![0; tensors * 20];
    [&(json.len() as u64).to_le_bytes(), json.as_bytes(), &data].concat()
}

/// A Hub with one weight file and no index.
fn unsharded(request: &Seen, weights: &[u8]) -> Reply {
    if request.path.ends_with(".index.json") { no_entry() } else { honest(request, weights) }
}

fn elements(weights: Result<Weights, HubError>) -> u64 {
    match weights.unwrap() {
        Weights::Single(header) => header.elements["BF16"],
        Weights::Sharded(index) => panic!("{index:?}"),
    }
}

#[test]
fn a_header_is_read_by_range_and_kept() {
    // A short header fits the first range, a long one needs a second.
    for (tensors, ranges) in [(3, 1), (2000, 2)] {
        let server = Server::start(move |request| unsharded(request, &weight_file(tensors)));
        let mut bench = Bench::of(&server);
        let weights = block_on(bench.hub().weights(&model("org/name")));
        assert_eq!(elements(weights), 10 * tensors as u64);
        let asked = server.seen();
        assert_eq!(asked.iter().filter(|seen| seen.header("range").is_some()).count(), ranges);
        let offline = block_on(bench.offline().hub().weights(&model("org/name")));
        assert_eq!(elements(offline), 10 * tensors as u64, "from the cache");
        assert_eq!(server.seen().len(), asked.len());
        let snapshot = bench.repo().join("snapshots").join(COMMIT);
        assert!(fs::read_dir(snapshot).unwrap().next().is_none(), "no half file is shown");
    }
}

#[test]
fn a_server_without_ranges_is_read_no_further_than_the_header() {
    let server = Server::start(|request| {
        let weights = weight_file(2000);
        let cut = weights.len() - 39_990;
        let mut whole = unsharded(request, &weights);
        if whole.status == 206 {
            whole.headers.retain(|(name, _)| name != "Content-Range");
            whole = Reply { status: 200, body: weights, ..whole }.ending(Ending::Cut(cut));
        }
        whole
    });
    let bench = Bench::of(&server);
    assert_eq!(elements(block_on(bench.hub().weights(&model("org/name")))), 20_000);
    assert_eq!(bench.heard(), [], "the cut after the header was never seen");
    assert_eq!(server.seen().len(), 2, "the index and one file");
}

#[test]
fn a_broken_header_is_asked_for_again() {
    let server = Server::start(|request| {
        let reply = unsharded(request, &weight_file(3));
        if request.nth == 1 { reply.ending(Ending::Cut(20)) } else { reply }
    });
    let bench = Bench::of(&server);
    assert_eq!(elements(block_on(bench.hub().weights(&model("org/name")))), 30);
    assert!(matches!(bench.heard()[..], [HubEvent::Retrying { .. }]), "{:?}", bench.heard());
}

#[test]
fn hostile_headers_are_refused() {
    let endless = u64::MAX.to_le_bytes().to_vec();
    let longer_than_the_file = [&100_u64.to_le_bytes()[..], b"{}"].concat();
    let no_json = [&2_u64.to_le_bytes()[..], b"[]"].concat();
    for weights in [endless, longer_than_the_file, no_json, b"short".to_vec()] {
        let shown = format!("{weights:?}");
        let server = Server::start(move |request| unsharded(request, &weights));
        let weights = block_on(Bench::of(&server).hub().weights(&model("org/name")));
        assert!(matches!(weights, Err(HubError::Header { .. })), "{shown}: {weights:?}");
    }
}

#[test]
fn an_index_is_used_where_there_is_one() {
    let index = br#"{"metadata":{"total_size":16060522496},
        "weight_map":{"a":"model-00001-of-00002.safetensors"}}"#;
    let server = Server::start(|request| honest(request, index));
    let mut bench = Bench::of(&server);
    let online = block_on(bench.hub().weights(&model("org/name"))).unwrap();
    let offline = block_on(bench.offline().hub().weights(&model("org/name"))).unwrap();
    assert_eq!(online, offline);
    let Weights::Sharded(index) = online else { panic!("{online:?}") };
    assert_eq!((index.total_bytes, index.shards.len()), (Some(16_060_522_496), 1));
    assert_eq!(server.seen().len(), 1);
}

#[test]
fn a_model_without_safetensors_says_so_and_remembers() {
    let server = Server::start(|request| {
        if request.path.ends_with("config.json") { honest(request, CONFIG) } else { no_entry() }
    });
    let mut bench = Bench::of(&server);
    bench.config().unwrap();
    for _ in 0..2 {
        let error = block_on(bench.hub().weights(&model("org/name"))).unwrap_err();
        assert_eq!(error.to_string(), "org/name has no model.safetensors");
        bench.offline();
    }
    assert!(bench.repo().join(".no_exist").join(COMMIT).join("model.safetensors").is_file());
}

#[test]
fn weights_that_another_tool_fetched_are_read_where_they_are() {
    let server = Server::start(|_| no_entry());
    let mut bench = Bench::of(&server);
    let snapshot = bench.repo().join("snapshots").join(COMMIT);
    fs::create_dir_all(&snapshot).unwrap();
    fs::write(snapshot.join("model.safetensors"), weight_file(4)).unwrap();
    let pinned = model(&format!("org/name@{COMMIT}"));
    let name = FileName::single_weights();
    assert_eq!(block_on(bench.hub().header(&pinned, &name)).unwrap().tensors, 4);
    assert_eq!(elements(block_on(bench.offline().hub().weights(&pinned))), 40);
    assert!(server.seen().is_empty(), "a commit never changes");
}
