//! What stands under a pricing matrix: what was promised, who pays for what, and what to mind.

use crate::numbers::{dollars, plain, usd};
use crate::words;
use farebox_core::Slo;
use farebox_price::{Allocation, Packing, PriceSheet, Tier};

/// The sentences, in the order a reader asks: promises, misses, bill, rule, best, notes.
pub(super) fn footers(sheet: &PriceSheet) -> Vec<String> {
    let named = sheet.curve_names().len() > 1;
    promises(sheet)
        .into_iter()
        .chain(misses(sheet))
        .chain([bill(sheet), rule(sheet)])
        .chain(intervals(sheet))
        .chain(named.then(|| cheapest(sheet)).flatten())
        .chain(sheet.notes.iter().map(|note| format!("Note: {note}.")))
        .chain(tier_notes(sheet))
        .collect()
}

/// What each tier promises, unless its name says so already.
fn promises(sheet: &PriceSheet) -> Vec<String> {
    let promise = |name: &str| {
        let tier = sheet.tiers.iter().find(|tier| tier.name == name)?;
        match &tier.slo {
            Some(slo) if slo == name => None,
            Some(slo) => Some(format!("{name}: {}", said(slo))),
            None => Some(format!("{name}: the highest throughput, without a promise")),
        }
    };
    sheet.tier_names().into_iter().filter_map(promise).collect()
}

/// A promise in words; as it stands where a newer grammar wrote it.
fn said(slo: &str) -> String {
    slo.parse::<Slo>().map_or_else(|_| slo.to_owned(), |slo| words::promise(&slo))
}

fn misses(sheet: &PriceSheet) -> Vec<String> {
    let missed = sheet.tiers.iter().filter_map(|tier| Some((tier.reason()?.to_owned(), tier)));
    grouped(missed)
        .into_iter()
        .map(|(reason, tiers)| format!("No price, {}: {reason}.", label(sheet, &tiers)))
        .collect()
}

fn bill(sheet: &PriceSheet) -> String {
    let rental = &sheet.rental;
    let gpus = if rental.gpus_billed == 1 { "GPU" } else { "GPUs" };
    let charged = match sheet.packing {
        Packing::OneReplica => "one replica carries all of it",
        Packing::FillBox => "shared by as many replicas as fit",
    };
    format!(
        "Bill: ${} per hour for {} {gpus} ({}); {charged}.",
        dollars(rental.usd_per_hour_total.get()),
        rental.gpus_billed,
        rental.source
    )
}

fn rule(sheet: &PriceSheet) -> String {
    let words = match sheet.allocation {
        Allocation::Time => "prefill time pays for input, decode time for output",
        Allocation::Blended => "one price for every token",
        Allocation::Ratio(_) => "an output token costs a fixed number of input tokens",
        Allocation::DoubleCount => "input and output each pay for the whole machine",
    };
    let basis = sheet.tiers.iter().find_map(|tier| tier.price()?.basis.as_deref());
    let basis = basis.map_or(String::new(), |basis| format!(", basis {basis}"));
    format!("Allocation: {} ({words}{basis}).", sheet.allocation)
}

/// How sure blended prices and load lines are, where that is known.
fn intervals(sheet: &PriceSheet) -> Option<String> {
    let said = |tier: &Tier| {
        let price = tier.price()?;
        let blended = price.interval.map(|i| format!("{} to {} $/Mtok", usd(i.low), usd(i.high)));
        let load = price.load_interval.map(|i| {
            let kind = price.load.kind.name();
            format!("load line at {kind} {} to {}", figures(i.low), figures(i.high))
        });
        let parts: Vec<String> = blended.into_iter().chain(load).collect();
        let label = label(sheet, &[tier]);
        (!parts.is_empty()).then(|| format!("{label} {}", parts.join(", ")))
    };
    let each: Vec<String> = sheet.tiers.iter().filter_map(said).collect();
    (!each.is_empty()).then(|| format!("95 % intervals, blended: {}.", each.join("; ")))
}

/// A load in three figures: what an interval ends at is no more exact.
fn figures(load: f64) -> String {
    if load >= 100.0 { plain(load.round()) } else { plain((load * 10.0).round() / 10.0) }
}

fn cheapest(sheet: &PriceSheet) -> Option<String> {
    let best = sheet.best_per_tier();
    let each: Vec<String> =
        best.iter().map(|tier| format!("{} {}", tier.name, tier.curve)).collect();
    (!each.is_empty()).then(|| format!("Cheapest blended: {}.", each.join(", ")))
}

fn tier_notes(sheet: &PriceSheet) -> Vec<String> {
    let noted = sheet.tiers.iter().flat_map(|tier| {
        let notes = tier.price().map(|price| price.notes.as_slice()).unwrap_or_default();
        notes.iter().map(move |note| (note.clone(), tier))
    });
    let priced = sheet.tiers.iter().filter(|tier| tier.price().is_some()).count();
    grouped(noted)
        .into_iter()
        .map(|(note, tiers)| match label(sheet, &tiers) {
            _ if tiers.len() == priced => format!("Note: {note}."),
            some => format!("Note, {some}: {note}."),
        })
        .collect()
}

/// Tiers by what is said of them, in the order it is first said.
fn grouped<'a>(said: impl Iterator<Item = (String, &'a Tier)>) -> Vec<(String, Vec<&'a Tier>)> {
    let mut groups: Vec<(String, Vec<&Tier>)> = Vec::new();
    for (text, tier) in said {
        match groups.iter_mut().find(|(known, _)| *known == text) {
            Some((_, tiers)) => tiers.push(tier),
            None => groups.push((text, vec![tier])),
        }
    }
    groups
}

/// `tiers` in as few words as tell them apart: a curve stands for all of its tiers.
fn label(sheet: &PriceSheet, tiers: &[&Tier]) -> String {
    let curves = sheet.curve_names();
    let names =
        |of: &[&Tier]| of.iter().map(|tier| tier.name.as_str()).collect::<Vec<_>>().join(" and ");
    if curves.len() < 2 {
        return names(tiers);
    }
    let mut labels = Vec::new();
    for curve in curves {
        let here: Vec<&Tier> = tiers.iter().copied().filter(|tier| tier.curve == curve).collect();
        let all = sheet.tiers.iter().filter(|tier| tier.curve == curve).count();
        if here.len() == all {
            labels.push(curve.to_owned());
        } else if !here.is_empty() {
            labels.push(format!("{curve} {}", names(&here)));
        }
    }
    labels.join(", ")
}
