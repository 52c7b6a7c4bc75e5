//! Records in, load points out: every figure is a function of the records, so a new promise,
//! percentile or definition never needs a new run.

use crate::apart::{Apart, Repeat};
use crate::curve::{Goodput, Load, LoadKind, LoadPoint, Offered, PhaseTimes, RequestCounts};
use crate::digest::Digest;
use crate::distribution::Distribution;
use crate::health::Health;
use crate::intervals;
use crate::metric::Metric;
use crate::quantity::{RequestsPerSecond, TokensPerSecond};
use crate::record::{RequestRecord, Status};
use crate::run::PointMarks;
use crate::served::Served;
use crate::slo::Slo;
use crate::tally::{PointTally, Tally};
use crate::warm_up::{self, SteadyState};
use crate::window::{self, Window};
use std::collections::{BTreeMap, BTreeSet};

/// The points of a run by rising load, from all of its records; see [`Tally::points`].
pub fn summarise(records: &[RequestRecord], marks: &[PointMarks], slos: &[Slo]) -> Vec<LoadPoint> {
    let mut tally = Tally::default();
    for record in records {
        tally.add(record);
    }
    tally.points(marks, slos)
}

/// Splits each window between prefill and decode: prefill takes requests x mean TTFT at the
/// lowest load (`basis: ttft1`), since there a request waits for nothing but its own prefill.
/// Left unknown where that exceeds the window, which happens when prefills overlap.
pub fn attach_phase_times(points: &mut [LoadPoint]) {
    let lowest = points.first().and_then(|point| point.ttft_ms.as_ref());
    let Some(ttft1) = lowest.map(|ttft| ttft.mean().as_secs()) else { return };
    for point in points {
        let share = point.requests_per_s.get() * ttft1;
        let window_s = point.window_s.unwrap_or(1.0);
        point.phase = (share > 0.0 && share < 1.0).then(|| PhaseTimes {
            prefill_s: share * window_s,
            decode_s: (1.0 - share) * window_s,
            basis: "ttft1".to_owned(),
        });
    }
}

/// One time that a load was offered: its window and what happened in it.
struct Offering<'a> {
    window: Window,
    steady_state: Option<SteadyState>,
    requests: &'a [Digest],
    /// In the order in which they were due.
    inside: Vec<&'a Digest>,
    slices: Vec<Served>,
    health: Health,
}

impl<'a> Offering<'a> {
    fn of(marks: &PointMarks, tally: &'a PointTally) -> Option<Self> {
        let requests: Vec<&Digest> = tally.requests.iter().collect();
        let (window, inside) = window::of_point(marks, &requests)?;
        let (window, inside, steady_state) = warm_up::cut(marks, window, inside);
        let ok: Vec<&Digest> = inside.iter().copied().filter(|r| r.is_ok()).collect();
        let slices = Served::slices(tally, &window);
        let health = Health::of(marks, &window, &requests, &ok);
        Some(Self { window, steady_state, requests: &tally.requests, inside, slices, health })
    }
}

impl Offering<'_> {
    fn repeat(&self, load: Load) -> Repeat {
        let ok: Vec<&Digest> = self.inside.iter().copied().filter(|r| r.is_ok()).collect();
        Repeat::of(load, self.window.seconds(), &Served::sum(&self.slices), &ok)
    }
}

/// The point of a load from every time that it was offered; none where nothing was sent.
pub(crate) fn load_point<'a>(
    load: Load,
    offered: impl Iterator<Item = (&'a PointMarks, &'a PointTally)>,
    slos: &[Slo],
) -> Option<LoadPoint> {
    let found = offered.filter_map(|(marks, tally)| Offering::of(marks, tally));
    let offerings: Vec<Offering> = found.collect();
    (!offerings.is_empty()).then(|| summed_up(load, &offerings, slos))
}

