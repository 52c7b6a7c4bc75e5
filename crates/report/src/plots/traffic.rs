//! A traffic profile as one picture: both lengths, how they go together, and the hours of the day.

use crate::chart::{Axis, Chart, Panel, Scale, Series};
use farebox_workload::Traffic;
use farebox_workload::profile::{Summary, grid_span};
use std::collections::BTreeMap;

/// The picture of `traffic`.
pub fn traffic_chart(traffic: &Traffic) -> Chart {
    let about = &traffic.about;
    let name = about.name.as_ref().or(about.source.as_ref());
    Chart {
        title: name.cloned().unwrap_or_else(|| "Traffic".to_owned()),
        subtitle: format!(
            "{} requests  ·  mean {:.0} input and {:.0} output tokens",
            traffic.requests, traffic.isl_tokens.mean, traffic.osl_tokens.mean
        ),
        legend: Vec::new(),
        panels: vec![lengths(traffic), shares(traffic), joint(traffic), hours(traffic)],
        captions: about.counting.iter().map(|how| format!("Read as {how}.")).collect(),
    }
}

fn lengths(traffic: &Traffic) -> Panel {
    let below = |summary: &Summary| -> Vec<(f64, f64)> {
        summary.quantiles.iter().map(|(percentile, tokens)| (*tokens, *percentile)).collect()
    };
    let series = vec![
        line("input", 0, below(&traffic.isl_tokens)),
        line("output", 1, below(&traffic.osl_tokens)),
    ];
    panel("Requests no longer than this (%)", "tokens", Scale::Linear, series)
}

fn shares(traffic: &Traffic) -> Panel {
    let of = |length: fn(&farebox_workload::profile::Cell) -> f64| {
        let mut bins: BTreeMap<u32, u64> = BTreeMap::new();
        for cell in &traffic.joint {
            *bins.entry(grid_span(length(cell)).0.max(1)).or_default() += cell.count;
        }
        let all = traffic.requests.max(1) as f64;
        bins.into_iter().map(|(from, n)| (f64::from(from), n as f64 / all * 100.0)).collect()
    };
    let series = vec![
        line("input", 0, of(|cell| cell.isl_mean)),
        line("output", 1, of(|cell| cell.osl_mean)),
    ];
    panel("Requests in each doubling of length (%)", "tokens, from", Scale::Linear, series)
}

/// The mean output of requests whose input has about the same length.
fn joint(traffic: &Traffic) -> Panel {
    let mut bins: BTreeMap<u32, (f64, f64, f64)> = BTreeMap::new();
    for cell in &traffic.joint {
        let (bin, n) = (grid_span(cell.isl_mean).0, cell.count as f64);
        let sum = bins.entry(bin).or_default();
        *sum = (sum.0 + cell.isl_mean * n, sum.1 + cell.osl_mean * n, sum.2 + n);
    }
    let points = bins.into_values().map(|(isl, osl, n)| ((isl / n).max(1.0), osl / n)).collect();
    let series = vec![line("mean", 2, points)];
    panel("Output of requests with such an input (tokens)", "input tokens", Scale::Log10, series)
}

fn hours(traffic: &Traffic) -> Panel {
    let rates = traffic.arrivals.as_ref().and_then(|it| it.by_hour_utc_per_s.as_ref());
    let points = rates.into_iter().flatten().enumerate();
    let points = points.filter_map(|(hour, rate)| Some((hour as f64, (*rate)?))).collect();
    let series = vec![line("", 3, points)];
    let empty = "the source has no calendar".to_owned();
    let hours = panel("Requests per second", "hour of the day, UTC", Scale::Linear, series);
    Panel { x: Axis { scale: Scale::Linear, ..hours.x }, empty, ..hours }
}

fn line(label: &str, hue: usize, points: Vec<(f64, f64)>) -> Series {
    let label = (!label.is_empty()).then(|| label.to_owned());
    Series { label, hue, points, ..Series::default() }
}

fn panel(title: &str, x: &str, y: Scale, series: Vec<Series>) -> Panel {
    Panel {
        title: title.to_owned(),
        x: Axis { label: x.to_owned(), scale: Scale::Log2 },
        y: Axis { label: String::new(), scale: y },
        series,
        empty: "not known".to_owned(),
        ..Panel::default()
    }
}
