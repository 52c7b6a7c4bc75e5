//! Promises in a picture: limits across the latency panels, load lines down all of them.

use super::curve::PlotRequest;
use crate::chart::Limit;
use crate::words;
use farebox_core::{LoadCurve, Metric, Slo};
use farebox_price::{PriceSheet, price};

/// A short name: the user's, or a number where the promise has none.
pub(super) fn short_name(slo: &Slo, slos: &[Slo]) -> String {
    if slo.name() != slo.terms() {
        return slo.name();
    }
    let number = slos.iter().position(|other| other == slo).unwrap_or(0) + 1;
    if slos.len() == 1 { "SLO".to_owned() } else { format!("SLO {number}") }
}

/// The bounds on `metric`, which stand for both of its clocks.
pub(super) fn limits(request: &PlotRequest<'_>, metric: Metric) -> Vec<Limit> {
    let of = |slo: &Slo| {
        let name = short_name(slo, request.slos);
        let bounds = slo.bounds().iter().filter(move |bound| bound.metric == metric);
        let limit = |bound: &farebox_core::slo::Bound| Limit {
            at: bound.limit.get(),
            label: format!("{name}: {} ≤ {}", bound.statistic, words::limit(bound.limit)),
        };
        bounds.map(limit).collect::<Vec<_>>()
    };
    request.slos.iter().flat_map(of).collect()
}

/// For a single curve the load line of every promise. For several, where cost is known, the
/// cheapest deployment's; else there would be more lines than a reader can follow. None where the
/// curves were asked different lengths: their prices are not to be compared.
pub(super) fn marks(request: &PlotRequest<'_>) -> Vec<Limit> {
    let found: Vec<(f64, String)> = match (request.curves, sheet(request)) {
        ([curve], _) => {
            request.slos.iter().filter_map(|slo| load_line(curve, slo, request.slos)).collect()
        }
        (curves, Some(sheet)) if asked_the_same(curves) => cheapest(&sheet, request.slos),
        _ => Vec::new(),
    };
    merged(found)
}

fn asked_the_same(curves: &[LoadCurve]) -> bool {
    let lengths = |curve: &LoadCurve| (curve.workload.isl, curve.workload.osl);
    curves.windows(2).all(|pair| lengths(&pair[0]) == lengths(&pair[1]))
}

/// Load and name of the cheapest curve at each promise; promises that one curve wins at one load
/// share its name.
fn cheapest(sheet: &PriceSheet, slos: &[Slo]) -> Vec<(f64, String)> {
    let mut won: Vec<(f64, &str, Vec<String>)> = Vec::new();
    let best = sheet.best_per_tier();
    for slo in slos {
        let tier = best.iter().find(|tier| tier.name == slo.name());
        let Some((tier, price)) = tier.and_then(|tier| Some((tier, tier.price()?))) else {
            continue;
        };
        let at = price.load.value;
        let name = short_name(slo, slos);
        let same = won.iter_mut().find(|(load, curve, _)| {
            load.to_bits() == at.to_bits() && *curve == tier.curve.as_str()
        });
        match same {
            Some((.., names)) => names.push(name),
            None => won.push((at, &tier.curve, vec![name])),
        }
    }
    let label = |(at, curve, names): (f64, &str, Vec<String>)| {
        (at, format!("{}: {curve}", names.join(", ")))
    };
    won.into_iter().map(label).collect()
}

fn load_line(curve: &LoadCurve, slo: &Slo, slos: &[Slo]) -> Option<(f64, String)> {
    let line = curve.load_line(Some(slo));
    Some((line.point()?.offered.value, short_name(slo, slos)))
}

/// Names of marks at the same load share one.
fn merged(found: Vec<(f64, String)>) -> Vec<Limit> {
    let mut marks: Vec<Limit> = Vec::new();
    for (at, label) in found {
        match marks.iter_mut().find(|mark| mark.at.to_bits() == at.to_bits()) {
            Some(mark) => mark.label = format!("{}, {label}", mark.label),
            None => marks.push(Limit { at, label }),
        }
    }
    marks
}

/// The prices of all curves at all promises; none where nothing is known of the machine's price.
pub(super) fn sheet(request: &PlotRequest<'_>) -> Option<PriceSheet> {
    let mut settings = request.price?.clone();
    settings.slos = request.slos.to_vec();
    price(request.curves, &settings).ok()
}
