//! A load curve with its intervals and the promises each load keeps, for pages that have room.

use crate::grid::{Cell, Column, Grid};
use crate::numbers::{ms, plain, rate};
use farebox_core::stats::Interval;
use farebox_core::stats::enough::is_thin;
use farebox_core::{Attainment, LoadCurve, LoadPoint, Metric, Slo, Statistic};

/// The latencies that are shown.
const LATENCIES: [(Metric, f64); 5] = [
    (Metric::Ttft, 50.0),
    (Metric::Ttft, 90.0),
    (Metric::Tpot, 50.0),
    (Metric::Tpot, 90.0),
    (Metric::E2e, 90.0),
];

/// One row per load point of `curves`, each figure with its 95 % interval where there is one.
pub fn detail_table(curves: &[LoadCurve], slos: &[Slo]) -> Grid {
    let points = || curves.iter().flat_map(|curve| curve.points.iter().map(move |p| (curve, p)));
    let known =
        |latency: &&(Metric, f64)| points().any(|(_, point)| seen(point, **latency).is_some());
    let latencies: Vec<(Metric, f64)> = LATENCIES.iter().filter(known).copied().collect();
    let named = curves.len() > 1;
    let row = |(curve, point): (&LoadCurve, &LoadPoint)| {
        let name = named.then(|| Cell::Text(curve.name.clone()));
        let promises = (!slos.is_empty()).then(|| Cell::Text(kept(point, slos)));
        name.into_iter()
            .chain(rates(point))
            .chain(latencies.iter().map(|latency| cell(point, *latency)))
            .chain(promises)
            .collect()
    };
    let thin = points().any(|(_, point)| latencies.iter().any(|latency| few(point, *latency)));
    let footers = [
        (true, "Below a figure: its 95 % interval, where the run was long enough for one."),
        (thin, "~ too few samples: p50 needs 11, p90 64, p95 130, p99 662."),
    ];
    Grid {
        columns: columns(named, &latencies, slos),
        rows: points().map(row).collect(),
        footers: footers.iter().filter(|f| f.0).map(|f| f.1.to_owned()).collect(),
    }
}

fn columns(named: bool, latencies: &[(Metric, f64)], slos: &[Slo]) -> Vec<Column> {
    let name = named.then(|| Column::words("run"));
    let rates = [
        Column::words("load"),
        Column::numbers("ok", ""),
        Column::numbers("failed", ""),
        Column::numbers("input", "tok/s"),
        Column::numbers("output", "tok/s"),
        Column::numbers("answers", "per s"),
    ];
    let latencies =
        latencies.iter().map(|(metric, p)| Column::numbers(metric.name(), &format!("p{p} ms")));
    let promises = (!slos.is_empty()).then(|| Column::words("keeps"));
    name.into_iter().chain(rates).chain(latencies).chain(promises).collect()
}

fn rates(point: &LoadPoint) -> [Cell; 6] {
    let output = rate(point.output_tok_per_s.get());
    [
        Cell::Text(format!("{} {}", point.offered.kind.name(), plain(point.offered.value))),
        Cell::Text(point.requests.ok.to_string()),
        Cell::Text(point.requests.failures().to_string()),
        Cell::Text(rate(point.input_tok_per_s.get())),
        Cell::Text(within(output, point.interval("output_tok_per_s"), rate)),
        Cell::Text(rate(point.requests_per_s.get())),
    ]
}

fn within(figure: String, interval: Option<Interval>, said: fn(f64) -> String) -> String {
    match interval {
        Some(interval) => format!("{figure}\n{} to {}", said(interval.low), said(interval.high)),
        None => figure,
    }
}

/// The value on the clock that the point's load is judged by.
fn seen(point: &LoadPoint, (metric, p): (Metric, f64)) -> Option<f64> {
    Some(point.latency(metric.on(point.clock()))?.at(Statistic::Percentile(p))?.get())
}

fn few(point: &LoadPoint, (metric, p): (Metric, f64)) -> bool {
    point.latency(metric.on(point.clock())).is_some_and(|latency| is_thin(p, latency.n()))
}

fn cell(point: &LoadPoint, latency: (Metric, f64)) -> Cell {
    let interval =
        point.latency_interval(latency.0.on(point.clock()), Statistic::Percentile(latency.1));
    let mark = if few(point, latency) { "~" } else { "" };
    let value = seen(point, latency).map(|value| format!("{mark}{}", ms(value)));
    Cell::text(value.map(|value| within(value, interval, ms)))
}

fn kept(point: &LoadPoint, slos: &[Slo]) -> String {
    let kept = slos.iter().filter(|slo| point.attains(slo) == Attainment::Met).map(Slo::name);
    let kept: Vec<String> = kept.collect();
    if kept.is_empty() { "none".to_owned() } else { kept.join(", ") }
}
