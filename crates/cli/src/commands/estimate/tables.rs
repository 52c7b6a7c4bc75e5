//! Many estimates as a table, and the words that it shares with the card of one.

use super::Answer;
use farebox_calculator::{EstimateDocument, ModelFigures, System, WorkloadFigures};
use farebox_estimate::Bound;
use farebox_report::grid::{Cell, Column, Grid};
use farebox_report::numbers::{ms, rate, usd};

/// A column of the table: its head, its unit, and what it shows of an answer.
struct Shown {
    column: Column,
    cell: fn(&Answer) -> Option<String>,
    /// Whether it stands there even if every row says the same.
    always: bool,
}

/// Many estimates, a row each; what all of them share is told once, below.
pub(super) fn table(answers: &[Answer]) -> Grid {
    let told = |shown: &Shown| {
        let mut cells = answers.iter().filter_map(shown.cell);
        let first = cells.next();
        shown.always || cells.any(|cell| Some(cell) != first)
    };
    let shown: Vec<Shown> = columns().into_iter().filter(told).collect();
    let row = |answer: &Answer| shown.iter().map(|s| Cell::text((s.cell)(answer))).collect();
    let rows = answers.iter().map(row).collect();
    Grid { columns: shown.into_iter().map(|s| s.column).collect(), rows, footers: shared(answers) }
}

fn columns() -> Vec<Shown> {
    let varied = |column, cell| Shown { column, cell, always: false };
    let always = |column, cell| Shown { column, cell, always: true };
    let count = |title: &str| Column::numbers(title, "");
    vec![
        always(Column::words("gpu"), |a| Some(a.machine.gpu.id.clone())),
        always(count("tp"), |a| Some(a.machine.parallel.tp.to_string())),
        varied(count("pp"), |a| Some(a.machine.parallel.pp.to_string())),
        varied(count("ep"), |a| Some(a.machine.parallel.ep.to_string())),
        varied(count("dp"), |a| Some(a.machine.parallel.dp.to_string())),
        varied(count("replicas"), |a| Some(a.machine.parallel.replicas.to_string())),
        always(Column::words("precision"), |a| document(a).map_or_else(|| asked(a), precision)),
        varied(Column::words("kv"), |a| Some(a.machine.kv.to_string())),
        varied(count("isl"), |a| document(a).map(|d| d.workload.isl.to_string())),
        varied(count("osl"), |a| document(a).map(|d| d.workload.osl.to_string())),
        always(count("load"), |a| document(a).map(|d| load(&d.workload))),
        always(Column::numbers("weights", "GiB/GPU"), |a| {
            document(a).map(|d| format!("{:.1}", d.memory.weights_bytes_per_gpu as f64 / GIB))
        }),
        always(count("max load"), |a| document(a).map(|d| d.memory.max_concurrency.to_string())),
        varied(count("waiting"), |a| document(a)?.system.map(|s| waiting(&s))),
        always(Column::numbers("ttft", "ms"), |a| Some(ms(document(a)?.prefill?.ttft_ms))),
        always(Column::numbers("tpot", "ms"), |a| Some(ms(document(a)?.decode?.tpot_ms))),
        always(Column::numbers("output", "tok/s"), |a| {
            Some(rate(document(a)?.system?.output_tok_per_s))
        }),
        always(Column::numbers("blended", "$/Mtok"), |a| {
            Some(usd(document(a)?.price.as_ref()?.usd_per_mtok_blended))
        }),
        always(Column::words("bound"), |a| {
            let document = document(a);
            let bound = document.and_then(|d| d.decode.map(|decode| decode.bound));
            let bound = bound.or_else(|| Some(document?.prefill?.bound));
            Some(bound.map_or_else(|| status(a), |bound| word(bound).to_owned()))
        }),
    ]
}

fn document(answer: &Answer) -> Option<&EstimateDocument> {
    answer.outcome.as_ref().ok()
}

/// What the weights are, asked for or as stored.
fn precision(document: &EstimateDocument) -> Option<String> {
    document.deployment.pools.first()?.precision.clone()
}