fn summed_up(load: Load, offerings: &[Offering], slos: &[Slo]) -> LoadPoint {
    let offered = load.offered(offerings.iter().all(|o| o.window.steady));
    let inside: Vec<&Digest> = offerings.iter().flat_map(|o| o.inside.iter().copied()).collect();
    let ok: Vec<&Digest> = inside.iter().copied().filter(|r| r.is_ok()).collect();
    let slices: Vec<Served> = offerings.iter().flat_map(|o| o.slices.iter().copied()).collect();
    let seconds: f64 = offerings.iter().map(|o| o.window.seconds()).sum();
    let served = Served::sum(&slices);
    let rate = |total: f64| TokensPerSecond::new(total / seconds);
    let latency = |metric: Metric| Distribution::of(ok.iter().filter_map(|r| r.latency(metric)));
    let requests = offerings.iter().flat_map(|o| o.requests);
    let healths: Vec<Health> = offerings.iter().map(|o| o.health.clone()).collect();
    let health = Health::pooled(&healths, &ok);
    LoadPoint {
        window_start_ns: offerings.iter().map(|o| o.window.start).min(),
        window_end_ns: offerings.iter().map(|o| o.window.end).max(),
        window_s: Some(seconds),
        repeats: offerings.len() as u32,
        apart: Apart::of(offerings.iter().map(|o| o.repeat(load)).collect()),
        steady_state: steady_state(offerings),
        requests: count(requests, ok.len()),
        cached_input_tok_per_s: served.cached.map(rate),
        ttft_ms: latency(Metric::Ttft),
        ttft_sched_ms: latency(Metric::TtftSched),
        ttfo_ms: latency(Metric::Ttfo),
        tpot_ms: latency(Metric::Tpot),
        icl_ms: Distribution::of_sketches(ok.iter().map(|r| r.chunk_gaps())),
        itl_ms: Distribution::of_sketches(ok.iter().filter_map(|r| r.token_gaps())),
        e2e_ms: latency(Metric::E2e),
        e2e_sched_ms: latency(Metric::E2eSched),
        send_lag_ms: Distribution::of(ok.iter().filter_map(|r| r.send_lag())),
        batch_ms: batch_times(offerings),
        goodput: slos
            .iter()
            .map(|slo| (slo.name(), goodput(&inside, slo, offered, served.requests / seconds)))
            .collect(),
        intervals: (offered.steady || !window::has_ramp(load)).then(|| {
            let mut intervals = BTreeMap::new();
            if load.kind == LoadKind::Concurrency {
                let rates = served.per_s(seconds);
                intervals::of_closed_loop(&inside, &rates, health.in_flight, &mut intervals);
            } else {
                intervals::of_slices(&slices, seconds, &mut intervals);
            }
            intervals::of_latencies(&ok, slos, latency, &mut intervals);
            intervals::of_gaps(&ok, slos, &mut intervals);
            intervals
        }),
        health: Some(health),
        ..LoadPoint::of_rates(
            offered,
            rate(served.input),
            rate(served.output),
            RequestsPerSecond::new(served.requests / seconds),
        )
    }
}

/// Settled where every time was; cut together.
fn steady_state(offerings: &[Offering]) -> Option<SteadyState> {
    let found: Option<Vec<&SteadyState>> =
        offerings.iter().map(|o| o.steady_state.as_ref()).collect();
    found?.into_iter().cloned().reduce(|all, one| SteadyState {
        settled: all.settled && one.settled,
        cut_requests: all.cut_requests + one.cut_requests,
        cut_s: all.cut_s + one.cut_s,
        test: all.test,
    })
}

fn count<'a>(records: impl Iterator<Item = &'a Digest>, in_window: usize) -> RequestCounts {
    let mut counts = RequestCounts { in_window: in_window as u64, ..RequestCounts::default() };
    for record in records {
        match (record.status, record.reason) {
            (Status::Ok, _) => {
                counts.ok += 1;
                counts.early_stop += u64::from(record.early_stop);
                if let Some(source) = record.token_source {
                    *counts.token_source.entry(source).or_default() += 1;
                }
            }
            (Status::Failed, Some(reason)) => *counts.failed.entry(reason).or_default() += 1,
            (Status::Cancelled, _) | (Status::Failed, None) => counts.cancelled += 1,
        }
    }
    counts
}

