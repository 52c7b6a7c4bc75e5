//! What a picture means, in words.

use super::curve::PlotRequest;
use super::tiers::{sheet, short_name};
use crate::numbers::{dollars, plain, usd};
use crate::words;
use farebox_core::Load;
use farebox_core::{LoadCurve, LoadLine, Slo};
use farebox_price::{Price, PriceSheet, Tier};

/// What a reader who does not know the terms needs.
const TERMS: &str = "ttft: wait for the first token. tpot: time per token after it. p90: nine \
                     requests in ten are at least this fast.";

/// What the lines of a promise are.
const LINES: &str = "Dashed lines are limits; dotted ones stand at the loads named below.";

/// What stands around points.
const BARS: &str = "Bars around points are 95 % intervals.";

/// What a picture without a price lacks.
const NO_PRICE: &str = "Cost is unknown: --price-per-hour or --price-per-gpu-hour adds it.";

/// What a picture without a promise lacks.
const NO_PROMISE: &str =
    "No promise was given: --slo fast:ttft.p90=500ms,tpot.p90=50ms marks the load that keeps it.";

/// The sentences below the picture: promise by promise, then what was assumed, then the terms.
pub(super) fn captions(request: &PlotRequest<'_>) -> Vec<String> {
    let sheet = sheet(request);
    let promises = request.slos.iter().map(|slo| match request.curves {
        [one] => about_one(one, slo, request.slos, sheet.as_ref()),
        _ => about_several(request, slo, sheet.as_ref()),
    });
    let known = |curve: &LoadCurve| curve.points.iter().any(|point| point.intervals.is_some());
    let bars = request.curves.iter().any(known).then(|| BARS.to_owned());
    let lines = (!super::tiers::marks(request).is_empty()).then(|| LINES.to_owned());
    let no_promise = request.slos.is_empty().then(|| NO_PROMISE.to_owned());
    let money = sheet.as_ref().map_or_else(|| vec![NO_PRICE.to_owned()], bill);
    let fallen_back = fallen_back(request);
    let partial = request.curves.iter().filter(|curve| !curve.complete && sheet.is_none());
    let partial = partial.map(|curve| format!("{} is partial: its run was cut short.", curve.name));
    let terms = TERMS.to_owned();
    let most = request.slos.is_empty().then(|| sheet.as_ref().and_then(most_throughput)).flatten();
    lines
        .into_iter()
        .chain(promises)
        .chain(no_promise)
        .chain(most)
        .chain(money)
        .chain(fallen_back)
        .chain(partial)
        .chain(bars)
        .chain([terms])
        .collect()
}

/// Without a promise there is one tier a curve: its highest throughput.
fn most_throughput(sheet: &PriceSheet) -> Option<String> {
    let tier = *sheet.best_per_tier().first()?;
    let price = tier.price()?;
    let load = load_words(price.load);
    let name = format!("{}{}", copies(tier), tier.curve);
    Some(format!("Cheapest without one: {name} at {load}: {}.", cost(price)))
}

/// `“fast” (ttft p90 ≤ 500 ms, tpot p90 ≤ 16.7 ms)`.
fn promise(slo: &Slo, slos: &[Slo]) -> String {
    format!("“{}” ({})", short_name(slo, slos), words::promise(slo))
}

fn about_one(curve: &LoadCurve, slo: &Slo, slos: &[Slo], sheet: Option<&PriceSheet>) -> String {
    let promise = promise(slo, slos);
    let line = curve.load_line(Some(slo));
    let Some(point) = line.point() else { return broken(&promise, &line, curve) };
    let highest = load_words(point.offered.load());
    let sentence = format!("Highest load that keeps {promise}: {highest}.");
    let tier = sheet.and_then(|sheet| sheet.tiers.iter().find(|tier| tier.name == slo.name()));
    match tier.map(|tier| (tier.price(), tier.reason())) {
        Some((Some(price), _)) => {
            let at = load_words(price.load);
            let place = if at == highest { "There".to_owned() } else { format!("At {at}") };
            format!("{sentence} {place} {}.", cost(price))
        }
        Some((None, Some(reason))) => format!("{sentence} No price: {reason}."),
        _ => sentence,
    }
}

fn broken(promise: &str, line: &LoadLine<'_>, curve: &LoadCurve) -> String {
    let how = match line {
        LoadLine::Unmet(how) => how.to_string(),
        LoadLine::Upto(_) | LoadLine::NoPoints => "there are no load points".to_owned(),
    };
    let lowest =
        curve.points.first().map_or(String::new(), |point| format!(" at {}", point.offered));
    format!("{promise} is not kept{lowest}: {how}.")
}

fn about_several(request: &PlotRequest<'_>, slo: &Slo, sheet: Option<&PriceSheet>) -> String {
    let promise = promise(slo, request.slos);
    let best = sheet.map(|sheet| sheet.best_per_tier().into_iter().find(|t| t.name == slo.name()));
    match best {
        Some(Some(tier)) => {
            let price = tier.price().map_or(String::new(), |price| {
                format!(" at {}: {}", load_words(price.load), cost(price))
            });
            format!("Cheapest that keeps {promise}: {}{}{price}.", copies(tier), tier.curve)
        }
        Some(None) => format!("{promise} is kept at a price by none of them."),
        None => highest_of_each(request.curves, slo, &promise),
    }
}

fn highest_of_each(curves: &[LoadCurve], slo: &Slo, promise: &str) -> String {
    let each: Vec<String> = curves
        .iter()
        .map(|curve| match curve.load_line(Some(slo)).point() {
            Some(point) => format!("{} {}", curve.name, plain(point.offered.value)),
            None => format!("{} none", curve.name),
        })
        .collect();
    format!("Highest load that keeps {promise}: {}.", each.join(", "))
}

fn load_words(load: Load) -> String {
    format!("{} {}", load.kind.name(), plain(load.value))
}

/// How many replicas share the bill, where that is more than one.
fn copies(tier: &Tier) -> String {
    match tier.price().map(|price| price.replicas) {
        None | Some(1) => String::new(),
        Some(n) => format!("{n} x "),
    }
}

fn cost(price: &Price) -> String {
    format!(
        "tokens cost ${} (input) and ${} (output) per million",
        usd(price.usd_per_mtok_input.get()),
        usd(price.usd_per_mtok_output.get())
    )
}

/// Loads of a single curve whose cost could not be spread by the rule asked for.
fn fallen_back(request: &PlotRequest<'_>) -> Option<String> {
    let ([curve], Some(settings)) = (request.curves, request.price) else { return None };
    let other = |price: &Price| price.allocation != settings.allocation;
    let priced = curve.points.iter().filter_map(|point| Price::at(point, curve, settings).ok());
    let loads: Vec<String> = priced.filter(other).map(|price| plain(price.load.value)).collect();
    (!loads.is_empty()).then(|| {
        let loads = loads.join(", ");
        format!("Phase times are unknown at {loads}: every token is priced alike there.")
    })
}

fn bill(sheet: &PriceSheet) -> Vec<String> {
    let per_hour = dollars(sheet.rental.usd_per_hour_total.get());
    let replicated = sheet.tiers.iter().filter_map(Tier::price).any(|price| price.replicas > 1);
    let replicas = if replicated { " by all replicas" } else { "" };
    let spread = format!(
        "Cost: the machine's ${per_hour} per hour over the tokens served{replicas}; allocation {}.",
        sheet.allocation
    );
    let notes = sheet.notes.iter().map(|note| format!("Note: {note}."));
    std::iter::once(spread).chain(notes).collect()
}
