//! Whether the figures mean what they say.

use super::{Code, Reason};
use crate::curve::LoadPoint;
use crate::distribution::Distribution;
use crate::metric::{Metric, Statistic};
use crate::slo::{Bound, Slo};
use crate::stats::enough::{fewest, is_thin};
use std::collections::BTreeMap;

/// A window that holds fewer lives of a request than this is mostly its edges.
const LIVES: f64 = 3.0;

pub(super) fn not_steady(point: &LoadPoint) -> Option<Reason> {
    let should_be = crate::window::has_ramp(point.offered.load());
    let evidence = format!(
        "{}: {} answers are too few to cut off ramp and drain",
        point.offered, point.requests.ok
    );
    let hint = if point.offered.kind.is_open_loop() {
        "give it a longer --duration; where requests queue without end, a lower rate"
    } else {
        "give it at least four requests per slot, or a longer --duration"
    };
    (should_be && !point.offered.steady && point.requests.ok > 0)
        .then(|| Reason::warn(Code::NotSteady, evidence, hint))
}

pub(super) fn window(point: &LoadPoint) -> Option<Reason> {
    let life = point.latency(Metric::E2e.on(point.clock()))?.mean().as_secs();
    let window_s = point.window_s? / f64::from(point.repeats);
    let evidence = format!(
        "{}: the window is {window_s:.2} s long and an answer takes {life:.2} s",
        point.offered
    );
    let hint = "give it a --duration of at least five times the end-to-end time";
    (point.offered.steady && window_s < LIVES * life)
        .then(|| Reason::warn(Code::WindowTooShort, evidence, hint))
}

pub(super) fn never_settled(point: &LoadPoint) -> Option<Reason> {
    let state = point.steady_state.as_ref().filter(|state| !state.settled)?;
    let evidence = format!(
        "{}: latencies were still moving in the second half ({})",
        point.offered, state.test
    );
    let hint = "a longer --duration; where requests queue without end the load is beyond capacity";
    Some(Reason::warn(Code::NeverSettled, evidence, hint))
}

pub(super) fn two_modes(point: &LoadPoint) -> Option<Reason> {
    let (metric, modes) = point.health.as_ref()?.two_modes.iter().next()?;
    let evidence = format!(
        "{}: {metric} is of two kinds: {} around {:.1} ms and {} around {:.1} ms",
        point.offered, modes.lower_n, modes.lower_ms, modes.higher_n, modes.higher_ms
    );
    let hint = "no mean or percentile between them describes any request: look for two replicas, \
                two prompt lengths, or a cache that helps some";
    Some(Reason::warn(Code::TwoModes, evidence, hint))
}

/// Percentiles that promises bound, where they rest on too few samples: one reason for each.
pub(super) fn too_few(points: &[LoadPoint], slos: &[Slo]) -> Vec<Reason> {
    let mut thin: BTreeMap<String, (u64, Vec<String>)> = BTreeMap::new();
    for point in points {
        for bound in slos.iter().flat_map(|slo| slo.bounds_on(point.clock())) {
            let Some((asked, needed)) = thin_at(point, bound) else { continue };
            let at = point.offered.to_string();
            let (_, loads) = thin.entry(asked).or_insert((needed, Vec::new()));
            if !loads.contains(&at) {
                loads.push(at);
            }
        }
    }
    let hint = "a longer --duration, or a lower percentile";
    thin.into_iter()
        .map(|(asked, (needed, loads))| {
            let at = loads.join(", ");
            let evidence = format!("{asked} needs {needed} samples; fewer at {at}");
            Reason::warn(Code::TooFewSamples, evidence, hint)
        })
        .collect()
}

fn thin_at(point: &LoadPoint, bound: Bound) -> Option<(String, u64)> {
    let Statistic::Percentile(p) = bound.statistic else { return None };
    let n = point.latency(bound.metric).and_then(Distribution::n)?;
    let asked = format!("{} {}", bound.metric, bound.statistic);
    is_thin(p, Some(n)).then(|| (asked, fewest(p).unwrap_or(u64::MAX)))
}
