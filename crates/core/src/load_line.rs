//! The load line: the highest load such that it and every lower one keep the promise.

use crate::attainment::Attainment;
use crate::curve::{LoadCurve, LoadPoint};
use crate::metric::{Metric, Statistic};
use crate::slo::{Bound, Slo};
use crate::stats::Interval;
use crate::stats::special::solve;

/// How far up a curve a promise holds.
#[derive(Debug, Clone, PartialEq)]
pub enum LoadLine<'a> {
    /// It holds at all these points, the lowest of the curve first. Never empty.
    Upto(&'a [LoadPoint]),
    /// It does not hold at the lowest load.
    Unmet(Attainment),
    /// The curve has no points.
    NoPoints,
}

impl LoadCurve {
    /// The points up to the load line of `slo`; without a promise, all of them.
    pub fn load_line(&self, slo: Option<&Slo>) -> LoadLine<'_> {
        let Some(lowest) = self.points.first() else { return LoadLine::NoPoints };
        let Some(slo) = slo else { return LoadLine::Upto(&self.points) };
        let held = self.points.iter().take_while(|p| p.attains(slo) == Attainment::Met).count();
        match held {
            0 => LoadLine::Unmet(lowest.attains(slo)),
            _ => LoadLine::Upto(&self.points[..held]),
        }
    }
}

impl<'a> LoadLine<'a> {
    /// The point on the line itself: the highest load that keeps the promise.
    pub fn point(&self) -> Option<&'a LoadPoint> {
        match self {
            Self::Upto(points) => points.last(),
            Self::Unmet(_) | Self::NoPoints => None,
        }
    }
}

impl LoadCurve {
    /// Where the load line of `slo` may lie, were every load possible: on straight lines between
    /// points, the span over which the bounded statistic may reach its limit. Neighbouring points
    /// are independent, so their half widths add up as squares. Of several bounds the first to
    /// break is the load line, so the lowest ends count. None where no interval leaves the limit
    /// clearly behind, at the lowest load or at the highest.
    pub fn load_line_interval(&self, slo: &Slo) -> Option<Interval> {
        interval_of(&self.points, slo)
    }
}

/// [`LoadCurve::load_line_interval`] of points by rising load.
pub fn interval_of(points: &[LoadPoint], slo: &Slo) -> Option<Interval> {
    let clock = points.first()?.clock();
    let mut first: Option<(f64, f64)> = None;
    for bound in slo.bounds_on(clock) {
        let reach = Reach::of(points, bound)?;
        match reach.span() {
            Some(span) => {
                let (low, high) = first.unwrap_or((f64::INFINITY, f64::INFINITY));
                first = Some((low.min(span.low), high.min(span.high)));
            }
            // A bound that is never reached does not decide; one reached unclearly might.
            None if reach.is_clear() => {}
            None => return None,
        }
    }
    let (low, high) = first?;
    Interval::new(low, high)
}

/// How far a bounded statistic goes with load: its value and its half widths, point by point.
struct Reach {
    limit: f64,
    /// Load, value, half width below, half width above; by rising load.
    at: Vec<(f64, f64, f64, f64)>,
}

/// Steps in which a stretch between two loads is searched.
const STEPS: u32 = 64;

impl Reach {
    /// Over the points that have an interval of the statistic; none where fewer than two have.
    fn of(points: &[LoadPoint], bound: Bound) -> Option<Self> {
        let Bound { metric, statistic, limit } = bound;
        let at: Vec<_> =
            points.iter().filter_map(|point| reach_at(point, metric, statistic)).collect();
        (at.len() > 1).then(|| Self { limit: limit.get(), at })
    }

    /// From where the limit may be reached to where it surely is.
    fn span(&self) -> Option<Interval> {
        Interval::new(self.first_above(1.0)?, self.first_above(-1.0)?)
    }

    /// Whether even the upper ends stay within the limit.
    fn is_clear(&self) -> bool {
        self.at.iter().all(|(_, value, _, above)| value + above <= self.limit)
    }

