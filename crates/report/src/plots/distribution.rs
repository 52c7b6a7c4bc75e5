//! How latencies are spread: at each of a few loads, how many requests were no slower than this.

use super::curve::{PlotRequest, subtitle, title};
use super::tiers::short_name;
use crate::chart::{Axis, Chart, Limit, Named, Panel, Scale, Series, Stroke};
use crate::numbers::plain;
use crate::words;
use farebox_core::{Distribution, LoadCurve, LoadPoint, Metric, Slo, Statistic};

/// Lines that a reader can still tell apart.
const MOST_LINES: usize = 6;

/// TTFT, TPOT and end-to-end times at the loads that decide most.
pub fn distribution_chart(request: &PlotRequest<'_>) -> Chart {
    let chosen = chosen(request);
    let named =
        |(hue, (label, _)): (usize, &(String, &LoadPoint))| Named { label: label.clone(), hue };
    let panels = [Metric::Ttft, Metric::Tpot, Metric::E2e];
    Chart {
        title: title(request.curves),
        subtitle: subtitle(request.curves),
        legend: chosen.iter().enumerate().map(named).collect(),
        panels: panels.iter().map(|metric| panel(request, &chosen, *metric)).collect(),
        captions: vec![
            "Each line is a load: at how many requests in a hundred the latency was no longer than \
             this. Dotted lines are promises' limits."
                .to_owned(),
        ],
    }
}

/// For one curve the lowest load, the load lines and the highest, then what lies between; for
/// several the load line of the first promise of each, else its highest load.
fn chosen<'a>(request: &PlotRequest<'a>) -> Vec<(String, &'a LoadPoint)> {
    let said =
        |point: &LoadPoint| format!("{} {}", point.offered.kind.name(), plain(point.offered.value));
    match request.curves {
        [curve] => {
            of_one(curve, request.slos).into_iter().map(|point| (said(point), point)).collect()
        }
        many => many
            .iter()
            .filter_map(|curve| {
                let line = curve.load_line(request.slos.first()).point();
                let point = line.or(curve.points.last())?;
                Some((format!("{}, {}", curve.name, said(point)), point))
            })
            .take(MOST_LINES)
            .collect(),
    }
}

fn of_one<'a>(curve: &'a LoadCurve, slos: &[Slo]) -> Vec<&'a LoadPoint> {
    let lines = slos.iter().filter_map(|slo| curve.load_line(Some(slo)).point());
    let wanted = curve.points.first().into_iter().chain(curve.points.last()).chain(lines);
    let mut points: Vec<&LoadPoint> = Vec::new();
    for point in wanted.chain(&curve.points) {
        let known = points.iter().any(|known| std::ptr::eq(*known, point));
        if !known && points.len() < MOST_LINES {
            points.push(point);
        }
    }
    points.sort_by(|a, b| a.offered.value.total_cmp(&b.offered.value));
    points
}

fn panel(request: &PlotRequest<'_>, chosen: &[(String, &LoadPoint)], metric: Metric) -> Panel {
    let series = chosen.iter().enumerate().map(|(hue, (_, point))| Series {
        hue,
        stroke: Stroke::Trace,
        points: point.latency(metric.on(point.clock())).map(steps).unwrap_or_default(),
        ..Series::default()
    });
    let what = match metric {
        Metric::Ttft => "Time to first token, ttft",
        Metric::Tpot => "Time per output token, tpot",
        _ => "Time to the whole answer, e2e",
    };
    Panel {
        title: format!("{what}: requests no slower than this (%)"),
        x: Axis { label: "milliseconds".to_owned(), scale: Scale::Log10 },
        series: series.collect(),
        marks: request.slos.iter().flat_map(|slo| limits(slo, request.slos, metric)).collect(),
        empty: "not measured".to_owned(),
        ..Panel::default()
    }
}

/// Latency and the share of requests up to it; empty for a bare mean.
fn steps(latencies: &Distribution) -> Vec<(f64, f64)> {
    let at = |p: f64| Some((latencies.at(Statistic::Percentile(p))?.get(), p));
    (1..=99).map(f64::from).chain([99.9]).filter_map(at).filter(|(ms, _)| *ms > 0.0).collect()
}

fn limits(slo: &Slo, slos: &[Slo], metric: Metric) -> Vec<Limit> {
    let bounds = slo.bounds().iter().filter(|bound| bound.metric == metric);
    let limit = |bound: &farebox_core::slo::Bound| Limit {
        at: bound.limit.get(),
        label: format!(
            "{}: {} ≤ {}",
            short_name(slo, slos),
            bound.statistic,
            words::limit(bound.limit)
        ),
    };
    bounds.map(limit).collect()
}
