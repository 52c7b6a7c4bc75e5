//! A load curve for people.

use crate::grid::{Cell, Column, Grid};
use crate::numbers::{ms, plain, rate};
use farebox_core::stats::enough::is_thin;
use farebox_core::{Distribution, LoadCurve, LoadKind, LoadPoint, Statistic, window};

/// The statistics shown of one latency.
struct LatencyColumn {
    name: &'static str,
    statistic: Statistic,
    of: fn(&LoadPoint) -> Option<&Distribution>,
}

/// One row per load point of `curves`, by curve. Latencies that no point knows have no column.
pub fn curve_table(curves: &[LoadCurve]) -> Grid {
    let points: Vec<&LoadPoint> = curves.iter().flat_map(|curve| &curve.points).collect();
    let latencies = latency_columns(&points);
    let (named, kind) = (curves.len() > 1, one_kind(&points));
    let row = |curve: &LoadCurve, point: &LoadPoint| {
        let name = named.then(|| Cell::Text(curve.name.clone()));
        let latencies = latencies.iter().map(|column| column.cell(point));
        name.into_iter().chain(rates(point, kind)).chain(latencies).collect::<Vec<_>>()
    };
    let rows = curves
        .iter()
        .flat_map(|curve| curve.points.iter().map(move |point| (curve, point)))
        .map(|(curve, point)| row(curve, point))
        .collect();
    let columns = named
        .then(|| Column::words("curve"))
        .into_iter()
        .chain(rate_columns(kind))
        .chain(latencies.iter().map(LatencyColumn::head))
        .collect();
    Grid { columns, rows, footers: footers(curves, &points, &latencies) }
}

/// The kind of load, where all points share one.
fn one_kind(points: &[&LoadPoint]) -> Option<LoadKind> {
    let kind = points.first()?.offered.kind;
    points.iter().all(|point| point.offered.kind == kind).then_some(kind)
}

fn rate_columns(kind: Option<LoadKind>) -> [Column; 7] {
    [
        kind.map_or(Column::words("load"), |kind| Column::numbers(kind.name(), "")),
        Column::numbers("ok", ""),
        Column::numbers("failed", ""),
        Column::numbers("n", ""),
        Column::numbers("input", "tok/s"),
        Column::numbers("output", "tok/s"),
        Column::numbers("req/s", ""),
    ]
}

/// The load is a bare number where the column's head names its kind.
fn rates(point: &LoadPoint, kind: Option<LoadKind>) -> [Cell; 7] {
    let star = if has_ramp_inside(point) { "*" } else { "" };
    let value = plain(point.offered.value);
    let load = match kind {
        Some(_) => format!("{star}{value}"),
        None => format!("{} {star}{value}", point.offered.kind.name()),
    };
    [
        Cell::Text(load),
        Cell::Text(point.requests.ok.to_string()),
        Cell::Text(point.requests.failures().to_string()),
        Cell::Text(point.requests.in_window.to_string()),
        Cell::Text(rate(point.input_tok_per_s.get())),
        Cell::Text(output(point)),
        Cell::Text(rate(point.requests_per_s.get())),
    ]
}

/// The output throughput, with half its interval where there is one.
fn output(point: &LoadPoint) -> String {
    let shown = rate(point.output_tok_per_s.get());
    half_width(point).map_or(shown.clone(), |share| format!("{shown} ±{:.1}%", share * 100.0))
}

/// Half the interval of the output throughput as a share of it.
fn half_width(point: &LoadPoint) -> Option<f64> {
    let output = point.output_tok_per_s.get();
    point.interval("output_tok_per_s")?.relative_half_width(output)
}

fn has_ramp_inside(point: &LoadPoint) -> bool {
    !point.offered.steady && window::has_ramp(point.offered.load())
}

/// p50 and p90 of TTFT and TPOT, then the whole answer or, for batches, the whole batch. Where
/// only means are known, the mean.
fn latency_columns(points: &[&LoadPoint]) -> Vec<LatencyColumn> {
    let batch = points.iter().any(|point| point.offered.kind == LoadKind::Batch);
    let (p50, p90, p95) = (50.0, 90.0, 95.0);
    let whole: LatencyOf =
        if batch { ("batch", batch_time, [p50, p95]) } else { ("e2e", e2e, [p50, p90]) };
    let of: [LatencyOf; 3] = [("ttft", ttft, [p50, p90]), ("tpot", tpot, [p50, p90]), whole];
    of.into_iter().flat_map(|latency| statistics(latency, points)).collect()
}

