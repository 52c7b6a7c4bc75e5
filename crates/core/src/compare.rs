//! Curves side by side: at each load that both have, how much more or less, and whether by more
//! than chance.

use crate::curve::{Load, LoadCurve, LoadPoint};
use crate::metric::{Metric, Statistic};
use crate::stats::ratio::{Estimate, holm, ratio};
use crate::stats::{Interval, LEVEL};
use serde::Serialize;

/// The schema tag of a comparison.
pub const COMPARE_SCHEMA: &str = "farebox.compare/1";

/// Some curves against the first of them.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    /// Always [`COMPARE_SCHEMA`].
    pub schema: String,
    /// The curve that all others are held against.
    pub baseline: String,
    /// The smallest difference that matters, as a share of the baseline: less is called the same.
    pub min_effect: f64,
    /// In what the others were asked something else; empty where they were not.
    pub differences: Vec<String>,
    /// Curve by curve, load by load, figure by figure.
    pub rows: Vec<Row>,
}

/// One figure of one curve at one load, over that of the baseline.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// The curve.
    pub curve: String,
    /// The load.
    pub load: Load,
    /// The figure's name in files, such as `output_tok_per_s` or `ttft_ms.p90`.
    pub figure: String,
    /// Its value in the baseline.
    pub baseline: f64,
    /// Its value here.
    pub value: f64,
    /// This over the baseline.
    pub ratio: f64,
    /// Where that may lie; null where a curve has no interval of the figure.
    pub interval: Option<Interval>,
    /// How probable so much difference is if there is none.
    pub p: Option<f64>,
    /// The same when all loads are asked at once (Holm).
    pub p_holm: Option<f64>,
    /// What that comes to.
    pub finding: Finding,
}

/// What a comparison comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Finding {
    /// Better than the baseline by more than chance, and by enough to matter.
    Better,
    /// Worse by more than chance, and by enough to matter.
    Worse,
    /// By no more than chance, or by too little to matter.
    Same,
    /// A curve has no interval of the figure.
    Unknown,
}

/// Why curves cannot be compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CompareError {
    /// There is nothing to compare with.
    #[error("it takes two curves to compare")]
    One,
    /// They have no load in common.
    #[error("the curves have no load in common: offer the same loads to both")]
    NoCommonLoad,
}

/// Which way is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Better {
    More,
    Less,
}

/// Latencies that are compared.
const LATENCIES: [Metric; 3] = [Metric::Ttft, Metric::Tpot, Metric::E2e];
/// Their statistics.
const STATISTICS: [Statistic; 4] = [
    Statistic::Mean,
    Statistic::Percentile(50.0),
    Statistic::Percentile(90.0),
    Statistic::Percentile(99.0),
];
/// The smallest difference that matters where nobody says: much less than one machine differs from
/// the next of its kind.
pub const MIN_EFFECT: f64 = 0.01;
/// Lengths that differ by no more than this share are the same: they are drawn, or a template's.
const SAME_LENGTH: f64 = 0.05;

/// Holds every curve against the first. Figures are those both have at a load both have. A figure
/// that is larger or smaller by no more than `min_effect` (a share, from 0) is called the same,
/// however surely it differs.
pub fn compare(curves: &[LoadCurve], min_effect: f64) -> Result<Comparison, CompareError> {
    let (baseline, others) = curves.split_first().ok_or(CompareError::One)?;
    if others.is_empty() {
        return Err(CompareError::One);
    }
    let rows: Vec<Row> =
        others.iter().flat_map(|other| against(baseline, other, min_effect)).collect();
    if rows.is_empty() {
        return Err(CompareError::NoCommonLoad);
    }
    Ok(Comparison {
        schema: COMPARE_SCHEMA.to_owned(),
        baseline: baseline.name.clone(),
        min_effect,
        differences: others.iter().flat_map(|other| differences(baseline, other)).collect(),
        rows,
    })
}

