//! What a request sees, and what the machine serves.

use super::Figure;
use crate::page::spell::{bound, error};
use crate::page::worked::Worked;
use farebox_calculator::{Decode, Prefill, System};
use farebox_estimate::Estimate;
use farebox_report::numbers::{ms, plain, rate};

const ROOFLINE: &str = "A roofline per class of operator (Williams, Waterman and Patterson 2009) \
                        with fixed costs per layer, step and sequence, fitted to published \
                        measurements: docs/estimates.md.";
const LITTLE: &str = "Little's law: requests in flight = requests per second x seconds each.";
pub(super) fn latency(
    worked: &Worked,
    estimate: &Estimate,
    (prefill, decode, system): (Prefill, Option<Decode>, System),
) -> Vec<Figure> {
    let accuracy = &worked.document.accuracy;
    let alone = estimate.prefill.seconds() * 1e3;
    let step = estimate.decode.seconds() * 1e3;
    let batch = plain(round(estimate.batch));
    let osl = worked.question.lengths.osl;
    let ttft = Figure {
        id: "ttft",
        name: "Time to first token",
        value: ms(prefill.ttft_ms),
        unit: "ms",
        note: joined(&[bound(prefill.bound), &error(accuracy.ttft_median_ape_pct)]),
        formula: "prefill of the prompt + what it waits for: other prompts, the running step, \
                  room in the cache"
            .to_owned(),
        values: format!(
            "{} ms of prefill + {} ms of waiting, {batch} requests to a step",
            ms(alone),
            ms((prefill.ttft_ms - alone).max(0.0))
        ),
        source: ROOFLINE,
    };
    let tpot = |decode: Decode| Figure {
        id: "tpot",
        name: "Time per output token",
        value: ms(decode.tpot_ms),
        unit: "ms",
        note: joined(&[bound(decode.bound), &error(accuracy.tpot_median_ape_pct)]),
        formula: "one step of decode + the prefills that come between".to_owned(),
        values: format!(
            "a step of {batch} requests: {} ms; between steps: {} ms",
            ms(step),
            ms((decode.tpot_ms - step).max(0.0))
        ),
        source: ROOFLINE,
    };
    let e2e = Figure {
        id: "e2e",
        name: "Whole answer",
        value: ms(system.e2e_ms),
        unit: "ms",
        note: "send to last token".to_owned(),
        formula: "TTFT + (osl - 1) x TPOT".to_owned(),
        values: format!(
            "{} ms + {} x {} ms",
            ms(prefill.ttft_ms),
            plain(f64::from(osl.saturating_sub(1))),
            ms(decode.map_or(0.0, |decode| decode.tpot_ms))
        ),
        source: "The definitions of TTFT and TPOT.",
    };
    [Some(ttft), decode.map(tpot), Some(e2e)].into_iter().flatten().collect()
}

pub(super) fn throughput(
    worked: &Worked,
    (decode, system): (Option<Decode>, System),
) -> Vec<Figure> {
    let parallel = worked.machine.parallel;
    let lengths = worked.question.lengths;
    let off = error(worked.document.accuracy.throughput_median_ape_pct);
    let per_request = decode.map(|decode| Figure {
        id: "per_request",
        name: "A request sees",
        value: rate(decode.output_tok_per_s_per_request),
        unit: "tok/s",
        note: String::new(),
        formula: "1000 / TPOT".to_owned(),
        values: format!("1000 / {} ms", ms(decode.tpot_ms)),
        source: "The definition of TPOT.",
    });
    let system = [
        Figure {
            id: "per_replica",
            name: "A replica serves",
            value: rate(system.output_tok_per_s / f64::from(parallel.replicas)),
            unit: "output tok/s",
            note: String::new(),
            formula: "system / replicas".to_owned(),
            values: format!("{} / {}", rate(system.output_tok_per_s), parallel.replicas),
            source: LITTLE,
        },
        Figure {
            id: "system",
            name: "The system serves",
            value: rate(system.output_tok_per_s),
            unit: "output tok/s",
            note: off,
            formula: "requests per second x osl".to_owned(),
            values: format!("{} x {}", rate(system.requests_per_s), plain(f64::from(lengths.osl))),
            source: LITTLE,
        },
        Figure {
            id: "total",
            name: "Read and written",
            value: rate(system.total_tok_per_s),
            unit: "tok/s",
            note: format!("{} requests/s", rate(system.requests_per_s)),
            formula: "requests per second x (isl + osl)".to_owned(),
            values: format!(
                "{} x {}",
                rate(system.requests_per_s),
                plain(f64::from(lengths.isl) + f64::from(lengths.osl))
            ),
            source: LITTLE,
        },
    ];
    per_request.into_iter().chain(system).collect()
}

fn joined(parts: &[&str]) -> String {
    parts.iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join(", ")
}

fn round(x: f64) -> f64 {
    (x * 10.0).round() / 10.0
}
