//! How much is in flight, how much is sent, and which of it counts: by the server's books.

use crate::support::{PROBES, Rig};
use farebox_core::window::phase_of;
use farebox_core::{Phase, Status};
use farebox_measure::{Bound, Load};
use farebox_testkit::{Answer, Ended, Exchange, Script, ms};
use std::time::{Duration, Instant};

/// Forty milliseconds a request.
fn steady() -> Script {
    Script::always(Answer::stream().tokens(ms(5), ms(5), 8))
}

fn ended_at(exchange: &Exchange) -> Instant {
    exchange.writes.last().unwrap().at
}

/// The most requests in flight at once, and the mean while the load was held.
fn in_flight(truth: &[Exchange]) -> (usize, f64) {
    let busy = |at: Instant| truth.iter().filter(move |e| e.received_at <= at && at < ended_at(e));
    let most = truth.iter().map(|e| busy(e.received_at).count()).max().unwrap();
    let held_from = truth.iter().map(ended_at).min().unwrap();
    let held_to = truth.iter().map(|e| e.received_at).max().unwrap();
    let inside = |e: &Exchange| {
        ended_at(e).min(held_to).saturating_duration_since(e.received_at.max(held_from))
    };
    let work: Duration = truth.iter().map(inside).sum();
    (most, work.as_secs_f64() / held_to.duration_since(held_from).as_secs_f64())
}

#[tokio::test]
async fn closed_loop_keeps_exactly_so_many_in_flight() {
    let mut rig = Rig::start(steady()).await;
    let marks = rig.run(Load::Concurrency(4), Bound::Requests(26)).await;
    let truth = rig.truth();
    assert_eq!((truth.len(), rig.measured().len()), (26, 26), "the bound is exact");
    let (most, mean) = in_flight(&truth);
    assert_eq!(most, 4);
    assert!(mean > 3.2, "on average only {mean} of 4 were in flight");
    assert!(rig.measured().iter().all(|record| record.sched_ns.is_none()));

    let records = rig.measured();
    let opened = records.iter().map(|record| record.end_ns).min();
    for record in &records {
        let expected = phase_of(record, opened, marks.stopped_ns);
        assert_eq!(record.phase, expected, "{}", record.request_id);
    }
    let of_phase = |phase| records.iter().filter(|record| record.phase == phase).count();
    assert_eq!(of_phase(Phase::Ramp), 4, "the first request of each slot");
    assert!((1..=4).contains(&of_phase(Phase::Drain)), "at most the last of each slot");
    assert_eq!(of_phase(Phase::Window), 22 - of_phase(Phase::Drain));
}

#[tokio::test]
async fn one_request_at_a_time_has_neither_ramp_nor_drain() {
    let mut rig = Rig::start(steady()).await;
    let records = rig.one_by_one(3).await;
    assert!(records.iter().all(|record| record.phase == Phase::Window));
    assert_eq!(in_flight(&rig.truth()).0, 1);
}

#[tokio::test]
async fn a_duration_stops_the_sending_and_waits_for_the_rest() {
    let mut rig = Rig::start(steady()).await;
    let begun = Instant::now();
    let marks = rig.run(Load::Concurrency(3), Bound::Duration(ms(300))).await;
    assert!(begun.elapsed() < ms(1500), "it took {:?}", begun.elapsed());
    let stopped = marks.stopped_ns.unwrap();
    assert!((stopped.ms_since(marks.started_ns).get() - 300.0).abs() < 1.0);
    let (truth, records) = (rig.truth(), rig.measured());
    assert!(truth.iter().all(|exchange| exchange.ended == Ended::KeptAlive), "all were awaited");
    assert!(truth.len() >= 9 && truth.len() == records.len(), "{} requests", truth.len());
    for record in &records {
        assert!(record.is_ok());
        assert_eq!(record.end_ns > stopped, record.phase == Phase::Drain);
    }
}

#[tokio::test]
async fn a_batch_goes_out_at_once_and_is_awaited_whole() {
    let mut rig = Rig::start(steady()).await;
    rig.run(Load::Batch(5), Bound::Requests(15)).await;
    let pairs = rig.pairs();
    assert_eq!(pairs.len(), 15);
    let batch = |n: u32| -> Vec<&Exchange> {
        pairs.iter().filter(|(record, _)| record.batch == Some(n)).map(|(_, e)| e).collect()
    };
    for n in 0..3 {
        let of = batch(n);
        assert_eq!(of.len(), 5, "batch {n}");
        let last_received = of.iter().map(|e| e.received_at).max().unwrap();
        let first_ended = of.iter().map(|e| ended_at(e)).min().unwrap();
        assert!(last_received < first_ended, "batch {n} was in flight as a whole");
        let last_ended = of.iter().map(|e| ended_at(e)).max().unwrap();
        for next in batch(n + 1) {
            assert!(next.received_at > last_ended, "batch {} overlaps batch {n}", n + 1);
        }
    }
    assert!(pairs.iter().all(|(record, _)| record.phase == Phase::Window));
}

/// A dead server is not hammered, whatever the shape of the load.
#[tokio::test]
async fn failures_are_followed_by_a_pause() {
    for load in [Load::Concurrency(2), Load::Batch(2)] {
        let mut rig = Rig::start(Script::always(Answer::status(500))).await;
        rig.run(load, Bound::Duration(ms(400))).await;
        let sent = rig.truth().len();
        assert_eq!(sent, rig.measured().len());
        assert!((4..=10).contains(&sent), "{sent} requests in 400 ms under {load:?}");
    }
}

#[tokio::test]
async fn cancelling_ends_what_is_in_flight_at_once() {
    let slow = Script::always(Answer::stream().tokens(ms(0), ms(100), 600))
        .on_ordinals(0..PROBES, Answer::stream());
    let mut rig = Rig::start(slow).await;
    let cancel = rig.cancel.clone();
    tokio::spawn(async move {
        tokio::time::sleep(ms(250)).await;
        cancel.throw();
    });
    let begun = Instant::now();
    let marks = rig.run(Load::Concurrency(3), Bound::Requests(100)).await;
    assert!(begun.elapsed() < ms(1000), "it took {:?}", begun.elapsed());
    assert!(marks.stopped_ns.is_some());
    let records = rig.measured();
    assert_eq!(records.len(), 3);
    for record in &records {
        assert_eq!((record.status, record.reason), (Status::Cancelled, None));
        assert!(record.token_chunks > 0 && record.phase == Phase::Drain);
    }
    assert!(rig.truth().iter().all(|exchange| exchange.ended == Ended::ClientLeft));
    rig.run(Load::Concurrency(3), Bound::Requests(100)).await;
    assert_eq!(rig.truth().len(), 3, "nothing is sent after that");
}
