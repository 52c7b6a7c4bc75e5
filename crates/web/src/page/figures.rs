//! The figures of an answer. Each says how it comes about: formula, values, source.

use super::spell::{billions, bound, bytes, error, gib, gib_of};
use super::worked::Worked;
use farebox_estimate::Estimate;
use farebox_experiment::estimate::{Decode, EstimatedPrice, Prefill, System};
use farebox_report::numbers::{dollars, ms, plain, rate, usd};
use serde::Serialize;

/// Figures that belong together.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Group {
    pub(super) title: &'static str,
    pub(super) figures: Vec<Figure>,
}

/// One figure.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Figure {
    pub(super) id: &'static str,
    pub(super) name: &'static str,
    pub(super) value: String,
    pub(super) unit: &'static str,
    pub(super) note: String,
    /// How it is computed, in words and letters.
    pub(super) formula: String,
    /// The same with values.
    pub(super) values: String,
    /// Where the rule comes from.
    pub(super) source: &'static str,
}

const MEMORY: &str = "vLLM's own accounting: its share of what the driver shows, less weights, \
                      activations and runtime, is cut into blocks of 16 tokens.";
const ROOFLINE: &str = "A roofline per class of operator (Williams, Waterman and Patterson 2009) \
                        with fixed costs per layer, step and sequence, fitted to published \
                        measurements: docs/estimates.md.";
const LITTLE: &str = "Little's law: requests in flight = requests per second x seconds each.";
const PRICE: &str = "The machine's cost is spread over its tokens by the time that each phase \
                     takes; revenue equals cost: INVARIANTS.md, 1.";

/// Every figure of `worked`.
pub(super) fn groups(worked: &Worked) -> Vec<Group> {
    let mut groups = vec![Group { title: "Memory and batching", figures: memory(worked) }];
    let document = &worked.document;
    let parts = (&worked.estimate, document.prefill, document.decode, document.system);
    if let (Some(estimate), Some(prefill), Some(decode), Some(system)) = parts {
        let figures = [
            latency(worked, estimate, (prefill, decode, system)),
            throughput(worked, (decode, system)),
        ];
        groups.push(Group { title: "Performance", figures: figures.concat() });
        if let Some(price) = &document.price {
            groups.push(Group { title: "Economics", figures: money(worked, price, system) });
        }
    }
    groups
}

fn memory(worked: &Worked) -> Vec<Figure> {
    let m = &worked.document.memory;
    let model = &worked.document.model;
    let parallel = worked.machine.parallel;
    let gpus = parallel.gpus_per_replica();
    let lengths = worked.question.lengths;
    let longest = u64::from(lengths.isl) + u64::from(lengths.osl);
    let left = m.usable_bytes_per_gpu as f64
        - m.weights_bytes_per_gpu as f64
        - m.overhead_bytes_per_gpu as f64;
    vec![
        Figure {
            id: "max_concurrency",
            name: "Requests at once",
            value: plain(m.max_concurrency as f64),
            unit: "per replica",
            note: format!("{} tokens of KV cache", plain(m.kv_capacity_tokens as f64)),
            formula: "floor((usable - weights - overhead) / cache of one request) x dp".to_owned(),
            values: format!(
                "usable {} - weights {} - overhead {} leaves {} of each GPU for requests of {} tokens",
                gib(m.usable_bytes_per_gpu),
                gib(m.weights_bytes_per_gpu),
                gib(m.overhead_bytes_per_gpu),
                gib_of(left),
                plain(longest as f64),
            ),
            source: MEMORY,
        },
        Figure {
            id: "weights",
            name: "Weights",
            value: gib(m.weights_bytes_total),
            unit: "in all",
            note: format!("{} on each GPU", gib(m.weights_bytes_per_gpu)),
            formula: "sum over tensors of parameters x bytes of their format; cut over tp x pp"
                .to_owned(),
            values: format!(
                "{} parameters ({} active per token), cut over {gpus}",
                billions(model.params_total),
                billions(model.params_active)
            ),
            source: "Counted from config.json, tensor by tensor: INVARIANTS.md, 11.",
        },
        Figure {
            id: "kv_per_token",
            name: "KV cache of a token",
            value: bytes(m.kv_bytes_per_token),
            unit: "",
            note: format!("{} in use by all requests", bytes(m.kv_bytes_total)),
            formula:
                "sum over layers of what the architecture keeps x bytes of the format; copies \
                      over tp counted"
                    .to_owned(),
            values: format!(
                "{} layers, {}, {} GPUs",
                worked.model.layers.len(),
                worked.machine.kv,
                gpus
            ),
            source: MEMORY,
        },
        Figure {
            id: "gpus",
            name: "GPUs",
            value: plain(parallel.gpus() as f64),
            unit: "in all",
            note: format!("{} x {gpus} ({})", parallel.replicas, worked.machine.gpu.name),
            formula: "tp x pp x dp x replicas".to_owned(),
            values: format!(
                "{} x {} x {} x {}",
                parallel.tp, parallel.pp, parallel.dp, parallel.replicas
            ),
            source: "What was asked.",
        },
    ]
}

