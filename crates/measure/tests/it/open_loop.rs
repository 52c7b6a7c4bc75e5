//! Requests by a schedule: what goes out when, what waits, and what is never sent. By the
//! server's books.

use crate::support::{Rig, fixed, settings};
use farebox_core::{FailureReason, LoadKind, Phase, PointMarks, RequestRecord, Status, summarise};
use farebox_measure::{Bound, Load, Prompt, PromptSource};
use farebox_testkit::{Answer, Ended, Script, ms};
use farebox_workload::{
    Arrivals, Observed, ObservedTraffic, Pace, Planned, Replay, ReplaySettings, Rhythm, Speed,
    Workload,
};
use std::sync::Arc;
use std::time::Instant;

fn rate(per_s: f64, rhythm: Rhythm, at_most: Option<u32>) -> Load {
    Load::Rate { pace: Pace::new(per_s, rhythm).unwrap(), at_most }
}

/// An answer of eight tokens that takes so many milliseconds.
fn takes(millis: u64) -> Script {
    Script::always(Answer::stream().tokens(ms(millis / 8), ms(millis / 8), 8))
}

/// Microseconds from the start of the point at which each request was due, in order.
fn due_us(marks: &PointMarks, records: &[RequestRecord]) -> Vec<u64> {
    let start = marks.started_ns.nanos();
    let due = records.iter().map(|r| (r.sched_ns.unwrap().nanos() - start) / 1000);
    let mut due: Vec<u64> = due.collect();
    due.sort_unstable();
    due
}

#[tokio::test]
async fn a_slow_server_does_not_slow_the_schedule() {
    let mut rig = Rig::start(takes(400)).await;
    let begun = Instant::now();
    let marks = rig.run(rate(100.0, Rhythm::Constant, None), Bound::Requests(20)).await;
    assert!(begun.elapsed() < ms(5000), "20 answers of 0.4 s one after another take 8 s");
    let records = rig.measured();
    let expected: Vec<u64> = (0..20).map(|i| i * 10_000).collect();
    assert_eq!(due_us(&marks, &records), expected, "fixed beforehand");
    assert_eq!(marks.load, farebox_core::Load { kind: LoadKind::Rate, value: 100.0 });
    let stopped = marks.stopped_ns.unwrap();
    assert_eq!(Some(stopped), records.iter().filter_map(|r| r.sched_ns).max(), "with the last");

    let pairs = rig.pairs();
    for (record, exchange) in &pairs {
        let received = rig.clock.at(exchange.received_at);
        assert!(record.is_ok() && received >= record.sched_ns.unwrap(), "nothing goes out early");
        assert!(record.send_ns >= record.sched_ns.unwrap() && record.send_lag().is_some());
    }
    let last = pairs.iter().map(|(_, exchange)| exchange.received_at).max().unwrap();
    let ended = |exchange: &farebox_testkit::Exchange| exchange.writes.last().unwrap().at;
    let open = pairs.iter().filter(|(_, e)| e.received_at <= last && ended(e) > last).count();
    assert!(open > 10, "{open} were in flight when the last came");
}

#[tokio::test]
async fn a_duration_holds_the_arrivals_of_its_process_no_more_and_no_fewer() {
    let mut rig = Rig::start(takes(8)).await;
    let load = rate(80.0, Rhythm::Gamma(0.5), None);
    let marks = rig.run(load, Bound::Duration(ms(400))).await;
    let process = Arrivals::new(80.0, Rhythm::Gamma(0.5)).unwrap();
    let expected = process.times_ns(settings().seed).take_while(|at| *at < 400_000_000).count();
    assert_eq!((rig.measured().len(), rig.truth().len()), (expected, expected));
    let stopped = marks.stopped_ns.unwrap().ms_since(marks.started_ns).get();
    assert!((stopped - 400.0).abs() < 1e-3, "{stopped}");
}

