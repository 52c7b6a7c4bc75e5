//! A trace sent again is the trace, faster, cut or over and over.

use crate::support::planned;
use farebox_workload::sharing::Pause;
use farebox_workload::{
    About, Calendar, Observed, ObservedTraffic, Pace, Repeat, Replay, ReplayError, ReplaySettings,
    Rhythm, SegmentId, Speed, Traffic, Workload, observe,
};
use std::time::Duration;

/// Four requests with named blocks of 512 tokens; out of order.
fn trace() -> ObservedTraffic {
    let at_second = |second: i64, isl, osl, blocks: &[u64]| Observed {
        at_ns: Some(second * 1_000_000_000),
        isl,
        osl,
        blocks: blocks.to_vec(),
        ..Observed::default()
    };
    let requests = vec![
        at_second(1, 600, 50, &[0, 1]),
        at_second(3, 1500, 20, &[0, 1, 2]),
        at_second(2, 500, 0, &[7]),
        at_second(7, 1100, 9, &[0, 5]),
    ];
    ObservedTraffic { block_tokens: 512, requests, ..ObservedTraffic::default() }
}

fn replay(settings: &ReplaySettings) -> Workload {
    Workload::Replay(Replay::new(&trace(), settings).unwrap())
}

fn sent(workload: &Workload, n: usize) -> Vec<(u64, u32)> {
    planned(workload, 0, n).iter().map(|p| (p.at_ns.unwrap() / 1_000_000, p.isl)).collect()
}

#[test]
fn times_count_from_the_first_and_shrink_with_speed() {
    let settings = ReplaySettings::default();
    assert_eq!(sent(&replay(&settings), 9), [(0, 600), (1000, 500), (2000, 1500), (6000, 1100)]);
    let twice = ReplaySettings { speed: Speed::new(2.0).unwrap(), ..settings };
    assert_eq!(sent(&replay(&twice), 9), [(0, 600), (500, 500), (1000, 1500), (3000, 1100)]);
    assert_eq!(planned(&replay(&twice), 0, 2)[1].osl, 1, "no server gives an empty answer");
}

#[test]
fn a_slice_starts_at_its_own_beginning_and_a_loop_shares_nothing_with_the_pass_before() {
    let slice = Some(Duration::from_millis(500)..Duration::from_secs(3));
    let settings = ReplaySettings { slice, repeat: Repeat::Forever, ..ReplaySettings::default() };
    let workload = replay(&settings);
    assert_eq!(sent(&workload, 4), [(500, 500), (1500, 1500), (3000, 500), (4000, 1500)]);
    let requests = planned(&workload, 0, 4);
    assert_eq!(requests.iter().map(|r| r.index).collect::<Vec<_>>(), [0, 1, 2, 3]);
    let shared: u32 = observe(&requests).requests.iter().filter_map(|r| r.shared_prefix).sum();
    assert_eq!(shared, 0);
}

#[test]
fn a_trace_can_follow_another_clock() {
    let trace = replay(&ReplaySettings::default());
    let even = trace.at_pace(Pace::new(10.0, Rhythm::Constant).unwrap());
    assert_eq!(sent(&even, 9), [(0, 600), (100, 500), (200, 1500), (300, 1100)]);
    assert!(planned(&trace.paced_by_answers(), 0, 9).iter().all(|r| r.at_ns.is_none()));
    let twice = even.at_speed(Speed::new(2.0).unwrap());
    assert_eq!(sent(&twice, 2), [(0, 600), (500, 500)], "its own times again");
}

#[test]
fn prefixes_are_rebuilt_from_block_names() {
    let requests = planned(&replay(&ReplaySettings::default()), 0, 4);
    let blocks = |i: usize| requests[i].segments.iter().map(|s| s.tokens).collect::<Vec<_>>();
    assert_eq!((blocks(0), blocks(2)), (vec![512, 88], vec![512, 512, 476]));
    // 1100 tokens are more than two blocks: the rest has no name, so it is the request's own.
    assert_eq!(blocks(3), [512, 512, 76]);
    assert!(matches!(requests[3].segments[2].id, SegmentId::Own(3)));
    let rebuilt = Traffic::of(&observe(&requests), About::default()).unwrap().prefix.unwrap();
    let published = Traffic::of(&trace(), About::default()).unwrap().prefix.unwrap();
    // The third begins with 512 + 88 tokens of the first, the fourth with 512.
    assert!((published.share - 1112.0 / 3700.0).abs() < 1e-12, "{published:?}");
    assert!((rebuilt.share - published.share).abs() < 1e-12, "{rebuilt:?}");
}

