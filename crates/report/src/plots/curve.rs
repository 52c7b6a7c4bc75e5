//! Load curves as one picture: throughput, TTFT, TPOT and cost against load.

use super::{captions, cost, latency, tiers};
use crate::chart::{Axis, Chart, Named, Panel, Scale, Series};
use farebox_core::{LoadCurve, LoadKind, LoadPoint, Metric, Slo, Source};
use farebox_price::PriceSettings;

/// What to draw.
#[derive(Debug, Clone, Copy)]
pub struct PlotRequest<'a> {
    /// The curves; a single one shows more of itself.
    pub curves: &'a [LoadCurve],
    /// The promises to mark.
    pub slos: &'a [Slo],
    /// What the machine costs; without it the fourth panel shows the whole answer's latency. Its
    /// own promises are not looked at.
    pub price: Option<&'a PriceSettings>,
}

/// The picture of `request`. Nothing in it is assumed to be known: what is missing is said.
pub fn plot(request: &PlotRequest<'_>) -> Chart {
    let marks = tiers::marks(request);
    let fourth = match request.price {
        Some(settings) => cost::panel(request, settings),
        None if latency::is_known(request, Metric::E2e) => latency::panel(request, Metric::E2e),
        None => answers(request),
    };
    let panels = [
        throughput(request),
        latency::panel(request, Metric::Ttft),
        latency::panel(request, Metric::Tpot),
        fourth,
    ];
    Chart {
        title: title(request.curves),
        subtitle: subtitle(request.curves),
        legend: legend(request.curves),
        panels: panels.map(|panel| Panel { marks: marks.clone(), ..panel }).into(),
        captions: captions::captions(request),
    }
}

fn throughput(request: &PlotRequest<'_>) -> Panel {
    let title = "Output throughput of one replica (tokens per second)";
    rates(request, title, "output_tok_per_s", |point| point.output_tok_per_s.get())
}

fn answers(request: &PlotRequest<'_>) -> Panel {
    let title = "Answers of one replica (per second)";
    rates(request, title, "requests_per_s", |point| point.requests_per_s.get())
}

fn rates(
    request: &PlotRequest<'_>,
    title: &str,
    figure: &str,
    rate: fn(&LoadPoint) -> f64,
) -> Panel {
    let each = request.curves.iter().enumerate();
    let line = |(hue, curve): (usize, &LoadCurve)| Series {
        hue,
        points: through(curve, |point| Some(rate(point))),
        intervals: intervals(curve, figure),
        ..Series::default()
    };
    Panel {
        y: Axis { label: String::new(), scale: Scale::Linear },
        series: each.map(line).collect(),
        ..empty_panel(request.curves, title)
    }
}

/// A panel over load with nothing in it yet.
pub(super) fn empty_panel(curves: &[LoadCurve], title: &str) -> Panel {
    Panel {
        title: title.to_owned(),
        x: Axis { label: load_label(curves), scale: Scale::Log2 },
        y: Axis { label: String::new(), scale: Scale::Log10 },
        empty: "not measured".to_owned(),
        ..Panel::default()
    }
}

/// A figure of `curve` against load, where it is known.
pub(super) fn through(
    curve: &LoadCurve,
    figure: impl Fn(&LoadPoint) -> Option<f64>,
) -> Vec<(f64, f64)> {
    let place = |point: &LoadPoint| Some((point.offered.value, figure(point)?));
    curve.points.iter().filter_map(place).collect()
}

/// Where a figure may lie, by its name in files.
pub(super) fn intervals(curve: &LoadCurve, figure: &str) -> Vec<(f64, f64, f64)> {
    let of = |point: &LoadPoint| {
        point.interval(figure).map(|interval| (point.offered.value, interval.low, interval.high))
    };
    curve.points.iter().filter_map(of).collect()
}

fn load_label(curves: &[LoadCurve]) -> String {
    let mut kinds = curves.iter().flat_map(|curve| &curve.points).map(|point| point.offered.kind);
    let first = kinds.next();
    let label = match first {
        Some(kind) if kinds.any(|other| other != kind) => "load",
        Some(LoadKind::Concurrency) => "requests in flight (concurrency)",
        Some(LoadKind::Batch) => "requests sent at once (batch)",
        Some(LoadKind::Rate) => "requests offered per second (rate)",
        Some(LoadKind::Trace) => "speed of the trace",
        None => "",
    };
    label.to_owned()
}

pub(super) fn title(curves: &[LoadCurve]) -> String {
    match curves {
        [] => "No curve".to_owned(),
        [one] => one.name.clone(),
        many => format!("{} deployments under rising load", many.len()),
    }
}

/// Models, engines, lengths and sources, each named once.
pub(super) fn subtitle(curves: &[LoadCurve]) -> String {
    let models = distinct(curves, |curve| Some(curve.deployment.model.clone()));
    let engines = distinct(curves, |curve| curve.deployment.engine.clone());
    let gpus =
        distinct(curves, |curve| curve.deployment.pools.first().and_then(|pool| pool.gpu.clone()));
    let lengths = distinct(curves, |curve| {
        let (isl, osl) = (curve.workload.isl?, curve.workload.osl?);
        Some(format!("{isl} input and {osl} output tokens per request"))
    });
    let sources = distinct(curves, |curve| Some(source(curve.source).to_owned()));
    [models, engines, gpus, lengths, sources]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join("  ·  ")
}

fn distinct(curves: &[LoadCurve], part: impl Fn(&LoadCurve) -> Option<String>) -> String {
    let mut parts: Vec<String> = Vec::new();
    for part in curves.iter().filter_map(part) {
        if !parts.contains(&part) {
            parts.push(part);
        }
    }
    parts.join(", ")
}

fn source(source: Source) -> &'static str {
    match source {
        Source::Estimated => "estimated",
        Source::Simulated => "simulated",
        Source::Measured => "measured",
        Source::Imported => "measured by another tool",
    }
}

pub(super) fn legend(curves: &[LoadCurve]) -> Vec<Named> {
    if curves.len() < 2 {
        return Vec::new();
    }
    let each = curves.iter().enumerate();
    each.map(|(hue, curve)| Named { label: curve.name.clone(), hue }).collect()
}