#[tokio::test]
async fn waiting_for_a_place_counts_as_latency() {
    let mut rig = Rig::start(takes(40)).await;
    let marks = rig.run(rate(100.0, Rhythm::Constant, Some(1)), Bound::Requests(12)).await;
    let truth = rig.truth();
    assert_eq!(truth.len(), 12, "with a count for a bound, everything is sent in the end");
    for pair in truth.windows(2) {
        assert!(pair[1].received_at >= pair[0].writes.last().unwrap().at, "two at once");
    }
    let records = rig.measured();
    assert_eq!(due_us(&marks, &records)[11], 110_000, "the cap moves no schedule");
    let last = records.iter().max_by_key(|record| record.send_ns).unwrap();
    // Eleven answers of 40 ms came before it, and it was due after 110.
    assert!(last.send_lag().unwrap().get() > 300.0, "{:?}", last.send_lag());
    let slo = ["ttft.p50=100ms".parse().unwrap()];
    let point = &summarise(&records, &[marks], &slo)[0];
    assert!(point.ttft_ms.as_ref().unwrap().mean().get() < 100.0);
    assert!(point.ttft_sched_ms.as_ref().unwrap().mean().get() > 150.0);
    assert!(point.send_lag_ms.as_ref().unwrap().mean().get() > 100.0);
    assert!(point.goodput["ttft.p50=100ms"].fraction < 0.6, "promises count from the schedule");
}

#[tokio::test]
async fn what_was_never_sent_before_the_end_is_a_failure() {
    let mut rig = Rig::start(takes(80)).await;
    let load = rate(50.0, Rhythm::Constant, Some(2));
    let marks = rig.run(load, Bound::Duration(ms(400))).await;
    let records = rig.measured();
    assert_eq!(records.len(), 20, "every arrival is accounted for");
    let (sent, missed): (Vec<_>, Vec<_>) = records.iter().partition(|record| record.is_ok());
    assert_eq!(rig.truth().len(), sent.len());
    assert!((4..=12).contains(&sent.len()), "about ten fit: {}", sent.len());
    for record in &missed {
        assert_eq!(record.reason, Some(FailureReason::NeverSent));
        assert_eq!((record.http_status, record.first_token_ns), (None, None));
        assert!(record.send_ns >= marks.stopped_ns.unwrap() && record.phase != Phase::Drain);
        assert!(record.detail.as_ref().unwrap().contains("none of 2 places"), "{record:?}");
    }
    let point = &summarise(&records, &[marks], &[])[0];
    assert_eq!(point.requests.failed[&FailureReason::NeverSent], missed.len() as u64);
    let rate = point.requests.error_rate().unwrap();
    assert!((rate - missed.len() as f64 / 20.0).abs() < 1e-12, "{rate}");
}

#[tokio::test]
async fn cancelling_ends_a_schedule_at_once() {
    let mut rig = Rig::start(takes(8000).on_ordinals(0..2, Answer::stream())).await;
    let cancel = rig.cancel.clone();
    tokio::spawn(async move {
        tokio::time::sleep(ms(200)).await;
        cancel.throw();
    });
    let begun = Instant::now();
    let load = rate(50.0, Rhythm::Constant, Some(3));
    rig.run(load, Bound::Duration(ms(60_000))).await;
    assert!(begun.elapsed() < ms(3000), "it took {:?}", begun.elapsed());
    let records = rig.measured();
    assert!(records.len() > 3, "those in flight and those that waited: {}", records.len());
    assert!(records.iter().all(|record| record.status == Status::Cancelled));
    assert!(rig.truth().iter().all(|exchange| exchange.ended == Ended::ClientLeft));
    assert_eq!(rig.truth().len(), 3);
}

