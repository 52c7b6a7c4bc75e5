//! Connections that servers keep, close or refuse.

use crate::support::{PROBES, Rig};
use farebox_core::FailureReason::{Connect, Reset};
use farebox_testkit::{Answer, Script, ms};

/// A kept connection may die just as it is used again: that is nobody's failure.
#[tokio::test]
async fn a_kept_connection_that_dies_is_replaced_once() {
    for answer in [Answer::Close, Answer::Reset] {
        let lost = PROBES + 1;
        let script = Script::always(Answer::stream()).on_ordinals(lost..lost + 1, answer.clone());
        let mut rig = Rig::start(script).await;
        let records = rig.one_by_one(3).await;
        assert!(records.iter().all(farebox_core::RequestRecord::is_ok), "{answer:?}");
        assert!(!records[1].connection_reused && records[2].connection_reused, "{answer:?}");
        let truth = rig.truth();
        assert_eq!(truth.len(), 4, "{answer:?}: one request came twice");
        assert_eq!(truth[1].request_id, truth[2].request_id);
        assert_eq!(truth[1].body, truth[2].body);
        assert!(records[1].send_ns > rig.clock.at(truth[1].received_at), "its clock began anew");
    }
}

#[tokio::test]
async fn a_fresh_connection_that_dies_is_a_reset() {
    for answer in [Answer::Close, Answer::Reset] {
        let twice = PROBES + 1..PROBES + 3;
        let script = Script::always(Answer::stream()).on_ordinals(twice, answer.clone());
        let mut rig = Rig::start(script).await;
        let records = rig.one_by_one(3).await;
        let reasons: Vec<_> = records.iter().map(|record| record.reason).collect();
        assert_eq!(reasons, [None, Some(Reset), None], "{answer:?}");
        assert!(!records[1].detail.as_ref().unwrap().is_empty());
        assert_eq!(records[1].http_status, None);
    }
}

#[tokio::test]
async fn a_server_that_never_keeps_connections_is_measured_all_the_same() {
    let silent = Script::always(Answer::Close);
    let silent = (0..8).fold(silent, |script, request| {
        // Each kept connection is closed under the next request, until the client learns.
        let ordinal = PROBES + 2 * request;
        script.on_ordinals(ordinal..ordinal + 1, Answer::stream())
    });
    let silent = silent.on_ordinals(0..PROBES, Answer::stream());
    for (script, arrivals) in [(Script::always(Answer::stream().close_after()), 4), (silent, 6)] {
        let mut rig = Rig::start(script).await;
        let records = rig.one_by_one(if arrivals == 4 { 4 } else { 3 }).await;
        assert!(records.iter().all(farebox_core::RequestRecord::is_ok), "{records:?}");
        assert!(records.iter().all(|record| !record.connection_reused));
        assert!(rig.truth().len() <= arrivals, "at most one more try each");
    }
}

#[tokio::test]
async fn refused_connections_are_counted_one_by_one() {
    // One each for health, models, the four questions to an engine that nothing gives away, the
    // probes, and the first request.
    let script = Script::always(Answer::stream().close_after().tokens(ms(0), ms(1), 8))
        .on_ordinals(0..PROBES, Answer::stream())
        .refuse_connections_after(8);
    let mut rig = Rig::start(script).await;
    let records = rig.one_by_one(3).await;
    let reasons: Vec<_> = records.iter().map(|record| record.reason).collect();
    assert_eq!(reasons, [None, Some(Connect), Some(Connect)]);
    assert!(records[2].detail.as_ref().unwrap().contains("cannot connect"));
    assert_eq!((records[2].http_status, records[2].first_token_ns), (None, None));
    assert_eq!(rig.truth().len(), 1);
}
