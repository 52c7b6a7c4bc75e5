//! What a verdict on a load point looks at, besides its figures.

use crate::books::{OurBooks, ServerBooks};
use crate::curve::Load;
use crate::digest::Digest;
use crate::metric::Metric;
use crate::quantity::{Milliseconds, RunInstant};
use crate::record::FailureReason;
use crate::run::PointMarks;
use crate::stats::Samples;
use crate::stats::modes::{TwoModes, two_modes};
use crate::window::Window;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How well a load was held, by whom, and how consistently it was answered.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Health {
    /// Mean requests in flight over the window.
    pub in_flight: f64,
    /// Requests that were due in the window, per second; open loop only.
    pub due_per_s: Option<f64>,
    /// Requests that were sent in the window, per second; open loop only.
    pub sent_per_s: Option<f64>,
    /// How the first answers of the point compare with the others.
    pub start: Option<Start>,
    /// Mean input length asked for, in tokens.
    pub isl_requested: f64,
    /// Mean input length counted by the server.
    pub isl_observed: Option<f64>,
    /// Share of input tokens that came from the prefix cache.
    pub cached_fraction: Option<f64>,
    /// Whole answers whose token counts contradict each other: more chunks than tokens, or chunks
    /// that add up to another number.
    pub token_mismatches: u64,
    /// Latencies that are of two kinds, by metric.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub two_modes: BTreeMap<Metric, TwoModes>,
    /// Our account of all requests of the load.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ours: Option<OurBooks>,
    /// The server's own account of the same time, where it publishes one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server: Option<ServerBooks>,
}

/// Median end-to-end times of the first answers of a point, one per place in flight and at least
/// three, and of all later ones.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Start {
    /// Of the first.
    pub first_e2e_ms: f64,
    /// Of the others.
    pub later_e2e_ms: f64,
}

/// Latencies in which two kinds are looked for.
const LOOKED_AT: [Metric; 3] = [Metric::Ttft, Metric::Tpot, Metric::E2e];

impl Health {
    /// Of one time that a load was offered: all its records, and the whole answers of its window.
    pub(crate) fn of(
        marks: &PointMarks,
        window: &Window,
        records: &[&Digest],
        ok: &[&Digest],
    ) -> Self {
        let open_loop = marks.load.kind.is_open_loop();
        let per_s = |n: usize| open_loop.then(|| n as f64 / window.seconds());
        let due = records.iter().filter(|r| window.holds(r.due_ns())).count();
        let sent =
            |r: &&&Digest| r.reason != Some(FailureReason::NeverSent) && window.holds(r.send_ns);
        Self {
            in_flight: records.iter().map(|r| seconds_inside(r, window)).sum::<f64>()
                / window.seconds(),
            due_per_s: per_s(due),
            sent_per_s: per_s(records.iter().filter(sent).count()),
            start: Start::of(marks.load, records),
            isl_requested: mean(ok.iter().map(|r| f64::from(r.isl_requested))).unwrap_or(0.0),
            isl_observed: mean(ok.iter().filter_map(|r| r.input_tokens).map(|n| n as f64)),
            cached_fraction: cached_fraction(ok),
            token_mismatches: ok.iter().filter(|r| r.is_contradictory()).count() as u64,
            two_modes: modes(ok),
            ours: Some(OurBooks::of(records)),
            server: None,
        }
    }

    /// Of all times that a load was offered: rates averaged, contradictions added up. `ok`
    /// are the whole answers of all windows.
    pub(crate) fn pooled(parts: &[Self], ok: &[&Digest]) -> Self {
        let of = |value: fn(&Self) -> Option<f64>| mean(parts.iter().filter_map(value));
        Self {
            in_flight: of(|part| Some(part.in_flight)).unwrap_or(0.0),
            due_per_s: of(|part| part.due_per_s),
            sent_per_s: of(|part| part.sent_per_s),
            // Only the first time can be cold.
            start: parts.first().and_then(|part| part.start),
            isl_requested: of(|part| Some(part.isl_requested)).unwrap_or(0.0),
            isl_observed: of(|part| part.isl_observed),
            cached_fraction: of(|part| part.cached_fraction),
            token_mismatches: parts.iter().map(|part| part.token_mismatches).sum(),
            two_modes: modes(ok),
            ours: OurBooks::pooled(parts.iter().filter_map(|part| part.ours.as_ref())),
            server: None,
        }
    }
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (n, sum) = values.fold((0_u64, 0.0), |(n, sum), value| (n + 1, sum + value));
    (n > 0).then(|| sum / n as f64)
}

fn seconds_inside(record: &Digest, window: &Window) -> f64 {
    if record.reason == Some(FailureReason::NeverSent) {
        return 0.0;
    }
    let (from, to): (RunInstant, RunInstant) = (record.send_ns, record.end_ns);
    window.end.min(to).since(window.start.max(from)).as_secs_f64()
}

fn cached_fraction(ok: &[&Digest]) -> Option<f64> {
    let counted = ok.iter().filter_map(|r| Some((r.cached_tokens?, r.input_tokens?)));
    let (cached, input) = counted.fold((0, 0), |(c, i), (cached, input)| (c + cached, i + input));
    (input > 0).then(|| cached as f64 / input as f64)
}

impl Start {
    /// None with fewer than twice the first answers.
    fn of(load: Load, records: &[&Digest]) -> Option<Self> {
        let mut whole: Vec<&Digest> = records.iter().copied().filter(|r| r.is_ok()).collect();
        whole.sort_by_key(|record| record.due_ns());
        let slots = if load.kind.is_open_loop() { 0 } else { load.value as usize };
        let first = slots.max(3);
        if whole.len() < 2 * first {
            return None;
        }
        let median = |part: &[&Digest]| {
            let times = part.iter().filter_map(|r| r.latency(Metric::E2e)).map(Milliseconds::get);
            times.collect::<Samples>().percentile(50.0)
        };
        let (first, later) = whole.split_at(first);
        Some(Self { first_e2e_ms: median(first)?, later_e2e_ms: median(later)? })
    }
}

fn modes(ok: &[&Digest]) -> BTreeMap<Metric, TwoModes> {
    let of = |metric: Metric| {
        let values = ok.iter().filter_map(|r| r.latency(metric)).map(Milliseconds::get);
        Some((metric, two_modes(&values.collect())?))
    };
    LOOKED_AT.into_iter().filter_map(of).collect()
}
