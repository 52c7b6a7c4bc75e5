//! What a token must cost, promise by promise.

use super::ReportRequest;
use crate::numbers::{plain, rate, usd};
use crate::words;
use farebox_core::{Load, LoadCurve, LoadLine, LoadPoint, Slo, Tariff, UsdPerMtok};
use farebox_price::sheet::MAX_TIER;
use farebox_price::{Price, PriceSheet};
use serde::Serialize;

/// What one promise comes to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Headline {
    /// The promise's name.
    pub tier: String,
    /// The promise in words.
    pub promise: String,
    /// Whether some load keeps it.
    pub kept: bool,
    /// The figures that answer it, the most asked for first.
    pub figures: Vec<Figure>,
    /// Where that is, or why there is none.
    pub remark: String,
}

/// A figure with its name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Figure {
    /// What it is.
    pub name: String,
    /// Its value, with the unit's sign.
    pub value: String,
}

impl Headline {
    /// The whole of it as one line.
    pub fn line(&self) -> String {
        let figures: Vec<String> =
            self.figures.iter().map(|figure| format!("{} {}", figure.value, figure.name)).collect();
        if figures.is_empty() {
            return self.remark.clone();
        }
        format!("{}; {}", figures.join(", "), self.remark)
    }
}

/// One headline a promise; without promises, one for the highest throughput.
pub fn headlines(request: &ReportRequest<'_>) -> Vec<Headline> {
    let sheets = request.sheets();
    let curves = request.curves();
    let promises: Vec<Option<&Slo>> = match request.slos {
        [] => vec![None],
        slos => slos.iter().map(Some).collect(),
    };
    promises
        .into_iter()
        .map(|slo| match sheets.as_slice() {
            [] => unpriced(slo, &curves),
            sheets => priced(sheets, slo, &curves),
        })
        .collect()
}

fn promised(slo: Option<&Slo>) -> (String, String) {
    match slo {
        Some(slo) => (slo.name(), words::promise(slo)),
        None => (MAX_TIER.to_owned(), "the highest throughput, without a promise".to_owned()),
    }
}

fn priced(sheets: &[PriceSheet], slo: Option<&Slo>, curves: &[LoadCurve]) -> Headline {
    let (tier, promise) = promised(slo);
    let own = || sheets.iter().flat_map(|sheet| &sheet.tiers).filter(|own| own.name == tier);
    let blended = |price: &Price| price.usd_per_mtok_blended.get();
    let best = own()
        .filter_map(|tier| Some((tier, tier.price()?)))
        .min_by(|a, b| blended(a.1).total_cmp(&blended(b.1)));
    let Some((best, price)) = best else {
        let reasons = own().filter_map(|own| {
            let reason = own.reason()?;
            Some(match curves {
                [_] => reason.to_owned(),
                _ => format!("{}: {reason}", own.curve),
            })
        });
        let remark = format!("no price: {}", reasons.collect::<Vec<_>>().join("; "));
        return Headline { tier, promise, kept: false, figures: Vec::new(), remark };
    };
    let of = if curves.len() > 1 { format!("{}, ", best.curve) } else { String::new() };
    Headline {
        tier,
        promise,
        kept: true,
        figures: money(price),
        remark: format!("{of}{}", there(price)),
    }
}

fn money(price: &Price) -> Vec<Figure> {
    vec![per_mtok("output", price.usd_per_mtok_output), per_mtok("input", price.usd_per_mtok_input)]
}

/// What somebody charges, as far as it is published.
fn charged(tariff: &Tariff) -> Vec<Figure> {
    let output = tariff.usd_per_mtok_output.map(|price| per_mtok("output", price));
    let input = tariff.usd_per_mtok_input.map(|price| per_mtok("input", price));
    output.into_iter().chain(input).collect()
}

fn per_mtok(kind: &str, price: UsdPerMtok) -> Figure {
    Figure { name: format!("per million {kind} tokens"), value: format!("${}", usd(price.get())) }
}

/// Where the price was found, and how sure it is.
fn there(price: &Price) -> String {
    let blended = usd(price.usd_per_mtok_blended.get());
    let sure = price.interval.map_or(String::new(), |interval| {
        format!(" (95 %: {} to {})", usd(interval.low), usd(interval.high))
    });
    let output = rate(price.output_tok_per_s.get());
    let copies =
        if price.replicas > 1 { format!(" on {} replicas", price.replicas) } else { String::new() };
    format!("at {}{copies}, {output} output tok/s; blended ${blended}{sure}", load(price.load))
}

fn load(load: Load) -> String {
    format!("{} {}", load.kind.name(), plain(load.value))
}

/// Without a price, the load and the throughput are what there is to say.
fn unpriced(slo: Option<&Slo>, curves: &[LoadCurve]) -> Headline {
    let (tier, promise) = promised(slo);
    let output = |point: &LoadPoint| point.output_tok_per_s.get();
    let best = curves
        .iter()
        .filter_map(|curve| Some((curve, highest(curve, slo)?)))
        .max_by(|a, b| output(a.1).total_cmp(&output(b.1)));
    let Some((curve, point)) = best else {
        let how = curves.iter().map(|curve| match curve.load_line(slo) {
            LoadLine::Unmet(how) => format!("{}: {how}", curve.name),
            LoadLine::Upto(_) | LoadLine::NoPoints => format!("{}: no load points", curve.name),
        });
        let remark = format!("not kept: {}", how.collect::<Vec<_>>().join("; "));
        return Headline { tier, promise, kept: false, figures: Vec::new(), remark };
    };
    let of = if curves.len() > 1 { format!("{}, ", curve.name) } else { String::new() };
    let at = format!("{of}at {}", load(point.offered.load()));
    let served = rate(output(point));
    let (figures, remark) = if let Some(tariff) = &curve.deployment.tariff {
        let Tariff { id, as_of, .. } = tariff.as_ref();
        let said = format!("{at}, {served} output tok/s; charged by {id} as of {as_of}");
        (charged(tariff), said)
    } else {
        let name = "output tokens per second".to_owned();
        (vec![Figure { name, value: served }], format!("{at}; what a token costs is unknown"))
    };
    Headline { tier, promise, kept: true, figures, remark }
}

/// The load line's point; without a promise, the busiest.
fn highest<'a>(curve: &'a LoadCurve, slo: Option<&Slo>) -> Option<&'a LoadPoint> {
    match slo {
        Some(_) => curve.load_line(slo).point(),
        None => curve
            .points
            .iter()
            .max_by(|a, b| a.output_tok_per_s.get().total_cmp(&b.output_tok_per_s.get())),
    }
}
