//! Memory, and how many requests it holds.

use super::Figure;
use crate::page::spell::{billions, bytes, gib, gib_of};
use crate::page::worked::Worked;
use farebox_report::numbers::plain;

const MEMORY: &str = "vLLM's own accounting: its share of what the driver shows, less weights, \
                      activations and runtime, is cut into blocks of 16 tokens.";
pub(super) fn figures(worked: &Worked) -> Vec<Figure> {
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
            note: if m.fits {
                format!("{} in use", bytes(m.kv_bytes_total))
            } else {
                String::new()
            },
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