#[test]
fn conversations_of_a_trace_grow_and_a_cut_history_starts_over() {
    let turn = |at, isl, turn| Observed {
        at_ns: Some(at),
        isl,
        osl: 5,
        session: Some(3),
        turn,
        ..Observed::default()
    };
    let requests = vec![turn(0, 100, 0), turn(10, 250, 1), turn(20, 90, 2)];
    let traffic = ObservedTraffic { requests, ..ObservedTraffic::default() };
    let replay = Replay::new(&traffic, &ReplaySettings::default()).unwrap();
    let planned = planned(&Workload::Replay(replay), 0, 3);
    let tokens = |i: usize| planned[i].segments.iter().map(|s| s.tokens).collect::<Vec<_>>();
    assert_eq!((tokens(0), tokens(1), tokens(2)), (vec![100], vec![100, 150], vec![90]));
    assert_eq!(planned[1].segments[0], planned[0].segments[0]);
    assert_ne!(planned[2].segments[0], planned[0].segments[0]);
}

/// Three conversations of two turns, woven into each other.
fn woven() -> ObservedTraffic {
    let turn = |row: u32| Observed {
        at_ns: Some(i64::from(row)),
        isl: 10 + row,
        osl: 5,
        session: Some(u64::from(row % 3)),
        ..Observed::default()
    };
    ObservedTraffic { requests: (0..6).map(turn).collect(), ..ObservedTraffic::default() }
}

#[test]
fn where_answers_set_the_pace_the_turns_of_a_conversation_follow_one_another() {
    let think = Pause::Fixed(2.0);
    let settings = ReplaySettings { repeat: Repeat::Forever, think, ..ReplaySettings::default() };
    let own = Workload::Replay(Replay::new(&woven(), &settings).unwrap());
    let isl = |workload: &Workload, n| -> Vec<u32> {
        planned(workload, 0, n).iter().map(|request| request.isl).collect()
    };
    assert_eq!(isl(&own, 6), [10, 11, 12, 13, 14, 15]);
    assert_eq!(isl(&own.paced_by_answers(), 7), [10, 13, 11, 14, 12, 15, 10]);
    // Half of the requests start a conversation, so starts come at half the rate.
    let even = own.at_pace(Pace::new(10.0, Rhythm::Constant).unwrap());
    assert_eq!(sent(&even, 5), [(0, 10), (0, 13), (200, 11), (200, 14), (400, 12)]);
    let thinks: Vec<u64> = planned(&even, 0, 3).iter().map(|it| it.think_ns).collect();
    assert_eq!(thinks, [0, 2_000_000_000, 0]);
    assert_eq!(isl(&even.at_speed(Speed::AS_IT_WAS), 6), [10, 11, 12, 13, 14, 15]);
}

#[test]
fn a_source_with_texts_of_its_own_begins_elsewhere_under_every_load() {
    let settings = ReplaySettings { repeat: Repeat::Elsewhere, ..ReplaySettings::default() };
    let workload = Workload::Replay(Replay::new(&woven(), &settings).unwrap()).paced_by_answers();
    let firsts: Vec<u64> =
        (0..3).map(|load| planned(&workload.for_load(load), 0, 1)[0].index).collect();
    assert_eq!(firsts, [0, 4, 2], "each at a first turn");
    let whole = planned(&workload.for_load(1), 0, 6);
    assert!(whole.iter().all(|request| request.turn.unwrap().turn == request.index as u32 % 2));
    assert_eq!(planned(&workload.for_load(1), 0, 6), whole);
}

#[test]
fn times_at_the_end_of_the_world_do_not_panic() {
    let request = |at_ns| Observed { at_ns: Some(at_ns), isl: 1, osl: 1, ..Observed::default() };
    let requests = vec![request(i64::MIN), request(i64::MAX), request(0)];
    let traffic = ObservedTraffic { requests, calendar: Calendar::Utc, block_tokens: 0 };
    let settings = ReplaySettings { repeat: Repeat::Forever, ..ReplaySettings::default() };
    let replay = Replay::new(&traffic, &settings).unwrap();
    assert_eq!(planned(&Workload::Replay(replay), 0, 5).len(), 5);
    let profile = Traffic::of(&traffic, About::default()).unwrap();
    assert_eq!(profile.arrivals, None, "no such span can be told");
}

#[test]
fn what_cannot_be_sent_again_says_why() {
    let error = |traffic: &ObservedTraffic, settings: &ReplaySettings| {
        Replay::new(traffic, settings).unwrap_err()
    };
    let plain = ReplaySettings::default();
    assert_eq!(error(&ObservedTraffic::default(), &plain), ReplayError::Empty { sliced: false });
    let mut timeless = trace();
    timeless.requests[1].at_ns = None;
    assert_eq!(error(&timeless, &plain).to_string(), "request 2 of the trace has no time");
    let stopped = Speed::new(0.0).unwrap_err().to_string();
    assert_eq!(stopped, "0 is no speed: above 0, where 1 is as it was");
    let late =
        ReplaySettings { slice: Some(Duration::from_mins(1)..Duration::from_mins(2)), ..plain };
    assert_eq!(
        error(&trace(), &late).to_string(),
        "the trace has no requests in the slice asked for"
    );
}