    /// The lowest load at which the statistic, moved by its half width in the direction `side`,
    /// is over the limit; none if it is so from the start or nowhere.
    fn first_above(&self, side: f64) -> Option<f64> {
        let (first, value, below, above) = *self.at.first()?;
        let start = if side > 0.0 { value + above } else { value - below };
        if start > self.limit {
            return None;
        }
        let mut last = first;
        for pair in self.at.windows(2) {
            let (from, to) = (pair[0], pair[1]);
            let over = |load: f64| edge(from, to, load, side) > self.limit;
            for step in 1..=STEPS {
                let load = from.0 + (to.0 - from.0) * f64::from(step) / f64::from(STEPS);
                if over(load) {
                    return Some(solve(last, load, |load| !over(load)));
                }
                last = load;
            }
        }
        None
    }
}

fn reach_at(
    point: &LoadPoint,
    metric: Metric,
    statistic: Statistic,
) -> Option<(f64, f64, f64, f64)> {
    let value = point.latency(metric)?.at(statistic)?.get();
    let Interval { low, high, .. } = point.latency_interval(metric, statistic)?;
    Some((point.offered.value, value, value - low, high - value))
}

/// The edge of the band at `load`, between two points.
fn edge(from: (f64, f64, f64, f64), to: (f64, f64, f64, f64), load: f64, side: f64) -> f64 {
    let share = (load - from.0) / (to.0 - from.0).max(f64::MIN_POSITIVE);
    let value = from.1 + (to.1 - from.1) * share;
    let (near, far) = if side > 0.0 { (from.3, to.3) } else { (from.2, to.2) };
    value + side * (near * (1.0 - share)).hypot(far * share)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::curve::{Load, LoadKind, RequestCounts, Source};
    use crate::deployment::{Deployment, Workload};
    use crate::distribution::Distribution;
    use crate::quantity::{Milliseconds, RequestsPerSecond, TokensPerSecond};
    use std::collections::BTreeMap;

    /// TTFT p90 of 10 ms per request in flight, known to within 10 ms.
    fn curve(half: f64, loads: &[f64]) -> LoadCurve {
        let point = |load: &f64| {
            let offered = Load { kind: LoadKind::Concurrency, value: *load }.offered(true);
            let p90 = 10.0 * load;
            let interval = Interval::new(p90 - half, p90 + half).unwrap();
            let (tokens, requests) = (TokensPerSecond::new(1.0), RequestsPerSecond::new(1.0));
            LoadPoint {
                requests: RequestCounts { ok: 100, ..RequestCounts::default() },
                ttft_ms: Distribution::of([Milliseconds::new(p90); 100]),
                intervals: Some(BTreeMap::from([("ttft_ms.p90".to_owned(), interval)])),
                ..LoadPoint::of_rates(offered, tokens, tokens, requests)
            }
        };
        LoadCurve {
            schema: crate::curve::CURVE_SCHEMA.to_owned(),
            name: "c".to_owned(),
            deployment: Deployment::machine("m"),
            workload: Workload::default(),
            source: Source::Measured,
            complete: true,
            price: None,
            points: loads.iter().map(point).collect(),
        }
    }

    #[test]
    fn the_load_line_lies_where_the_band_meets_the_limit() {
        let slo: Slo = "ttft.p90=100ms".parse().unwrap();
        let Interval { low, high, .. } =
            curve(10.0, &[8.0, 12.0]).load_line_interval(&slo).unwrap();
        // A share s of the way, 80 + 40 s + 10 hypot(1 - s, s) = 100 at s = 0.311.
        assert!((low - 9.245).abs() < 0.01 && (high - 10.755).abs() < 0.01, "{low}..{high}");
    }

    #[test]
    fn a_line_that_no_point_brackets_has_no_interval() {
        let slo: Slo = "ttft.p90=100ms".parse().unwrap();
        assert_eq!(curve(10.0, &[1.0, 5.0]).load_line_interval(&slo), None, "never reached");
        assert_eq!(curve(10.0, &[9.5, 20.0]).load_line_interval(&slo), None, "unclear at once");
        let with_other: Slo = "ttft.p90=100ms,tpot.p90=5ms".parse().unwrap();
        assert_eq!(curve(10.0, &[8.0, 12.0]).load_line_interval(&with_other), None);
    }
}
