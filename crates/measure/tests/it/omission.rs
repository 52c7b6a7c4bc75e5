//! Coordinated omission: a client that waits for answers sends little into a stall and hardly
//! sees it. Held against what the schedule and the server's log say, in every percentile; only
//! from below, so that a busy machine cannot fail it.

use crate::support::{Records, fixed, settings, target};
use farebox_core::{Metric, RunInstant};
use farebox_exact::{ExactServer, Schedule, Stall};
use farebox_measure::{Bound, Cancel, Load, RunClock, Surroundings, prepare};
use farebox_testkit::ms;
use farebox_workload::{Pace, Rhythm};
use std::time::Duration;

const REQUESTS: u64 = 120;
const TTFT: Duration = ms(5);
const STALL: Duration = ms(500);

#[tokio::test]
async fn a_stall_is_seen_at_every_percentile_that_it_should_be() {
    let stall = Stall { at_request: 2 + 40, lasts: STALL };
    let server = ExactServer::start(Schedule::new(TTFT, ms(1)).stalling(stall)).unwrap();
    let (clock, records) = (RunClock::start(), Records::default());
    let around = Surroundings { clock, cancel: Cancel::default(), sink: records.sink() };
    let mut settings = settings();
    settings.workload = fixed(20, 4);
    let mut prepared = prepare(&target(&server.url()), &settings, around).await.unwrap();
    let pace = Pace::new(100.0, Rhythm::Constant).unwrap();
    let load = Load::Rate { pace, at_most: None };
    prepared.generator.run_point(0, load, Bound::Requests(REQUESTS)).await;

    let truth = server.truth();
    let stalled = truth.iter().filter(|answer| answer.writes[0].due > answer.arrived + TTFT);
    let until = stalled.map(|answer| answer.writes[0].due).max().unwrap();
    let (from, until) = (clock.at(until.checked_sub(STALL).unwrap()), clock.at(until));
    let (mut expected, mut noted, mut from_send) = (Vec::new(), Vec::new(), Vec::new());
    for record in records.all().iter().filter(|record| record.sched_ns.is_some()) {
        assert!(record.is_ok());
        expected.push(waited(record.sched_ns.unwrap(), (from, until)));
        noted.push(record.latency(Metric::TtftSched).unwrap().get());
        from_send.push(record.latency(Metric::Ttft).unwrap().get());
    }
    for samples in [&mut expected, &mut noted, &mut from_send] {
        samples.sort_by(f64::total_cmp);
    }
    assert_eq!(noted.len() as u64, REQUESTS, "every request of the schedule is there");
    for (place, (noted, expected)) in noted.iter().zip(&expected).enumerate() {
        // A microsecond for the rounding of three clocks.
        assert!(noted + 1e-3 >= *expected, "place {place}: {noted} ms, due {expected} ms");
    }
    // Two in five were due in the stall: from p60 on it shows.
    assert!(noted[REQUESTS as usize * 65 / 100] > 10.0 * TTFT.as_secs_f64() * 1e3);
    assert!(noted[REQUESTS as usize - 1] > 450.0);
}

/// The least that a request due at `due` waits for its first token, in milliseconds.
fn waited(due: RunInstant, stall: (RunInstant, RunInstant)) -> f64 {
    let (from, until) = stall;
    let inside = due >= from && due < until;
    if inside { until.ms_since(due).get() } else { TTFT.as_secs_f64() * 1e3 }
}