fn latency(
    worked: &Worked,
    estimate: &Estimate,
    (prefill, decode, system): (Prefill, Decode, System),
) -> Vec<Figure> {
    let accuracy = &worked.document.accuracy;
    let alone = estimate.prefill.seconds() * 1e3;
    let step = estimate.decode.seconds() * 1e3;
    let batch = plain(round(estimate.batch));
    let osl = worked.question.lengths.osl;
    vec![
        Figure {
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
        },
        Figure {
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
        },
        Figure {
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
                ms(decode.tpot_ms)
            ),
            source: "The definitions of TTFT and TPOT.",
        },
    ]
}

fn throughput(worked: &Worked, (decode, system): (Decode, System)) -> Vec<Figure> {
    let parallel = worked.machine.parallel;
    let lengths = worked.question.lengths;
    let off = error(worked.document.accuracy.throughput_median_ape_pct);
    vec![
        Figure {
            id: "per_request",
            name: "A request sees",
            value: rate(decode.output_tok_per_s_per_request),
            unit: "tok/s",
            note: String::new(),
            formula: "1000 / TPOT".to_owned(),
            values: format!("1000 / {} ms", ms(decode.tpot_ms)),
            source: "The definition of TPOT.",
        },
        Figure {
            id: "per_replica",
            name: "A replica serves",
            value: rate(decode.output_tok_per_s_per_replica),
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
    ]
}

fn money(worked: &Worked, price: &EstimatedPrice, system: System) -> Vec<Figure> {
    let second = price.usd_per_hour_total / 3600.0;
    let input_rate = system.total_tok_per_s - system.output_tok_per_s;
    let share = price.usd_per_mtok_input * input_rate / 1e6 / second;
    let lengths = worked.question.lengths;
    let spread = |share: f64, tokens: f64| {
        format!("${} /s x {:.1} % / {} tok/s", usd(second), share * 100.0, rate(tokens))
    };
    vec![
        Figure {
            id: "usd_input",
            name: "Input",
            value: format!("${}", usd(price.usd_per_mtok_input)),
            unit: "per Mtok",
            note: String::new(),
            formula: "cost per second x share of time in prefill / input tokens per second"
                .to_owned(),
            values: spread(share, input_rate),
            source: PRICE,
        },
        Figure {
            id: "usd_output",
            name: "Output",
            value: format!("${}", usd(price.usd_per_mtok_output)),
            unit: "per Mtok",
            note: String::new(),
            formula: "cost per second x share of time in decode / output tokens per second"
                .to_owned(),
            values: spread(1.0 - share, system.output_tok_per_s),
            source: PRICE,
        },
        Figure {
            id: "usd_request",
            name: "A request",
            value: format!("${}", usd(price.usd_per_request)),
            unit: "",
            note: format!("${} per Mtok of either", usd(price.usd_per_mtok_blended)),
            formula: "(isl x input + osl x output) / 1,000,000".to_owned(),
            values: format!(
                "({} x ${} + {} x ${}) / 1,000,000",
                plain(f64::from(lengths.isl)),
                usd(price.usd_per_mtok_input),
                plain(f64::from(lengths.osl)),
                usd(price.usd_per_mtok_output)
            ),
            source: PRICE,
        },
        Figure {
            id: "usd_hour",
            name: "The machine",
            value: format!("${}", dollars(price.usd_per_hour_total)),
            unit: "per hour",
            note: priced_by(&price.source),
            formula: "GPUs billed x price of one".to_owned(),
            values: format!("{} x ${}", price.gpus_billed, dollars(price.usd_per_gpu_hour)),
            source: "Typed, or the catalogue's offer with its date.",
        },
    ]
}

/// Typed prices name their flag; here it was a field.
fn priced_by(source: &str) -> String {
    if source.starts_with("--") { "as typed".to_owned() } else { source.to_owned() }
}

fn joined(parts: &[&str]) -> String {
    parts.iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join(", ")
}

fn round(x: f64) -> f64 {
    (x * 10.0).round() / 10.0
}