/// Wall time of each batch, from its first byte sent to the end of its last answer.
fn batch_times(offerings: &[Offering]) -> Option<Distribution> {
    Distribution::of(offerings.iter().flat_map(|offering| {
        let ok = || offering.inside.iter().filter(|r| r.is_ok());
        let batches: BTreeSet<u32> = ok().filter_map(|r| r.batch).collect();
        batches.into_iter().filter_map(move |batch| {
            let of_batch = || ok().filter(move |r| r.batch == Some(batch));
            let start = of_batch().map(|r| r.send_ns).min()?;
            Some(of_batch().map(|r| r.end_ns).max()?.ms_since(start))
        })
    }))
}

/// Requests that met every term, as a share of all that were sent in the window, and per second:
/// their share of the whole answers, of which there were `answers_per_s`.
fn goodput(inside: &[&Digest], slo: &Slo, offered: Offered, answers_per_s: f64) -> Goodput {
    let clock = offered.kind.clock();
    let (mut good, mut not_applicable) = (0_u64, 0_u64);
    let whole = inside.iter().filter(|r| r.is_ok()).count();
    for record in inside.iter().filter(|r| r.is_ok()) {
        let seen = || slo.bounds_on(clock).map(|b| (record.latency(b.metric), b.limit));
        if seen().all(|(value, limit)| value.is_none_or(|value| value <= limit)) {
            good += 1;
            not_applicable += u64::from(seen().any(|(value, _)| value.is_none()));
        }
    }
    let sent = inside.iter().filter(|r| r.status != Status::Cancelled).count();
    let share = |of: usize| if of == 0 { 0.0 } else { good as f64 / of as f64 };
    Goodput {
        requests_per_s: RequestsPerSecond::new(answers_per_s * share(whole)),
        fraction: share(sent),
        not_applicable,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quantity::{Milliseconds, RunInstant};
    use crate::record::FailureReason;
    use crate::record::tests_support::record;

    fn at(ms: u64) -> RunInstant {
        RunInstant::from_nanos(ms * 1_000_000)
    }

    /// Two slots, every request 100 ms: 10 ms to the first of 10 tokens, then 10 ms each.
    fn two_slots(requests_each: u64) -> (Vec<RequestRecord>, PointMarks) {
        let mut records = Vec::new();
        let last_send = (requests_each - 1) * 100;
        for wave in 0..requests_each {
            for _slot in 0..2 {
                let send = wave * 100;
                let mut request = RequestRecord {
                    send_ns: at(send),
                    first_token_ns: Some(at(send + 10)),
                    first_output_ns: Some(at(send + 10)),
                    last_token_ns: Some(at(send + 100)),
                    end_ns: at(send + 100),
                    token_chunks: 10,
                    output_tokens: Some(10),
                    input_tokens: Some(40),
                    ..record()
                };
                request.phase = window::phase_of(&request, Some(at(100)), Some(at(last_send)));
                records.push(request);
            }
        }
        let load = Load { kind: LoadKind::Concurrency, value: 2.0 };
        let marks = PointMarks { load, started_ns: at(0), stopped_ns: Some(at(last_send)) };
        (records, marks)
    }

    #[test]
    fn ramp_and_drain_are_cut_slot_by_slot() {
        let (records, marks) = two_slots(5);
        let points = summarise(&records, &[marks], &[]);
        let point = &points[0];
        assert!(point.offered.steady);
        assert_eq!(point.window_start_ns, Some(at(100)));
        assert_eq!(point.window_end_ns, Some(at(400)));
        assert_eq!(point.requests.ok, 10, "every request is counted");
        assert_eq!(point.requests.in_window, 6, "three whole waves of two");
        assert_eq!(point.ttft_ms.as_ref().unwrap().mean(), Milliseconds::new(10.0));
        assert_eq!(point.tpot_ms.as_ref().unwrap().mean(), Milliseconds::new(10.0));
        // Two slots with 10 tokens per 100 ms, spread evenly over 10..100 ms of each.
        assert!((point.output_tok_per_s.get() - 200.0).abs() < 1e-9);
        assert!((point.input_tok_per_s.get() - 800.0).abs() < 1e-9);
        assert!((point.requests_per_s.get() - 20.0).abs() < 1e-9);
    }

    #[test]
    fn a_window_that_ends_in_a_wave_holds_no_more_prompts_than_answers() {
        let (records, mut marks) = two_slots(6);
        marks.stopped_ns = Some(at(520));
        let point = &summarise(&records, &[marks], &[])[0];
        assert!((point.input_tok_per_s.get() - 40.0 * point.requests_per_s.get()).abs() < 1e-9);
        assert!((point.input_tok_per_s.get() - 800.0).abs() < 1e-9, "{:?}", point.input_tok_per_s);
    }

    #[test]
    fn a_window_that_ends_in_a_wave_is_not_surer_than_it_may_be() {
        let (mut records, mut marks) = two_slots(6);
        for record in &mut records {
            // All tokens at the end of a life: waves come in bursts.
            record.first_token_ns = Some(RunInstant::from_nanos(record.end_ns.nanos() - 1_000_000));
        }
        // The last wave is cut at its middle.
        marks.stopped_ns = Some(at(550));
        let point = &summarise(&records, &[marks], &[])[0];
        let counted = point.output_tok_per_s.get();
        assert!((counted - 177.8).abs() < 0.1, "{counted}");
        let interval = point.interval("output_tok_per_s").unwrap();
        assert!(interval.holds(200.0 - 1e-6) && interval.holds(counted), "{interval:?}");
    }

    #[test]
    fn too_few_waves_are_summarised_whole_and_say_so() {
        let (records, marks) = two_slots(2);
        let point = &summarise(&records, &[marks], &[])[0];
        assert!(!point.offered.steady);
        assert_eq!((point.window_start_ns, point.window_end_ns), (Some(at(0)), Some(at(200))));
        assert!((point.output_tok_per_s.get() - 200.0).abs() < 1e-9);
        assert_eq!(point.requests.in_window, 4);
    }

    #[test]
    fn failures_stay_in_every_denominator() {
        let (mut records, marks) = two_slots(5);
        for index in [0, 4] {
            records[index].status = Status::Failed;
            records[index].reason = Some(FailureReason::Http5xx);
        }
        let slo: Slo = "ttft.p90=20ms".parse().unwrap();
        let point = &summarise(&records, &[marks], std::slice::from_ref(&slo))[0];
        assert_eq!(point.requests.failed[&FailureReason::Http5xx], 2, "one of them in the ramp");
        assert_eq!(point.requests.error_rate(), Some(0.2));
        let goodput = point.goodput[&slo.name()];
        assert!((goodput.fraction - 5.0 / 6.0).abs() < 1e-12, "{goodput:?}");
        assert_eq!(goodput.requests_per_s, point.requests_per_s, "all whole answers are good");
    }

    #[test]
    fn batches_are_timed_whole() {
        let load = Load { kind: LoadKind::Batch, value: 2.0 };
        let marks = PointMarks { load, started_ns: at(0), stopped_ns: Some(at(900)) };
        let request = |batch, send, end| RequestRecord {
            batch: Some(batch),
            send_ns: at(send),
            end_ns: at(end),
            ..record()
        };
        let records =
            [request(0, 0, 300), request(0, 1, 400), request(1, 400, 600), request(1, 401, 700)];
        let point = &summarise(&records, &[marks], &[])[0];
        let batch = point.batch_ms.as_ref().unwrap();
        assert_eq!((batch.mean(), batch.n()), (Milliseconds::new(350.0), Some(2)));
        assert!(!point.offered.steady, "a batch is a burst by design");
    }

    #[test]
    fn prefill_time_is_requests_times_ttft_at_the_lowest_load() {
        let (records, marks) = two_slots(5);
        let point = &summarise(&records, &[marks], &[])[0];
        let share = point.phase.as_ref().unwrap().prefill_share();
        // Two slots, a request each 100 ms, 10 ms of prefill.
        assert!((share - 0.2).abs() < 1e-9, "{share}");
    }
}
