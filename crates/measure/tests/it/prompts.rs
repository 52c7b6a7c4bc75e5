//! What is sent: fresh prompts everywhere, the same bytes for the same seed.

use crate::support::{Rig, settings};
use farebox_measure::{Bound, Load};
use farebox_testkit::{Answer, Script};
use std::collections::HashSet;

/// All bodies of a run with warm-up and two points, in order of arrival.
async fn sent(seed: u64) -> (Rig, Vec<Vec<u8>>) {
    let mut settings = settings();
    settings.seed = seed;
    let mut rig = Rig::with(Script::always(Answer::stream()), settings).await;
    rig.prepared.generator.warm_up(0, 4, 1).await;
    for _ in 0..2 {
        rig.run(Load::Concurrency(1), Bound::Requests(6)).await;
    }
    let bodies = rig.server.truth().into_iter().map(|exchange| exchange.body).collect();
    (rig, bodies)
}

#[tokio::test]
async fn no_prompt_begins_like_another() {
    let (rig, bodies) = sent(7).await;
    assert_eq!(bodies.len(), 2 + 4 + 12);
    let beginnings: HashSet<String> = rig
        .server
        .truth()
        .iter()
        .map(|exchange| {
            let body = exchange.json();
            let text = body["messages"][0]["content"].as_str().unwrap();
            text.split(' ').take(6).collect::<Vec<_>>().join(" ")
        })
        .collect();
    assert_eq!(beginnings.len(), bodies.len(), "a shared prefix would be served from a cache");
}

#[tokio::test]
async fn the_same_seed_sends_the_same_bytes() {
    let (first, again, other) = (sent(7).await.1, sent(7).await.1, sent(8).await.1);
    assert_eq!(first, again);
    assert!(first.iter().zip(&other).all(|(first, other)| first != other));
}

#[tokio::test]
async fn every_request_carries_its_records_name() {
    let (rig, _) = sent(7).await;
    let recorded: HashSet<String> =
        rig.records.all().into_iter().map(|record| record.request_id).collect();
    let truth = rig.server.truth();
    let seen: HashSet<String> = truth.iter().filter_map(|e| e.request_id.clone()).collect();
    assert_eq!(seen.len(), truth.len(), "names are unique");
    assert_eq!(seen, recorded);
}

#[tokio::test]
async fn a_body_asks_for_what_the_settings_say() {
    let (rig, _) = sent(7).await;
    let body = rig.truth()[0].json();
    assert_eq!(body["model"], "scripted", "the first that the server lists");
    assert_eq!(body["max_tokens"], 8);
    assert_eq!(body["ignore_eos"], true);
    assert_eq!(body["temperature"], 0.0);
    assert_eq!(body["stream"], true);
    assert_eq!(body["stream_options"]["include_usage"], true);
}
