//! Every figure of a document, one row per load point or tier. Columns are the fields of the
//! JSON documents, nested ones joined by an underscore.

use crate::grid::{Cell, Column, Grid};
use farebox_core::{
    Clock, Distribution, LoadCurve, LoadPoint, Metric, Milliseconds, Statistic, TokensPerSecond,
    UsdPerMtok,
};
use farebox_price::{Price, PriceSheet, Tier};

/// A column's name and its cell.
type Field = (String, Cell);

/// The statistics of every latency.
const STATISTICS: [Statistic; 5] = [
    Statistic::Mean,
    Statistic::Percentile(50.0),
    Statistic::Percentile(90.0),
    Statistic::Percentile(95.0),
    Statistic::Percentile(99.0),
];

/// All load points of `curves`.
pub fn curve_csv(curves: &[LoadCurve]) -> Grid {
    let points = curves.iter().flat_map(|curve| curve.points.iter().map(move |p| (curve, p)));
    grid(points.map(|(curve, point)| point_fields(&curve.name, point)).collect())
}

/// All tiers of `sheet`.
pub fn price_csv(sheet: &PriceSheet) -> Grid {
    grid(sheet.tiers.iter().map(tier_fields).collect())
}

/// Every row names the same columns, so the first one makes the head.
pub(super) fn grid(rows: Vec<Vec<Field>>) -> Grid {
    let head = rows.first().into_iter().flatten();
    Grid {
        columns: head.map(|(name, _)| Column::words(name)).collect(),
        rows: rows.into_iter().map(|row| row.into_iter().map(|(_, cell)| cell).collect()).collect(),
        footers: Vec::new(),
    }
}

pub(super) fn text(name: &str, text: Option<impl Into<String>>) -> Field {
    (name.to_owned(), Cell::text(text))
}

pub(super) fn number(name: &str, number: Option<f64>) -> Field {
    (name.to_owned(), Cell::number(number))
}

pub(super) fn point_fields(curve: &str, point: &LoadPoint) -> Vec<Field> {
    let phase = point.phase.as_ref();
    let mut fields = vec![
        text("curve", Some(curve)),
        text("load_kind", Some(point.offered.kind.name())),
        number("load_value", Some(point.offered.value)),
        text("steady", Some(point.offered.steady.to_string())),
        number("requests_ok", Some(point.requests.ok as f64)),
        number("requests_failed", Some(point.requests.failures() as f64)),
        number("requests_in_window", Some(point.requests.in_window as f64)),
        number("requests_early_stop", Some(point.requests.early_stop as f64)),
        number("input_tok_per_s", Some(point.input_tok_per_s.get())),
        number("cached_input_tok_per_s", point.cached_input_tok_per_s.map(TokensPerSecond::get)),
        number("output_tok_per_s", Some(point.output_tok_per_s.get())),
        number("total_tok_per_s", Some(point.total_tok_per_s.get())),
        number("requests_per_s", Some(point.requests_per_s.get())),
        number("output_tok_per_s_low", point.interval("output_tok_per_s").map(|i| i.low)),
        number("output_tok_per_s_high", point.interval("output_tok_per_s").map(|i| i.high)),
        number("phase_prefill_s", phase.map(|phase| phase.prefill_s)),
        number("phase_decode_s", phase.map(|phase| phase.decode_s)),
        number("kv_used_fraction_mean", point.kv_used_fraction.map(|kv| kv.mean)),
        number("kv_used_fraction_max", point.kv_used_fraction.map(|kv| kv.max)),
        number("power_w", point.power_w),
        number("engine_resident_bytes_mean", point.engine_resident_bytes.map(|used| used.mean)),
        number("engine_resident_bytes_max", point.engine_resident_bytes.map(|used| used.max)),
        number("engine_cpu_cores_mean", point.engine_cpu_cores.map(|cores| cores.mean)),
        number("kv_used_bytes_estimated_max", point.kv_used_bytes_estimated.map(|kv| kv.max)),
    ];
    let latencies = Metric::ALL.iter().map(|metric| (metric.name(), point.latency(*metric)));
    for (name, latency) in latencies.chain([("batch", point.batch_ms.as_ref())]) {
        for statistic in STATISTICS {
            let value = latency.and_then(|latency| latency.at(statistic));
            fields.push(number(&format!("{name}_ms_{statistic}"), value.map(Milliseconds::get)));
        }
        let n = latency.and_then(Distribution::n);
        fields.push(number(&format!("{name}_ms_n"), n.map(|n| n as f64)));
    }
    fields
}

fn tier_fields(tier: &Tier) -> Vec<Field> {
    let price = tier.price();
    let of = |name: &str, field: fn(&Price) -> Option<f64>| number(name, price.and_then(field));
    let clock = tier.clock.map(|clock| match clock {
        Clock::Send => "send",
        Clock::Scheduled => "scheduled",
    });
    vec![
        text("curve", Some(tier.curve.as_str())),
        text("name", Some(tier.name.as_str())),
        text("slo", tier.slo.as_deref()),
        text("clock", clock),
        text("load_kind", price.map(|p| p.load.kind.name())),
        of("load_value", |p| Some(p.load.value)),
        of("input_tok_per_s", |p| Some(p.input_tok_per_s.get())),
        of("cached_input_tok_per_s", |p| p.cached_input_tok_per_s.map(TokensPerSecond::get)),
        of("output_tok_per_s", |p| Some(p.output_tok_per_s.get())),
        of("replicas", |p| Some(f64::from(p.replicas))),
        of("usd_per_hour_total", |p| Some(p.usd_per_hour_total.get())),
        of("usd_per_mtok_input", |p| Some(p.usd_per_mtok_input.get())),
        of("usd_per_mtok_cached_input", |p| p.usd_per_mtok_cached_input.map(UsdPerMtok::get)),
        of("usd_per_mtok_output", |p| Some(p.usd_per_mtok_output.get())),
        of("usd_per_mtok_blended", |p| Some(p.usd_per_mtok_blended.get())),
        of("recovery", |p| Some(p.recovery)),
        of("interval_low", |p| p.interval.map(|i| i.low)),
        of("interval_high", |p| p.interval.map(|i| i.high)),
        of("load_interval_low", |p| p.load_interval.map(|i| i.low)),
        of("load_interval_high", |p| p.load_interval.map(|i| i.high)),
        text("allocation", price.map(|p| p.allocation.to_string())),
        text("basis", price.and_then(|p| p.basis.clone())),
        text("partial", Some(tier.partial.to_string())),
        text("reason", tier.reason()),
        text("notes", price.map(|p| p.notes.join("; "))),
    ]
}
