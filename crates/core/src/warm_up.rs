//! How much of a window goes before the load is steady.
//!
//! The window opens when the first answer has ended ([`crate::window`]); from there on the loop is
//! full, but the server may still be filling its batch, its cache and its queues. MSER-5 looks for
//! the end of that in the TTFT and the end-to-end times of the requests in the order in which they
//! were due, and the later of both opens the window anew. What is cut is written down.

use crate::digest::Digest;
use crate::metric::Metric;
use crate::quantity::Milliseconds;
use crate::run::PointMarks;
use crate::stats::settling::{Settling, mser5};
use crate::window::{self, Window};
use serde::{Deserialize, Serialize};

/// How the start of a window was judged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SteadyState {
    /// The test, `mser5`; see [`crate::stats::settling`].
    pub test: String,
    /// False where latencies were still moving in the second half: nothing was cut then.
    pub settled: bool,
    /// Requests cut off the start.
    pub cut_requests: u64,
    /// Seconds cut off the start.
    pub cut_s: f64,
}

/// A window, the requests in it, and what was found about its start.
pub(crate) type Settled<'a> = (Window, Vec<&'a Digest>, Option<SteadyState>);

/// Cuts the start of a steady window; leaves it alone where it holds fewer than 50 whole answers.
pub(crate) fn cut<'a>(
    marks: &PointMarks,
    window: Window,
    mut inside: Vec<&'a Digest>,
) -> Settled<'a> {
    inside.sort_by_key(|record| record.due_ns());
    let whole: Vec<&Digest> = inside.iter().copied().filter(|r| r.is_ok()).collect();
    let Some(settling) = settling(marks, &whole).filter(|_| window.steady) else {
        return (window, inside, None);
    };
    let found = |settled, cut_requests, cut_s| {
        Some(SteadyState { test: "mser5".to_owned(), settled, cut_requests, cut_s })
    };
    let after = match settling {
        Settling::Never => return (window, inside, found(false, 0, 0.0)),
        Settling::After(0) => return (window, inside, found(true, 0, 0.0)),
        Settling::After(n) => n,
    };
    let start = whole[after].due_ns().max(window.start);
    let later = Window { start, ..window };
    let kept: Vec<_> = inside.iter().copied().filter(|r| r.due_ns() >= start).collect();
    if !window::is_long_enough(&later, marks, &kept) {
        return (window, inside, found(false, 0, 0.0));
    }
    let gone = (inside.len() - kept.len()) as u64;
    (later, kept, found(true, gone, start.since(window.start).as_secs_f64()))
}

/// The later of what TTFT and end-to-end times say.
fn settling(marks: &PointMarks, whole: &[&Digest]) -> Option<Settling> {
    let clock = marks.load.kind.clock();
    let of = |metric: Metric| {
        let latency = |r: &&Digest| r.latency(metric.on(clock)).map(Milliseconds::get);
        let series: Option<Vec<f64>> = whole.iter().map(latency).collect();
        mser5(&series?)
    };
    let found = [of(Metric::Ttft), of(Metric::E2e)].into_iter().flatten();
    found.max_by_key(|settling| match settling {
        Settling::After(n) => *n,
        Settling::Never => usize::MAX,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::curve::{Load, LoadKind};
    use crate::digest::tests_support::digests;
    use crate::quantity::RunInstant;
    use crate::record::{Phase, RequestRecord, tests_support::record};

    fn at(ms: u64) -> RunInstant {
        RunInstant::from_nanos(ms * 1_000_000)
    }

    /// Two slots; the first `slow` of their requests take twice as long.
    fn run(slow: usize, n: usize) -> (PointMarks, Vec<RequestRecord>) {
        let (mut ends, mut records) = ([0, 37], Vec::new());
        for index in 0..n {
            let slot = usize::from(ends[1] < ends[0]);
            let life = if index < slow { 200 } else { 90 + (index as u64 * 7) % 20 };
            let (send, end) = (ends[slot], ends[slot] + life);
            ends[slot] = end;
            records.push(RequestRecord {
                phase: if index < 2 { Phase::Ramp } else { Phase::Window },
                send_ns: at(send),
                first_token_ns: Some(at(send + 10)),
                last_token_ns: Some(at(end)),
                end_ns: at(end),
                ..record()
            });
        }
        let stopped_ns = Some(at(ends[0].max(ends[1])));
        let load = Load { kind: LoadKind::Concurrency, value: 2.0 };
        let started_ns = at(0);
        (PointMarks { load, started_ns, stopped_ns }, records)
    }

    fn cut_of(slow: usize, n: usize) -> (Window, usize, Option<SteadyState>) {
        let (marks, records) = run(slow, n);
        let requests = digests(&records);
        let records: Vec<&Digest> = requests.iter().collect();
        let (window, inside) = window::of_point(&marks, &records).unwrap();
        let (window, inside, found) = cut(&marks, window, inside);
        (window, inside.len(), found)
    }

    #[test]
    fn a_slow_start_is_cut_and_written_down() {
        let (window, kept, found) = cut_of(42, 402);
        let found = found.unwrap();
        assert!(found.settled && (40..=50).contains(&found.cut_requests), "{found:?}");
        assert_eq!(kept as u64 + found.cut_requests, 400);
        assert!(window.start >= at(4000), "{window:?}");
    }

    #[test]
    fn an_even_run_and_a_short_one_are_left_alone() {
        let (_, kept, found) = cut_of(0, 402);
        assert_eq!((kept, found.map(|f| f.cut_requests)), (400, Some(0)));
        assert_eq!(cut_of(10, 40).2, None);
    }

    #[test]
    fn a_run_that_changes_late_never_settled() {
        let found = cut_of(300, 402).2.unwrap();
        assert!(!found.settled && found.cut_requests == 0, "{found:?}");
    }
}
