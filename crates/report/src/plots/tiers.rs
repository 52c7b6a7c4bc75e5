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
/// cheapest deployment's; else there would be more lines than a reader can follow.
pub(super) fn marks(request: &PlotRequest<'_>) -> Vec<Limit> {
    let found: Vec<(f64, String)> = match (request.curves, sheet(request)) {
        ([curve], _) => {
            request.slos.iter().filter_map(|slo| load_line(curve, slo, request.slos)).collect()
        }
        (_, Some(sheet)) if !request.slos.is_empty() => {
            let named = request.slos.iter().filter_map(|slo| {
                let tier = sheet.best_per_tier().into_iter().find(|t| t.name == slo.name())?;
                let label = format!("{}: {}", short_name(slo, request.slos), tier.curve);
                Some((tier.price()?.load.value, label))
            });
            named.collect()
        }
        _ => Vec::new(),
    };
    merged(found)
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