/// In what `other` was asked something else than `baseline`.
fn differences(baseline: &LoadCurve, other: &LoadCurve) -> Vec<String> {
    let (a, b) = (&baseline.workload, &other.workload);
    let length = |what: &str, a: Option<f64>, b: Option<f64>| {
        let (a, b) = (a?, b?);
        let is_other = (a - b).abs() > SAME_LENGTH * a.max(b);
        is_other.then(|| format!("{what} of {b:.0} tokens, not {a:.0}"))
    };
    let word = |what: &str, a: Option<String>, b: Option<String>| {
        let said = |word: Option<String>| word.unwrap_or_else(|| "none".to_owned());
        (a != b).then(|| format!("{what} {}, not {}", said(b), said(a)))
    };
    let cache = |state: Option<crate::CacheState>| state.map(|state| state.to_string());
    let found = [
        length(
            "inputs",
            a.isl_observed.or(a.isl.map(f64::from)),
            b.isl_observed.or(b.isl.map(f64::from)),
        ),
        length(
            "outputs",
            a.osl_observed.or(a.osl.map(f64::from)),
            b.osl_observed.or(b.osl.map(f64::from)),
        ),
        word("lengths", a.lengths.clone(), b.lengths.clone()),
        word("arrivals", a.arrivals.clone(), b.arrivals.clone()),
        word("prefix cache", cache(a.cache), cache(b.cache)),
    ];
    found.into_iter().flatten().map(|what| format!("{}: {what}", other.name)).collect()
}

fn against(baseline: &LoadCurve, other: &LoadCurve, min_effect: f64) -> Vec<Row> {
    let shared: Vec<(&LoadPoint, &LoadPoint)> = baseline
        .points
        .iter()
        .filter_map(|a| {
            let same = |b: &&LoadPoint| b.offered.load() == a.offered.load();
            Some((a, other.points.iter().find(same)?))
        })
        .collect();
    let names = shared.first().map(|(a, _)| figures(a)).unwrap_or_default();
    let of_figure = |(name, better): (String, Better)| {
        let mut rows: Vec<Row> =
            shared.iter().filter_map(|(a, b)| Row::of(&other.name, &name, (*a, *b))).collect();
        correct(&mut rows, better, min_effect);
        rows
    };
    let mut rows: Vec<Row> = names.into_iter().flat_map(of_figure).collect();
    rows.sort_by(|a, b| a.load.value.total_cmp(&b.load.value));
    rows
}

/// The names of all figures, and which way each is better.
fn figures(point: &LoadPoint) -> Vec<(String, Better)> {
    let rates = ["output_tok_per_s", "total_tok_per_s", "requests_per_s"];
    let latencies = LATENCIES.into_iter().flat_map(|metric| {
        let metric = metric.on(point.clock());
        STATISTICS.map(|statistic| (format!("{metric}_ms.{statistic}"), Better::Less))
    });
    rates.into_iter().map(|name| (name.to_owned(), Better::More)).chain(latencies).collect()
}

/// A figure of a point by its name in files.
fn figure(point: &LoadPoint, name: &str) -> Option<f64> {
    match name {
        "output_tok_per_s" => Some(point.output_tok_per_s.get()),
        "total_tok_per_s" => Some(point.total_tok_per_s.get()),
        "requests_per_s" => Some(point.requests_per_s.get()),
        latency => {
            let (metric, statistic) = latency.split_once("_ms.")?;
            let statistic = Statistic::from_name(statistic)?;
            Some(point.latency(Metric::from_name(metric)?)?.at(statistic)?.get())
        }
    }
}

impl Row {
    fn of(curve: &str, name: &str, (a, b): (&LoadPoint, &LoadPoint)) -> Option<Self> {
        let (baseline, value) = (figure(a, name)?, figure(b, name)?);
        let estimate =
            |point: &LoadPoint, value| Some(Estimate { value, interval: point.interval(name)? });
        let tested = estimate(a, baseline)
            .zip(estimate(b, value))
            .and_then(|(first, second)| ratio(first, second));
        (baseline > 0.0).then(|| Self {
            curve: curve.to_owned(),
            load: a.offered.load(),
            figure: name.to_owned(),
            baseline,
            value,
            ratio: value / baseline,
            interval: tested.map(|ratio| ratio.interval),
            p: tested.map(|ratio| ratio.p),
            p_holm: None,
            finding: Finding::Unknown,
        })
    }
}