/// The precision that was asked for where no answer says what it came to.
fn asked(answer: &Answer) -> Option<String> {
    Some(answer.machine.precision?.to_string())
}

/// What all rows share, and whose prices they are.
fn shared(answers: &[Answer]) -> Vec<String> {
    let Some(first) = answers.iter().find_map(document) else { return Vec::new() };
    let mut footers = vec![format!(
        "{}; load is requests in flight, batch or requests/s; max load is what the KV cache of a \
         replica holds; waiting are those in flight for which it has no room; bound is \
         that of decode.",
        model(first)
    )];
    let same = |of: fn(&WorkloadFigures) -> u32| {
        answers.iter().filter_map(document).all(|d| of(&d.workload) == of(&first.workload))
    };
    if same(|w| w.isl) && same(|w| w.osl) {
        let WorkloadFigures { isl, osl, .. } = first.workload;
        footers.push(format!("{isl} tokens in, {osl} out."));
    }
    let mut sources: Vec<&str> = Vec::new();
    for price in answers.iter().filter_map(document).filter_map(|d| d.price.as_ref()) {
        if !sources.contains(&price.source.as_str()) {
            sources.push(&price.source);
        }
    }
    footers.extend(sources.into_iter().map(|source| format!("Priced by {source}.")));
    let mut notes: Vec<&String> =
        answers.iter().filter_map(document).flat_map(|d| &d.notes).collect();
    notes.dedup();
    footers.extend(notes.iter().take(MOST_NOTES).map(|note| format!("! {note}")));
    if let Some(more) = notes.len().checked_sub(MOST_NOTES).filter(|more| *more > 0) {
        footers.push(format!("! {more} more in --format json, under `notes`."));
    }
    footers
}

/// Requests in flight that wait for room in the caches.
fn waiting(system: &System) -> String {
    format!("{:.1}", (system.in_flight - system.admitted).max(0.0))
}

/// The load in words short enough for a column.
fn load(workload: &WorkloadFigures) -> String {
    let WorkloadFigures { concurrency, batch, request_rate_per_s, .. } = workload;
    match (concurrency, batch, request_rate_per_s) {
        (Some(n), ..) => n.to_string(),
        (None, Some(n), _) => format!("batch {n}"),
        (None, None, Some(rate)) => format!("{rate}/s"),
        (None, None, None) => String::new(),
    }
}

/// Why it does not fit, and by how much.
pub(super) fn misfit(document: &EstimateDocument) -> String {
    let memory = &document.memory;
    format!(
        "{} does not fit: {} short on each accelerator",
        document.model.id,
        gib(memory.short_bytes_per_gpu)
    )
}

/// `ok`, or why there is no estimate.
pub(super) fn status(answer: &Answer) -> String {
    match &answer.outcome {
        Err(error) => error.to_string(),
        Ok(document) if document.memory.fits => "ok".to_owned(),
        Ok(document) => format!("{} short", gib(document.memory.short_bytes_per_gpu)),
    }
}

/// A model with its size.
pub(super) fn model(document: &EstimateDocument) -> String {
    let ModelFigures { id, params_total, params_active, .. } = &document.model;
    format!("{id} ({} parameters, {} active)", billions(*params_total), billions(*params_active))
}

fn billions(params: u64) -> String {
    match params as f64 {
        n if n >= 1e9 => format!("{:.2}B", n / 1e9),
        n => format!("{:.1}M", n / 1e6),
    }
}

/// Most notes under one table.
const MOST_NOTES: usize = 4;

const GIB: f64 = 1_073_741_824.0;

pub(super) fn gib(bytes: u64) -> String {
    format!("{:.2} GiB", bytes as f64 / GIB)
}

/// The word for what limits a phase.
pub(super) fn word(bound: Bound) -> &'static str {
    match bound {
        Bound::Compute => "compute",
        Bound::Memory => "memory",
        Bound::Network => "network",
        Bound::Overhead => "overhead",
    }
}
