//! Whether a point keeps a promise, and how surely.

use farebox_core::slo::Bound;
use farebox_core::{Attainment, LoadPoint, Slo};

/// What a point says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// Every bound holds, to the upper end of its interval.
    Kept,
    /// A bound is broken, to the lower end of its interval.
    Broken,
    /// An interval reaches over its limit.
    Unsure {
        /// What the figure itself says.
        leaning: Leaning,
    },
}

/// What the figure itself says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leaning {
    /// It is within its limit.
    Kept,
    /// It is over.
    Broken,
}

/// A figure without an interval decides where it is this many times off its limit.
const FAR: f64 = 1.5;

/// What `point` says about `slo`.
pub fn judge(point: &LoadPoint, slo: &Slo) -> Answer {
    let leaning = match point.attains(slo) {
        Attainment::Met => Leaning::Kept,
        Attainment::Over { .. } => Leaning::Broken,
        // Failures are counted, not sampled; what cannot be decided is never passed.
        Attainment::Errors { .. } | Attainment::NothingEnded | Attainment::Undecidable { .. } => {
            return Answer::Broken;
        }
    };
    let sides: Vec<Side> = slo.bounds_on(point.clock()).map(|bound| side(point, bound)).collect();
    if sides.contains(&Side::Over) {
        Answer::Broken
    } else if sides.iter().all(|side| *side == Side::Within) {
        Answer::Kept
    } else {
        Answer::Unsure { leaning }
    }
}

/// The figure of `point` that is nearest to its limit in `slo` or furthest over it, as a part of that
/// limit; none where one is missing, or where it is failures that break the promise.
pub fn strain(point: &LoadPoint, slo: &Slo) -> Option<f64> {
    if !matches!(point.attains(slo), Attainment::Met | Attainment::Over { .. }) {
        return None;
    }
    let of = |bound: Bound| {
        let seen = point.latency(bound.metric)?.at(bound.statistic)?;
        Some(seen.get() / bound.limit.get())
    };
    let parts: Option<Vec<f64>> = slo.bounds_on(point.clock()).map(of).collect();
    parts?.into_iter().reduce(f64::max).filter(|part| part.is_finite() && *part > 0.0)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Within,
    Across,
    Over,
}

fn side(point: &LoadPoint, bound: Bound) -> Side {
    let limit = bound.limit.get();
    let seen = point.latency(bound.metric).and_then(|d| d.at(bound.statistic));
    let interval = point.latency_interval(bound.metric, bound.statistic);
    let (low, high) = match (interval, seen) {
        (Some(interval), _) => (interval.low, interval.high),
        (None, Some(seen)) => (seen.get() / FAR, seen.get() * FAR),
        (None, None) => return Side::Across,
    };
    match () {
        () if high <= limit => Side::Within,
        () if low > limit => Side::Over,
        () => Side::Across,
    }
}
