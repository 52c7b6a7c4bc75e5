//! What there is to say about an answer. Every figure in a sentence comes from the answer.

use super::Spell;
use super::preset::{Answered, estimate};
use crate::EstimateDocument;
use farebox_catalog::Catalogue;
use farebox_catalog::hosted::ApiModel;
use farebox_estimate::Bound;

/// Widths tried when looking for another machine.
const WIDTHS: [u32; 4] = [1, 2, 4, 8];
const GIB: f64 = 1_073_741_824.0;

/// About a machine: what binds it, whether it fits and what would, and whether another is cheaper.
pub(super) fn of_machine(answered: &Answered, catalogue: &Catalogue, usd: Spell) -> Vec<String> {
    let others = others(answered, catalogue);
    let document = &answered.document;
    let mut lines = vec![room(document)];
    match (document.prefill, document.decode) {
        (Some(prefill), Some(decode)) => {
            lines.push(format!(
                "The first token is bound by {}, the others by {}.",
                word(prefill.bound),
                word(decode.bound)
            ));
            lines.extend(cheaper(document, &others, usd));
        }
        _ => lines.extend(smallest(&others, usd)),
    }
    if let Some(price) = &document.price {
        lines.push(format!("Priced by {}.", price.source));
    }
    lines
}

/// About a hosted model: how old its price is, and whether it is still served.
pub(super) fn of_hosted(model: &ApiModel) -> Vec<String> {
    let mut lines = vec![format!("Prices as of {}, from {}.", model.as_of, model.source)];
    lines.extend(retirement(model));
    lines
}

/// Another machine and what it would do.
struct Other {
    name: String,
    document: EstimateDocument,
}

/// Every priced accelerator of the catalogue at every width at which the model fits.
fn others(answered: &Answered, catalogue: &Catalogue) -> Vec<Other> {
    let Ok(accelerators) = catalogue.accelerators() else { return Vec::new() };
    let machines = accelerators.iter().flat_map(|gpu| WIDTHS.map(|tp| (gpu, tp)));
    let mut others = Vec::new();
    for (gpu, tp) in machines {
        let question = (answered.lengths, answered.concurrency);
        let machine = (gpu, tp, answered.precision);
        let Ok(document) = estimate(&answered.model, machine, question, catalogue) else {
            continue;
        };
        let same = gpu.id == answered.gpu.id && Some(tp) == width(&answered.document);
        if document.memory.fits && document.price.is_some() && !same {
            others.push(Other { name: named(tp, &gpu.id, &document), document });
        }
    }
    others
}

/// So many accelerators, and how many are rented where that is more.
fn named(tp: u32, gpu: &str, document: &EstimateDocument) -> String {
    match document.price.as_ref().map(|price| price.gpus_billed) {
        Some(billed) if billed > tp => format!("{tp} x {gpu} ({billed} billed)"),
        _ => format!("{tp} x {gpu}"),
    }
}

fn width(document: &EstimateDocument) -> Option<u32> {
    document.deployment.pools.first().map(|pool| pool.tp)
}

fn room(document: &EstimateDocument) -> String {
    let memory = &document.memory;
    let weights = memory.weights_bytes_per_gpu as f64 / GIB;
    if memory.fits {
        return format!(
            "Weights take {weights:.1} GiB of each accelerator; what is left holds {} such requests.",
            memory.max_concurrency
        );
    }
    let short = memory.short_bytes_per_gpu as f64 / GIB;
    format!(
        "It does not fit: weights take {weights:.1} GiB of each accelerator, {short:.1} GiB too much."
    )
}

/// The cheapest machine that is no slower in either latency.
fn cheaper(document: &EstimateDocument, others: &[Other], usd: Spell) -> Option<String> {
    let blended = |d: &EstimateDocument| d.price.as_ref().map(|p| p.usd_per_mtok_blended);
    let latency = |d: &EstimateDocument| Some((d.prefill?.ttft_ms, d.decode?.tpot_ms));
    let (ttft, tpot) = latency(document)?;
    let as_fast = |d: &EstimateDocument| latency(d).is_some_and(|(a, b)| a <= ttft && b <= tpot);
    let own = blended(document)?;
    let best = others.iter().filter(|other| as_fast(&other.document)).min_by(|a, b| {
        blended(&a.document)
            .unwrap_or(f64::MAX)
            .total_cmp(&blended(&b.document).unwrap_or(f64::MAX))
    })?;
    let price = blended(&best.document)?;
    Some(if price < own {
        format!(
            "{} would be no slower and cheaper: {} $/Mtok instead of {}.",
            best.name,
            usd(price),
            usd(own)
        )
    } else {
        format!(
            "No priced machine of the catalogue is as fast and cheaper than {} $/Mtok.",
            usd(own)
        )
    })
}

/// The machine with the lowest hourly price on which it fits.
fn smallest(others: &[Other], usd: Spell) -> Option<String> {
    let hourly =
        |other: &Other| other.document.price.as_ref().map_or(f64::MAX, |p| p.usd_per_hour_total);
    let best = others.iter().min_by(|a, b| hourly(a).total_cmp(&hourly(b)))?;
    Some(format!(
        "The cheapest machine on which it fits is {}, at {} $/h.",
        best.name,
        usd(hourly(best))
    ))
}

/// When its provider takes it off. No word of today: a scenario is the same on every day.
pub fn retirement(model: &ApiModel) -> Option<String> {
    model.retired_on.map(|on| format!("Its provider's date of retirement: {on}."))
}

/// The word for what limits a phase.
fn word(bound: Bound) -> &'static str {
    match bound {
        Bound::Compute => "compute",
        Bound::Memory => "memory",
        Bound::Network => "network",
        Bound::Overhead => "overhead",
    }
}