/// Corrects the tests of one figure over all loads, and says what they come to.
fn correct(rows: &mut [Row], better: Better, min_effect: f64) {
    let p_values: Vec<f64> = rows.iter().filter_map(|row| row.p).collect();
    let tested = rows.iter_mut().filter(|row| row.p.is_some());
    for (row, p) in tested.zip(holm(&p_values)) {
        row.p_holm = Some(p);
        // As much more as less: twice and half are equally far.
        let matters = row.ratio.ln().abs() > min_effect.ln_1p();
        row.finding =
            match (p < 1.0 - LEVEL && matters, (row.ratio > 1.0) == (better == Better::More)) {
                (false, _) => Finding::Same,
                (true, true) => Finding::Better,
                (true, false) => Finding::Worse,
            };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::curve::{CURVE_SCHEMA, LoadKind, Source};
    use crate::deployment::{Deployment, Workload};
    use crate::quantity::{RequestsPerSecond, TokensPerSecond};
    use std::collections::BTreeMap;

    /// Output of `rates` at concurrency 1, 2, 4 ..., each known to 2 %.
    fn curve(name: &str, rates: &[f64]) -> LoadCurve {
        let point = |(index, rate): (usize, &f64)| {
            let load = Load { kind: LoadKind::Concurrency, value: f64::from(1 << index) };
            let interval = Interval::new(rate * 0.98, rate * 1.02).unwrap();
            LoadPoint {
                intervals: Some(BTreeMap::from([("output_tok_per_s".to_owned(), interval)])),
                ..LoadPoint::of_rates(
                    load.offered(true),
                    TokensPerSecond::new(1.0),
                    TokensPerSecond::new(*rate),
                    RequestsPerSecond::new(1.0),
                )
            }
        };
        LoadCurve {
            schema: CURVE_SCHEMA.to_owned(),
            name: name.to_owned(),
            deployment: Deployment::machine("m"),
            workload: Workload { isl: Some(512), ..Workload::default() },
            source: Source::Measured,
            complete: true,
            price: None,
            points: rates.iter().enumerate().map(point).collect(),
        }
    }

    fn output(comparison: &Comparison) -> Vec<(f64, Finding)> {
        let rows = comparison.rows.iter().filter(|row| row.figure == "output_tok_per_s");
        rows.map(|row| (row.load.value, row.finding)).collect()
    }

    #[test]
    fn each_shared_load_is_tested_and_chance_is_told_from_more() {
        let (a, b) = (curve("a", &[100.0, 200.0, 400.0]), curve("b", &[101.0, 230.0, 300.0, 1.0]));
        let comparison = compare(&[a, b], MIN_EFFECT).unwrap();
        let expected = [(1.0, Finding::Same), (2.0, Finding::Better), (4.0, Finding::Worse)];
        assert_eq!(output(&comparison), expected);
        assert_eq!(comparison.differences, [""; 0]);
        let row = comparison.rows.iter().find(|row| row.figure == "requests_per_s").unwrap();
        assert_eq!((row.finding, row.p), (Finding::Unknown, None));
    }

    #[test]
    fn a_difference_of_one_load_in_many_must_be_larger() {
        let rates = [100.0; 12];
        let mut other = rates;
        other[0] = 103.2;
        let alone =
            compare(&[curve("a", &rates[..1]), curve("b", &other[..1])], MIN_EFFECT).unwrap();
        let among = compare(&[curve("a", &rates), curve("b", &other)], MIN_EFFECT).unwrap();
        assert_eq!(output(&alone)[0].1, Finding::Better);
        assert_eq!(output(&among)[0].1, Finding::Same);
    }

    #[test]
    fn a_sure_difference_that_is_too_small_to_matter_is_the_same() {
        // Known to a thousandth, as the figures of a simulated server are.
        let known = |name: &str, rate: f64| {
            let mut curve = curve(name, &[rate]);
            let interval = Interval::new(rate * 0.9999, rate * 1.0001).unwrap();
            let intervals = BTreeMap::from([("output_tok_per_s".to_owned(), interval)]);
            curve.points[0].intervals = Some(intervals);
            curve
        };
        let finding = |rate: f64, min_effect: f64| {
            let comparison = compare(&[known("a", 100.0), known("b", rate)], min_effect).unwrap();
            output(&comparison)[0].1
        };
        assert_eq!(finding(99.5, MIN_EFFECT), Finding::Same);
        assert_eq!(finding(100.9, MIN_EFFECT), Finding::Same);
        assert_eq!(finding(98.9, MIN_EFFECT), Finding::Worse);
        assert_eq!(finding(101.1, MIN_EFFECT), Finding::Better);
        assert_eq!(finding(99.5, 0.0), Finding::Worse);
        assert_eq!(finding(90.0, 0.2), Finding::Same);
    }

    #[test]
    fn other_questions_are_named_and_nothing_in_common_is_refused() {
        let (a, mut b) = (curve("a", &[100.0]), curve("b", &[100.0]));
        assert_eq!(compare(std::slice::from_ref(&a), MIN_EFFECT), Err(CompareError::One));
        b.workload.isl = Some(2048);
        let comparison = compare(&[a.clone(), b.clone()], MIN_EFFECT).unwrap();
        assert_eq!(comparison.differences, ["b: inputs of 2048 tokens, not 512"]);
        b.points[0].offered.value = 3.0;
        assert_eq!(compare(&[a, b], MIN_EFFECT), Err(CompareError::NoCommonLoad));
    }
}
