//! The latency panels: the promised statistic, and for a single curve the median beside it.

use super::curve::{PlotRequest, empty_panel, through};
use super::tiers;
use crate::chart::{Panel, Series, Stroke};
use farebox_core::{LoadCurve, LoadPoint, Metric, Milliseconds, Slo, Statistic};

const MEDIAN: Statistic = Statistic::Percentile(50.0);
/// What is shown where nothing was promised.
const USUAL: Statistic = Statistic::Percentile(90.0);

/// The panel of `metric`, with the promises on it as limits.
pub(super) fn panel(request: &PlotRequest<'_>, metric: Metric) -> Panel {
    let statistics = statistics(request, metric);
    let single = request.curves.len() == 1;
    let named = |statistic: Statistic| single.then(|| statistic.to_string());
    let series = request.curves.iter().enumerate().flat_map(|(hue, curve)| {
        statistics.iter().map(move |statistic| Series {
            label: named(*statistic),
            hue,
            stroke: if *statistic == MEDIAN { Stroke::Dashed } else { Stroke::Solid },
            points: through(curve, |point| Some(seen(point, metric, *statistic)?.get())),
            intervals: within(curve, metric, *statistic),
        })
    });
    let shown: Vec<String> = statistics.iter().map(ToString::to_string).collect();
    Panel {
        series: series.collect(),
        limits: tiers::limits(request, metric),
        ..empty_panel(request.curves, &format!("{} ({}, ms)", title(metric), shown.join(" and ")))
    }
}

/// Where the statistic may lie, load by load.
fn within(curve: &LoadCurve, metric: Metric, statistic: Statistic) -> Vec<(f64, f64, f64)> {
    let of = |point: &LoadPoint| {
        let interval = point.latency_interval(metric.on(point.clock()), statistic)?;
        Some((point.offered.value, interval.low, interval.high))
    };
    curve.points.iter().filter_map(of).collect()
}

/// Whether any point knows `metric` on its own clock.
pub(super) fn is_known(request: &PlotRequest<'_>, metric: Metric) -> bool {
    let mut points = request.curves.iter().flat_map(|curve| &curve.points);
    points.any(|point| point.latency(metric.on(point.clock())).is_some())
}

fn title(metric: Metric) -> &'static str {
    match metric {
        Metric::Ttft => "Time to first token, ttft",
        Metric::Tpot => "Time per output token, tpot",
        _ => "Time to the whole answer, e2e",
    }
}

/// The statistic on the clock that the point's load is judged by.
fn seen(point: &LoadPoint, metric: Metric, statistic: Statistic) -> Option<Milliseconds> {
    point.latency(metric.on(point.clock()))?.at(statistic)
}

/// What is promised of `metric`, else p90; with the median for a single curve. Means, where
/// nothing else can be decided.
fn statistics(request: &PlotRequest<'_>, metric: Metric) -> Vec<Statistic> {
    let bounds = request.slos.iter().flat_map(Slo::bounds);
    let promised = bounds.filter(|bound| bound.metric == metric).map(|bound| bound.statistic);
    let main = promised.into_iter().next().unwrap_or(USUAL);
    let wanted = match request.curves {
        [_] if main != MEDIAN => vec![MEDIAN, main],
        _ => vec![main],
    };
    let known = |statistic: &Statistic| {
        let knows = |curve: &LoadCurve| {
            curve.points.iter().any(|point| seen(point, metric, *statistic).is_some())
        };
        request.curves.iter().any(knows)
    };
    let decided: Vec<Statistic> = wanted.iter().copied().filter(known).collect();
    match decided.is_empty() {
        true if known(&Statistic::Mean) => vec![Statistic::Mean],
        true => vec![main],
        false => decided,
    }
}
