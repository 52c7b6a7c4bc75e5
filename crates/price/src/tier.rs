//! Which load point a promise buys: among the points up to the load line, the cheapest per token.

use crate::load_line_rule::LoadLineRule;
use crate::note::{CutOff, Note, Refusal};
use crate::price::Price;
use crate::settings::PriceSettings;
use farebox_core::slo::{Bound, IMPLIED_ERROR_RATE};
use farebox_core::stats::enough;
use farebox_core::{Attainment, LoadCurve, LoadLine, LoadPoint, Slo, Statistic};
use std::borrow::Cow;

/// The price of `slo` on `curve`; without a promise, the price at the highest throughput.
pub(crate) fn buy(
    curve: &LoadCurve,
    slo: Option<&Slo>,
    settings: &PriceSettings,
) -> Result<Price, Refusal> {
    let (curve, cut) = &whole(curve)?;
    let between = match settings.load_line {
        LoadLineRule::Measured => None,
        LoadLineRule::Interpolated => slo.and_then(|slo| curve.interpolated_line(slo)),
    };
    let mut allowed = match slo {
        Some(slo) => upto_load_line(curve, slo)?,
        None => billable(curve)?,
    };
    allowed.extend(&between);
    let counted: Vec<&LoadPoint> =
        allowed.iter().copied().filter(|point| !point.requests.has_uncounted_tokens()).collect();
    let point = busiest(&counted).ok_or(Refusal::UncountedTokens)?;
    let mut price = Price::at(point, curve, settings)?;
    price.load_interval = slo.and_then(|slo| curve.load_line_interval(slo));
    let left_out = allowed.len() - counted.len();
    if left_out > 0 {
        price.notes.push(Note::PointsLeftOut(left_out).to_string());
    }
    price.notes.extend(cut.iter().map(|cut| Note::CutOff(*cut).to_string()));
    price.notes.extend(slo.into_iter().flat_map(|slo| thin(point, slo)));
    if between.as_ref().is_some_and(|between| std::ptr::eq(between, point)) {
        price.notes.push(Note::Interpolated.to_string());
    }
    if curve.points.last().is_some_and(|last| std::ptr::eq(last, point)) {
        price.notes.push(Note::TopOfTheCurve(point.offered).to_string());
    }
    Ok(price)
}

/// The measured point that a promise buys; without a promise, the one of the highest throughput.
pub(crate) fn bought<'a>(
    curve: &'a LoadCurve,
    slo: Option<&Slo>,
) -> Result<&'a LoadPoint, Refusal> {
    let mut allowed = match slo {
        Some(slo) => upto_load_line(curve, slo)?,
        None => billable(curve)?,
    };
    allowed.retain(|point| cut_off(point).is_none());
    allowed.retain(|point| !point.requests.has_uncounted_tokens());
    busiest(&allowed).ok_or(Refusal::UncountedTokens)
}

/// How far a load was from its end when it was stopped; none where it was not, or where what was
/// cut off is no more than may fail under any promise.
fn cut_off(point: &LoadPoint) -> Option<CutOff> {
    let (cancelled, ok) = (point.requests.cancelled, point.requests.ok);
    let share = cancelled as f64 / (cancelled + ok).max(1) as f64;
    (share > IMPLIED_ERROR_RATE).then_some(CutOff { at: point.offered, cancelled, ok })
}

/// The curve without the loads that were cut off, and those. Fails where none is left.
fn whole(curve: &LoadCurve) -> Result<(Cow<'_, LoadCurve>, Vec<CutOff>), Refusal> {
    let cut: Vec<CutOff> = curve.points.iter().filter_map(cut_off).collect();
    match cut.first() {
        None => return Ok((Cow::Borrowed(curve), cut)),
        Some(first) if cut.len() == curve.points.len() => return Err(Refusal::CutOff(*first)),
        Some(_) => {}
    }
    let mut whole = curve.clone();
    whole.points.retain(|point| cut_off(point).is_none());
    Ok((Cow::Owned(whole), cut))
}

/// Percentiles that `slo` bounds and that rest on too few samples at `point`.
fn thin(point: &LoadPoint, slo: &Slo) -> Vec<String> {
    let too_few = |bound: Bound| {
        let Statistic::Percentile(p) = bound.statistic else { return None };
        let n = point.latency(bound.metric)?.n()?;
        let needed = enough::fewest(p);
        enough::is_thin(p, Some(n)).then(|| Note::TooFewSamples { bound, n, needed }.to_string())
    };
    slo.bounds_on(point.clock()).filter_map(too_few).collect()
}

fn upto_load_line<'a>(curve: &'a LoadCurve, slo: &Slo) -> Result<Vec<&'a LoadPoint>, Refusal> {
    match (curve.load_line(Some(slo)), curve.points.first()) {
        (LoadLine::Upto(points), _) => Ok(points.iter().collect()),
        (LoadLine::Unmet(how), Some(lowest)) => Err(Refusal::Unmet { at: lowest.offered, how }),
        (LoadLine::NoPoints, _) | (_, None) => Err(Refusal::NoPoints),
    }
}

/// The points at which no more requests fail than every promise allows.
fn billable(curve: &LoadCurve) -> Result<Vec<&LoadPoint>, Refusal> {
    let works = |point: &LoadPoint| failing(point).is_none();
    let lowest = curve.points.first().ok_or(Refusal::NoPoints)?;
    let points: Vec<&LoadPoint> = curve.points.iter().filter(|point| works(point)).collect();
    match failing(lowest) {
        Some(how) if points.is_empty() => Err(Refusal::NothingWorks { at: lowest.offered, how }),
        _ => Ok(points),
    }
}

fn failing(point: &LoadPoint) -> Option<Attainment> {
    match point.requests.error_rate() {
        None => Some(Attainment::NothingEnded),
        Some(rate) if rate > IMPLIED_ERROR_RATE => {
            Some(Attainment::Errors { rate, allowed: IMPLIED_ERROR_RATE })
        }
        Some(_) => None,
    }
}

/// The point with most tokens per second, input and output together; the lowest load among equals.
fn busiest<'a>(points: &[&'a LoadPoint]) -> Option<&'a LoadPoint> {
    let total = |point: &LoadPoint| point.input_tok_per_s + point.output_tok_per_s;
    points.iter().rev().copied().max_by(|a, b| total(a).get().total_cmp(&total(b).get()))
}
