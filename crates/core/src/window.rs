//! Which part of a load point counts.
//!
//! A closed loop of C requests starts with a burst and ends by running empty; both would bias the
//! figures. So the window opens when the first answer of the point has ended and closes when the
//! client stops sending. A request counts when its whole life lies inside: it is *ramp* when sent
//! before the window opened and *drain* when it outlived the sending. Because that is decided
//! slot by slot (the first and the last request of each), no wave is cut in two. A failure is
//! never excused by the drain.
//!
//! One request in flight has neither ramp nor drain, and batches are bursts by design: there the
//! window is the whole point.
//!
//! In open loop requests are chosen by when they were due, never by when they ended: every
//! arrival of the window counts, however long its answer took beyond it. Leaving out what outlived
//! the window would leave out the slow.

use crate::curve::{Load, LoadKind};
use crate::digest::Digest;
use crate::quantity::RunInstant;
use crate::record::{Phase, RequestRecord, Status};
use crate::run::PointMarks;

/// The time span of a load point that its figures stand for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Window {
    /// When it opened.
    pub start: RunInstant,
    /// When it closed.
    pub end: RunInstant,
    /// Whether it held the offered load throughout.
    pub steady: bool,
}

impl Window {
    /// Length in seconds, never zero.
    pub fn seconds(&self) -> f64 {
        self.end.since(self.start).as_secs_f64().max(1e-9)
    }

    /// Whether `instant` lies inside: after the start, up to and including the end.
    pub fn holds(&self, instant: RunInstant) -> bool {
        self.start < instant && instant <= self.end
    }

    /// Share of the span from `from` to `to` that lies inside, 0 to 1. Work is counted by this
    /// share and not by where it ended, or the end of a wave that opens the window would count
    /// for a whole one.
    pub fn share_of(&self, from: RunInstant, to: RunInstant) -> f64 {
        let whole = to.since(from).as_secs_f64();
        if whole <= 0.0 {
            return f64::from(u8::from(self.holds(to)));
        }
        self.end.min(to).since(self.start.max(from)).as_secs_f64() / whole
    }
}

/// Whether a load of this kind has a ramp and a drain at all.
pub fn has_ramp(load: Load) -> bool {
    load.kind.is_open_loop() || (load.kind == LoadKind::Concurrency && load.value > 1.0)
}

/// The phase of a request that has just ended.
///
/// `opened` is when the first whole answer of the point ended, `stopped` when the client stopped
/// sending; none while that has not happened.
pub fn phase_of(
    record: &RequestRecord,
    opened: Option<RunInstant>,
    stopped: Option<RunInstant>,
) -> Phase {
    let due = record.sched_ns.unwrap_or(record.send_ns);
    let ramp = opened.is_none_or(|opened| due < opened);
    let is_open_loop = record.sched_ns.is_some();
    let outlived = !is_open_loop && stopped.is_some_and(|stopped| record.end_ns > stopped);
    match record.status {
        Status::Cancelled => Phase::Drain,
        Status::Ok | Status::Failed if ramp => Phase::Ramp,
        Status::Ok if outlived => Phase::Drain,
        Status::Ok | Status::Failed => Phase::Window,
    }
}

/// The window of a point and the requests in it. Falls back to the whole point, `steady: false`,
/// when fewer whole answers lived in the window than requests were in flight; in open loop, when
/// it was shorter than the mean life of its requests, which by Little's law is the same. None
/// when nothing was sent.
pub fn of_point<'a>(
    marks: &PointMarks,
    records: &[&'a Digest],
) -> Option<(Window, Vec<&'a Digest>)> {
    if has_ramp(marks.load)
        && let Some(found) = steady(marks, records)
    {
        return Some(found);
    }
    let start = records.iter().map(|r| r.send_ns).min()?;
    let end = records.iter().map(|r| r.end_ns).max()?;
    let one_in_flight = marks.load.kind == LoadKind::Concurrency && marks.load.value <= 1.0;
    Some((Window { start, end, steady: one_in_flight }, records.to_vec()))
}

fn steady<'a>(marks: &PointMarks, records: &[&'a Digest]) -> Option<(Window, Vec<&'a Digest>)> {
    let start = records.iter().filter(|r| r.is_ok()).map(|r| r.end_ns).min()?;
    let end = marks.stopped_ns.unwrap_or_else(|| cut_short(records));
    // Of a point that was cut short, what ended after its trusted end is left out again: only
    // its quick answers were recorded.
    let cut = marks.stopped_ns.is_none() || !marks.load.kind.is_open_loop();
    let counts = |r: &&Digest| r.phase == Phase::Window && (!cut || !r.is_ok() || r.end_ns <= end);
    let inside: Vec<_> = records.iter().copied().filter(counts).collect();
    let window = Window { start, end, steady: true };
    (end > start && is_long_enough(&window, marks, &inside)).then_some((window, inside))
}

