//! The load line read between two measured loads.
//!
//! Straight lines between neighbours: honest as a guess at where the promise would break, and no
//! more than that, since queueing bends upwards. Nothing is guessed beyond the curve, nor where the
//! next load fails for another reason than a latency.

use crate::attainment::Attainment;
use crate::curve::{LoadCurve, LoadKind, LoadPoint, PhaseTimes};
use crate::load_line::LoadLine;
use crate::quantity::{RequestsPerSecond, TokensPerSecond};
use crate::slo::Slo;

impl LoadCurve {
    /// The highest load between the load line of `slo` and the next point at which, on straight
    /// lines, every bound would still hold. Its rates are interpolated too; latencies are left
    /// out, for none were measured there. None where there is nothing between.
    pub fn interpolated_line(&self, slo: &Slo) -> Option<LoadPoint> {
        let LoadLine::Upto(held) = self.load_line(Some(slo)) else { return None };
        let (low, high) = (held.last()?, self.points.get(held.len())?);
        let Attainment::Over { .. } = high.attains(slo) else { return None };
        let reach =
            |share: f64| low.offered.value + share * (high.offered.value - low.offered.value);
        let load = match low.offered.kind {
            LoadKind::Concurrency | LoadKind::Batch => reach(crossing(low, high, slo)?).floor(),
            LoadKind::Rate | LoadKind::Trace => reach(crossing(low, high, slo)?),
        };
        let share = (load - low.offered.value) / (high.offered.value - low.offered.value);
        (share > 0.0).then(|| between(low, high, share))
    }
}

/// How far from `low` to `high`, 0 to 1, the first bound is reached.
fn crossing(low: &LoadPoint, high: &LoadPoint, slo: &Slo) -> Option<f64> {
    let mut first = 1.0_f64;
    for bound in slo.bounds_on(low.clock()) {
        let at = |point: &LoadPoint| Some(point.latency(bound.metric)?.at(bound.statistic)?.get());
        let (below, above, limit) = (at(low)?, at(high)?, bound.limit.get());
        if above > limit {
            first = first.min((limit - below) / (above - below));
        }
    }
    Some(first)
}

fn between(low: &LoadPoint, high: &LoadPoint, share: f64) -> LoadPoint {
    let mix = |a: f64, b: f64| a + share * (b - a);
    let tokens =
        |a: TokensPerSecond, b: TokensPerSecond| TokensPerSecond::new(mix(a.get(), b.get()));
    let mut offered = low.offered;
    offered.value = mix(low.offered.value, high.offered.value);
    offered.steady = low.offered.steady && high.offered.steady;
    let cached = low.cached_input_tok_per_s.zip(high.cached_input_tok_per_s);
    let phase = low.phase.as_ref().zip(high.phase.as_ref()).map(|(a, b)| {
        let prefill_s = mix(a.prefill_share(), b.prefill_share());
        PhaseTimes { prefill_s, decode_s: 1.0 - prefill_s, basis: a.basis.clone() }
    });
    let requests = mix(low.requests_per_s.get(), high.requests_per_s.get());
    LoadPoint {
        requests: low.requests.clone(),
        cached_input_tok_per_s: cached.map(|(a, b)| tokens(a, b)),
        phase,
        ..LoadPoint::of_rates(
            offered,
            tokens(low.input_tok_per_s, high.input_tok_per_s),
            tokens(low.output_tok_per_s, high.output_tok_per_s),
            RequestsPerSecond::new(requests),
        )
    }
}