/// A latency's name, where it stands, and the percentiles to show.
type LatencyOf = (&'static str, fn(&LoadPoint) -> Option<&Distribution>, [f64; 2]);

fn statistics((name, of, percentiles): LatencyOf, points: &[&LoadPoint]) -> Vec<LatencyColumn> {
    let known =
        |statistic| points.iter().any(|point| of(point).is_some_and(|d| d.at(statistic).is_some()));
    let decided: Vec<Statistic> = percentiles
        .into_iter()
        .map(Statistic::Percentile)
        .filter(|statistic| known(*statistic))
        .collect();
    let only_mean = decided.is_empty() && known(Statistic::Mean);
    let shown = if only_mean { vec![Statistic::Mean] } else { decided };
    let column = |statistic| LatencyColumn { name, statistic, of };
    shown.into_iter().map(column).collect()
}

impl LatencyColumn {
    fn head(&self) -> Column {
        Column::numbers(self.name, &format!("{} ms", self.statistic))
    }

    fn cell(&self, point: &LoadPoint) -> Cell {
        let known = (self.of)(point).and_then(|d| d.at(self.statistic));
        let mark = if self.is_thin(point) { "~" } else { "" };
        Cell::text(known.map(|value| format!("{mark}{}", ms(value.get()))))
    }

    fn is_thin(&self, point: &LoadPoint) -> bool {
        match (self.statistic, (self.of)(point)) {
            (Statistic::Percentile(p), Some(d)) => is_thin(p, d.n()),
            _ => false,
        }
    }
}

/// TTFT on the clock that this kind of load is judged by.
fn ttft(point: &LoadPoint) -> Option<&Distribution> {
    point.latency(farebox_core::Metric::Ttft.on(point.clock()))
}

fn tpot(point: &LoadPoint) -> Option<&Distribution> {
    point.tpot_ms.as_ref()
}

fn e2e(point: &LoadPoint) -> Option<&Distribution> {
    point.latency(farebox_core::Metric::E2e.on(point.clock()))
}

fn batch_time(point: &LoadPoint) -> Option<&Distribution> {
    point.batch_ms.as_ref()
}

/// What of TTFT the server itself accounts for; the rest happens before and behind it.
fn ttft_apart(point: &LoadPoint) -> Option<String> {
    let health = point.health.as_ref()?;
    let server = health.server.as_ref().filter(|server| server.resets == 0)?;
    let (ours, theirs) = (health.ours.as_ref()?.ttft_ms?, server.ttft_ms?);
    let queued =
        server.queue_ms.map_or(String::new(), |queued| format!(", {} of it waiting", ms(queued)));
    (theirs <= ours).then(|| {
        format!(
            "Mean ttft at {}: {} ms, of which the server accounts for {}{queued}; the rest is the way.",
            point.offered,
            ms(ours),
            ms(theirs),
        )
    })
}

fn footers(curves: &[LoadCurve], points: &[&LoadPoint], shown: &[LatencyColumn]) -> Vec<String> {
    let thin = points.iter().any(|point| shown.iter().any(|column| column.is_thin(point)));
    let ramp = points.iter().any(|point| has_ramp_inside(point));
    let scheduled = points.iter().any(|point| point.offered.kind.is_open_loop());
    let cut = curves.iter().filter(|curve| !curve.complete).map(|curve| curve.name.as_str());
    let cut: Vec<&str> = cut.collect();
    let intervals = points.iter().any(|point| half_width(point).is_some());
    let split = points.iter().rev().find_map(|point| ttft_apart(point));
    [
        (intervals, "± half the 95 % interval of the output throughput.".to_owned()),
        (thin, "~ too few samples: p50 needs 11, p90 64, p95 130, p99 662.".to_owned()),
        (
            ramp,
            "* too few requests to cut off ramp and drain: figures span the whole point."
                .to_owned(),
        ),
        (
            scheduled,
            "ttft and e2e count from when a request was due, not from its send.".to_owned(),
        ),
        (split.is_some(), split.unwrap_or_default()),
        (!cut.is_empty(), format!("Partial, the run was cut short: {}.", cut.join(", "))),
        (points.is_empty(), "No load points.".to_owned()),
    ]
    .into_iter()
    .filter_map(|(applies, footer)| applies.then_some(footer))
    .collect()
}