/// Whether as many whole answers lived in the window as requests were in flight.
pub(crate) fn is_long_enough(window: &Window, marks: &PointMarks, inside: &[&Digest]) -> bool {
    let whole = || inside.iter().filter(|r| r.is_ok());
    if !marks.load.kind.is_open_loop() {
        return whole().count() as f64 >= marks.load.value;
    }
    let lives = whole().map(|r| r.end_ns.since(r.sched_ns.unwrap_or(r.send_ns)).as_secs_f64());
    let (n, sum) = lives.fold((0_u64, 0.0), |(n, sum), life| (n + 1, sum + life));
    n > 0 && window.seconds() >= sum / n as f64
}

/// Where a point that was never finished can be trusted up to: what was in flight when the
/// process died left no record, and none of it was older than the longest request seen.
fn cut_short(records: &[&Digest]) -> RunInstant {
    let last = records.iter().map(|r| r.end_ns).max().unwrap_or_default();
    let longest = records.iter().map(|r| r.end_ns.since(r.send_ns)).max().unwrap_or_default();
    RunInstant::from_nanos(last.nanos().saturating_sub(longest.as_nanos() as u64))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::tests_support::digests;
    use crate::record::tests_support::record;

    fn at(ms: u64) -> RunInstant {
        RunInstant::from_nanos(ms * 1_000_000)
    }

    #[test]
    fn a_request_counts_when_its_whole_life_lies_in_the_window() {
        let request = |send, end, status| RequestRecord {
            send_ns: at(send),
            end_ns: at(end),
            status,
            ..record()
        };
        let (opened, stopped) = (Some(at(100)), Some(at(500)));
        for (send, end, status, phase) in [
            (0, 100, Status::Ok, Phase::Ramp),
            (99, 300, Status::Ok, Phase::Ramp),
            (100, 300, Status::Ok, Phase::Window),
            (400, 500, Status::Ok, Phase::Window),
            (450, 501, Status::Ok, Phase::Drain),
            (450, 9000, Status::Failed, Phase::Window),
            (450, 460, Status::Cancelled, Phase::Drain),
        ] {
            let got = phase_of(&request(send, end, status), opened, stopped);
            assert_eq!(got, phase, "sent {send}, ended {end}, {status:?}");
        }
        assert_eq!(phase_of(&request(5, 9, Status::Ok), None, None), Phase::Ramp);
    }

    #[test]
    fn an_arrival_counts_by_when_it_was_due_however_long_it_took() {
        let request = |due, send, end, status| RequestRecord {
            sched_ns: Some(at(due)),
            send_ns: at(send),
            end_ns: at(end),
            status,
            ..record()
        };
        let (opened, stopped) = (Some(at(100)), Some(at(500)));
        for (due, send, end, status, phase) in [
            (99, 120, 300, Status::Ok, Phase::Ramp),
            (100, 130, 300, Status::Ok, Phase::Window),
            (450, 700, 9000, Status::Ok, Phase::Window),
            (450, 500, 500, Status::Failed, Phase::Window),
            (450, 500, 500, Status::Cancelled, Phase::Drain),
        ] {
            let got = phase_of(&request(due, send, end, status), opened, stopped);
            assert_eq!(got, phase, "due {due}, ended {end}, {status:?}");
        }
        // A window of 400 ms holds requests that live 300 ms, and not such that live a second.
        let load = Load { kind: LoadKind::Rate, value: 0.5 };
        let marks = PointMarks { load, started_ns: at(0), stopped_ns: stopped };
        let steady = |life: u64| {
            let records: Vec<RequestRecord> = [(0, 100), (150, 150 + life), (450, 450 + life)]
                .map(|(due, end)| {
                    let request = request(due, due, end, Status::Ok);
                    RequestRecord { phase: phase_of(&request, opened, stopped), ..request }
                })
                .to_vec();
            let requests = digests(&records);
            let records: Vec<&Digest> = requests.iter().collect();
            let (window, inside) = of_point(&marks, &records).unwrap();
            (window.steady, inside.len())
        };
        assert_eq!(steady(300), (true, 2), "the one that outlives it too");
        assert_eq!(steady(1000), (false, 3));
    }

    #[test]
    fn two_waves_cut_short_are_no_steady_window() {
        let wave = |send, end, phase| RequestRecord {
            send_ns: at(send),
            end_ns: at(end),
            phase,
            ..record()
        };
        let records = [
            wave(0, 100, Phase::Ramp),
            wave(0, 101, Phase::Ramp),
            wave(100, 201, Phase::Window),
            wave(101, 202, Phase::Window),
        ];
        let requests = digests(&records);
        let records: Vec<&Digest> = requests.iter().collect();
        let load = Load { kind: LoadKind::Concurrency, value: 2.0 };
        let killed = PointMarks { load, started_ns: at(0), stopped_ns: None };
        let (window, inside) = of_point(&killed, &records).unwrap();
        assert!(!window.steady, "{window:?} is a millisecond long");
        assert_eq!(inside.len(), 4);
    }

    #[test]
    fn a_point_cut_short_is_trusted_only_up_to_its_longest_request() {
        let short = RequestRecord { send_ns: at(0), end_ns: at(100), ..record() };
        let long = RequestRecord { send_ns: at(200), end_ns: at(500), ..record() };
        let requests = digests(&[short, long]);
        assert_eq!(cut_short(&requests.iter().collect::<Vec<_>>()), at(200));
    }
}