#[tokio::test]
async fn a_trace_is_sent_at_its_own_times_with_its_own_lengths() {
    let request = |millis: i64, isl, osl| Observed {
        at_ns: Some(millis * 1_000_000),
        isl,
        osl,
        ..Observed::default()
    };
    let requests = vec![request(1000, 30, 5), request(1100, 60, 9), request(1300, 10, 3)];
    let traffic = ObservedTraffic { requests, ..ObservedTraffic::default() };
    let replay = Replay::new(&traffic, &ReplaySettings::default()).unwrap();
    let mut settings = settings();
    settings.workload = Workload::Replay(replay);
    let mut rig = Rig::with(Script::always(Answer::stream()), settings).await;
    let load = Load::Trace { speed: Speed::new(2.0).unwrap(), at_most: None };
    let marks = rig.run(load, Bound::Duration(ms(30_000))).await;
    let mut records = rig.measured();
    records.sort_by_key(|record| record.sched_ns);
    assert_eq!(due_us(&marks, &records), [0, 50_000, 150_000], "and the point ends with the trace");
    let lengths: Vec<_> = records.iter().map(|r| (r.isl_requested, r.osl_requested)).collect();
    assert_eq!(lengths, [(30, 5), (60, 9), (10, 3)]);
    let asked: Vec<_> = rig.truth().iter().map(|e| e.json()["max_tokens"].as_u64()).collect();
    assert_eq!(asked, [Some(5), Some(9), Some(3)]);

    // The same trace in closed loop gives its lengths and no times.
    rig.run(Load::Concurrency(1), Bound::Requests(10)).await;
    assert_eq!(rig.measured().len(), 6, "a trace that is through stops the sending");
}

#[tokio::test]
async fn blocks_of_one_name_are_the_same_text_and_only_those() {
    let request = |blocks: &[u64]| Observed {
        at_ns: Some(0),
        isl: 20,
        osl: 2,
        blocks: blocks.to_vec(),
        ..Observed::default()
    };
    let requests = vec![request(&[4, 5]), request(&[4, 6]), request(&[7, 5])];
    let traffic = ObservedTraffic { block_tokens: 10, requests, ..ObservedTraffic::default() };
    let replay = Replay::new(&traffic, &ReplaySettings::default()).unwrap();
    let mut settings = settings();
    settings.workload = Workload::Replay(replay);
    let mut rig = Rig::with(Script::always(Answer::stream()), settings).await;
    rig.run(Load::Concurrency(1), Bound::Requests(3)).await;
    let prompts: Vec<Vec<String>> = rig
        .truth()
        .iter()
        .map(|e| e.json()["messages"][0]["content"].as_str().unwrap().to_owned())
        .map(|text| text.split(' ').map(str::to_owned).collect())
        .collect();
    let [one, same_start, same_end] = &prompts[..] else { panic!("{prompts:?}") };
    assert_eq!((one.len(), &one[..10]), (20, &same_start[..10]));
    assert_ne!(one[10..], same_start[10..]);
    assert_ne!(one[..10], same_end[..10]);
    assert_eq!(one[10..], same_end[10..], "the same block is the same text wherever it stands");
}

/// Prompts of a user's own.
#[derive(Debug)]
pub(crate) struct Numbered;

impl PromptSource for Numbered {
    fn prompt(&self, stream: u64, planned: &Planned) -> Prompt {
        format!("stream {stream} request {}", planned.index).into()
    }
}

#[tokio::test]
async fn prompts_can_be_written_by_somebody_else() {
    let mut settings = settings();
    settings.workload = fixed(5, 2);
    settings.prompts = Some(Arc::new(Numbered));
    let mut rig = Rig::with(Script::always(Answer::stream()), settings).await;
    rig.run(rate(500.0, Rhythm::Poisson, None), Bound::Requests(3)).await;
    let mut prompts: Vec<String> = rig
        .truth()
        .iter()
        .map(|e| e.json()["messages"][0]["content"].as_str().unwrap().to_owned())
        .collect();
    prompts.sort();
    assert_eq!(prompts, ["stream 0 request 0", "stream 0 request 1", "stream 0 request 2"]);
}
