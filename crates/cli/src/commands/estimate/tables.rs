//! Estimates for people: a card for one, a table for many.

use super::Answer;
use super::machines::Machine;
use farebox_estimate::Bound;
use farebox_experiment::estimate::EstimateDocument;
use farebox_report::grid::{Cell, Column, Grid};
use farebox_report::numbers::{ms, rate, usd};

/// One estimate, a line per figure, with what binds it and how wrong it may be.
pub(super) fn card(document: &EstimateDocument) -> Grid {
    let mut rows = Vec::new();
    let mut line = |what: &str, value: String, why: String| {
        rows.push(vec![Cell::Text(what.to_owned()), Cell::Text(value), Cell::Text(why)]);
    };
    let memory = &document.memory;
    line("weights", gib(memory.weights_bytes_per_gpu), "per GPU".to_owned());
    line("overhead", gib(memory.overhead_bytes_per_gpu), "per GPU".to_owned());
    line("KV cache holds", memory.kv_capacity_tokens.to_string(), "tokens".to_owned());
    line("", memory.max_concurrency.to_string(), "requests of this length".to_owned());
    let off = |ape: Option<f64>| ape.map_or(String::new(), |ape| format!(", ±{ape:.0} % typical"));
    let accuracy = &document.accuracy;
    if let (Some(prefill), Some(decode), Some(system)) =
        (document.prefill, document.decode, document.system)
    {
        let bound = |bound: Bound| format!("{} bound", word(bound));
        line(
            "TTFT",
            ms(prefill.ttft_ms) + " ms",
            bound(prefill.bound) + &off(accuracy.ttft_median_ape_pct),
        );
        line(
            "TPOT",
            ms(decode.tpot_ms) + " ms",
            bound(decode.bound) + &off(accuracy.tpot_median_ape_pct),
        );
        line("E2E", ms(system.e2e_ms) + " ms", String::new());
        line(
            "a request sees",
            rate(decode.output_tok_per_s_per_request) + " tok/s",
            "output".to_owned(),
        );
        line(
            "the system serves",
            rate(system.output_tok_per_s) + " tok/s",
            "output".to_owned() + &off(accuracy.throughput_median_ape_pct),
        );
        line("", rate(system.requests_per_s) + " req/s", String::new());
    }
    if let Some(price) = &document.price {
        line("input", usd(price.usd_per_mtok_input) + " $/Mtok", String::new());
        line("output", usd(price.usd_per_mtok_output) + " $/Mtok", String::new());
        line(
            "either",
            usd(price.usd_per_mtok_blended) + " $/Mtok",
            format!("recovery {:.2}", price.recovery),
        );
    }
    Grid {
        columns: vec![Column::words("figure"), Column::numbers("value", ""), Column::words("")],
        rows,
        footers: footers(document),
    }
}

/// Many estimates, a row each.
pub(super) fn table(answers: &[Answer]) -> Grid {
    let columns = [
        ("gpu", ""),
        ("tp", ""),
        ("precision", ""),
        ("load", ""),
        ("weights", "GiB/GPU"),
        ("max load", ""),
        ("ttft", "ms"),
        ("tpot", "ms"),
        ("output", "tok/s"),
        ("blended", "$/Mtok"),
        ("bound", ""),
    ];
    let column = |(title, unit): (&str, &str)| match title {
        "gpu" | "precision" | "bound" => Column::words(title),
        _ => Column::numbers(title, unit),
    };
    Grid {
        columns: columns.into_iter().map(column).collect(),
        rows: answers.iter().map(row).collect(),
        footers: Vec::new(),
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

fn row(answer: &Answer) -> Vec<Cell> {
    let document = answer.outcome.as_ref().ok();
    let show = |value: Option<String>| Cell::text(value);
    let system = document.and_then(|d| d.system);
    let decode = document.and_then(|d| d.decode);
    let memory = document.map(|d| d.memory);
    let verdict = decode.map_or_else(|| status(answer), |decode| word(decode.bound).to_owned());
    let Machine { gpu, parallel, precision, .. } = &answer.machine;
    vec![
        Cell::Text(gpu.id.clone()),
        Cell::Text(parallel.tp.to_string()),
        Cell::Text(precision.map_or("checkpoint".to_owned(), |p| p.to_string())),
        show(document.map(|d| d.workload.concurrency.to_string())),
        show(memory.map(|m| format!("{:.1}", m.weights_bytes_per_gpu as f64 / GIB))),
        show(memory.map(|m| m.max_concurrency.to_string())),
        show(document.and_then(|d| d.prefill).map(|p| ms(p.ttft_ms))),
        show(decode.map(|d| ms(d.tpot_ms))),
        show(system.map(|s| rate(s.output_tok_per_s))),
        show(document.and_then(|d| d.price.as_ref()).map(|p| usd(p.usd_per_mtok_blended))),
        Cell::Text(verdict),
    ]
}

fn footers(document: &EstimateDocument) -> Vec<String> {
    let pool = document.deployment.pools.first();
    let gpu = pool.and_then(|pool| pool.gpu.clone()).unwrap_or_default();
    let mut footers = vec![format!(
        "{} ({:.2}e9 parameters, {:.2}e9 active) on {} x {gpu}; {} in, {} out, {} in flight.",
        document.model.id,
        document.model.params_total as f64 / 1e9,
        document.model.params_active as f64 / 1e9,
        document.deployment.gpus().unwrap_or(1),
        document.workload.isl,
        document.workload.osl,
        document.workload.concurrency,
    )];
    footers.push(format!(
        "Typical errors are medians on configurations that were not fitted, {}.",
        document.accuracy.basis
    ));
    if let Some(price) = &document.price {
        footers.push(format!(
            "Machine: {} ({}).",
            farebox_report::numbers::dollars(price.usd_per_hour_total) + " $/h",
            price.source
        ));
    }
    footers.extend(document.model.notes.iter().map(|note| format!("Note: {note}")));
    footers
}

const GIB: f64 = 1_073_741_824.0;

fn gib(bytes: u64) -> String {
    format!("{:.2} GiB", bytes as f64 / GIB)
}

/// The word for what limits a phase.
pub(crate) fn word(bound: Bound) -> &'static str {
    match bound {
        Bound::Compute => "compute",
        Bound::Memory => "memory",
        Bound::Network => "network",
        Bound::Overhead => "overhead",
    }
}
