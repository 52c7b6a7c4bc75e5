//! What stands in an answer: every field by its path. A test holds real answers against it.

pub(super) mod runs;

use serde_json::{Map, Value, json};

/// One field: its path with dots, `[]` behind a list, and what it holds.
pub(super) type Field = (&'static str, Holds);

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Holds {
    Text,
    Number,
    Whole,
    Flag,
    /// A number, or null where it is unknown.
    Known,
    /// A text, or null.
    Said,
    /// Always null.
    Nothing,
    /// Anything: another schema says what.
    Other,
    /// The same, or null.
    Maybe,
    /// A time and a value.
    Pair,
}

use Holds::{Flag, Known, Maybe, Nothing, Number, Other, Pair, Said, Text, Whole};

/// `farebox.estimate/1` of a machine.
pub(super) const ESTIMATE: [Field; 74] = [
    ("schema", Text),
    ("model.id", Text),
    ("model.params_total", Whole),
    ("model.params_active", Whole),
    ("model.params_active_with_embedding", Whole),
    ("model.context_length", Known),
    ("model.notes[]", Text),
    ("deployment.kind", Text),
    ("deployment.model", Text),
    ("deployment.engine", Text),
    ("deployment.pools[].role", Text),
    ("deployment.pools[].gpu", Text),
    ("deployment.pools[].gpus", Whole),
    ("deployment.pools[].tp", Whole),
    ("deployment.pools[].pp", Whole),
    ("deployment.pools[].ep", Whole),
    ("deployment.pools[].dp", Whole),
    ("deployment.pools[].replicas", Whole),
    ("deployment.pools[].precision", Text),
    ("deployment.pools[].kv_dtype", Text),
    ("workload.isl", Whole),
    ("workload.osl", Whole),
    ("workload.concurrency", Known),
    ("workload.batch", Known),
    ("workload.request_rate_per_s", Known),
    ("memory.weights_bytes_total", Whole),
    ("memory.weights_bytes_per_gpu", Whole),
    ("memory.kv_bytes_per_token", Whole),
    ("memory.kv_bytes_total", Whole),
    ("memory.kv_capacity_tokens", Whole),
    ("memory.overhead_bytes_per_gpu", Whole),
    ("memory.usable_bytes_per_gpu", Whole),
    ("memory.max_concurrency", Whole),
    ("memory.fits", Flag),
    ("memory.short_bytes_per_gpu", Whole),
    ("would_fit[]", Text),
    ("prefill", Nothing),
    ("prefill.ttft_ms", Number),
    ("prefill.bound", Text),
    ("decode", Nothing),
    ("decode.tpot_ms", Number),
    ("decode.bound", Text),
    ("decode.output_tok_per_s_per_request", Number),
    ("decode.output_tok_per_s_per_replica", Number),
    ("system", Nothing),
    ("system.output_tok_per_s", Number),
    ("system.total_tok_per_s", Number),
    ("system.requests_per_s", Number),
    ("system.e2e_ms", Number),
    ("system.in_flight", Number),
    ("system.admitted", Number),
    ("price", Nothing),
    ("price.usd_per_gpu_hour", Number),
    ("price.gpus_billed", Whole),
    ("price.usd_per_hour_total", Number),
    ("price.usd_per_mtok_input", Number),
    ("price.usd_per_mtok_output", Number),
    ("price.usd_per_mtok_blended", Number),
    ("price.usd_per_request", Number),
    ("price.recovery", Number),
    ("price.source", Text),
    ("traffic.users", Whole),
    ("traffic.requests_per_user_hour", Number),
    ("traffic.requests_per_s", Number),
    ("traffic.machines", Whole),
    ("traffic.utilisation", Number),
    ("traffic.usd_per_hour", Known),
    ("traffic.usd_per_month", Known),
    ("traffic.usd_per_user_hour", Known),
    ("accuracy.ttft_median_ape_pct", Known),
    ("accuracy.tpot_median_ape_pct", Known),
    ("accuracy.throughput_median_ape_pct", Known),
    ("accuracy.basis", Text),
    ("notes[]", Text),
];

/// `farebox.estimate/1` of a hosted model.
pub(super) const BILL: [Field; 21] = [
    ("schema", Text),
    ("model.id", Text),
    ("model.context_length", Known),
    ("deployment.kind", Text),
    ("deployment.provider", Text),
    ("workload.isl", Whole),
    ("workload.osl", Whole),
    ("prefill", Nothing),
    ("decode", Nothing),
    ("price.usd_per_mtok_input", Known),
    ("price.usd_per_mtok_cached_input", Known),
    ("price.usd_per_mtok_output", Known),
    ("price.usd_per_request", Number),
    ("price.usd_per_request_input", Number),
    ("price.usd_per_request_output", Number),
    ("price.usd_per_user_hour", Known),
    ("price.usd_per_hour", Known),
    ("price.usd_per_month", Known),
    ("price.as_of", Text),
    ("price.status", Text),
    ("price.source", Text),
];

/// A hosted model beside a machine.
pub(super) const HELD: [Field; 5] = [
    ("model", Text),
    ("usd_per_request", Number),
    ("as_of", Text),
    ("requests_per_month", Known),
    ("utilisation", Known),
];

/// A model's size.
pub(super) const MODEL: [Field; 6] = [
    ("id", Text),
    ("params_total", Whole),
    ("params_active", Whole),
    ("params_active_with_embedding", Whole),
    ("context_length", Known),
    ("notes[]", Text),
];

/// A scenario with its answer.
pub(super) const SCENARIO: [Field; 17] = [
    ("name", Text),
    ("title", Text),
    ("question.name", Text),
    ("question.title", Text),
    ("question.model", Said),
    ("question.params", Said),
    ("question.api", Said),
    ("question.gpu", Said),
    ("question.tp", Whole),
    ("question.precision", Said),
    ("question.isl", Whole),
    ("question.osl", Whole),
    ("question.concurrency", Whole),
    ("question.users", Known),
    ("question.requests_per_user_hour", Known),
    ("estimate", Other),
    ("insights[]", Text),
];

/// The fields as a schema.
pub(super) fn schema(fields: &[Field]) -> Value {
    let mut root = Map::new();
    for (path, holds) in fields {
        insert(&mut root, path, *holds);
    }
    json!({ "type": "object", "properties": root })
}

fn insert(object: &mut Map<String, Value>, path: &str, holds: Holds) {
    let (name, rest) = path.split_once('.').map_or((path, None), |(a, b)| (a, Some(b)));
    let (name, listed) = name.strip_suffix("[]").map_or((name, false), |name| (name, true));
    let inner = match rest {
        None => leaf(holds),
        Some(_) => json!({ "type": "object", "properties": {} }),
    };
    let fresh = if listed { json!({ "type": "array", "items": inner }) } else { inner };
    let entry = object.entry(name).or_insert(Value::Null);
    if entry.is_null() {
        *entry = fresh;
    } else if *entry == leaf(Nothing) {
        // An object that may be null: the null came first in the table.
        *entry = fresh;
        entry["type"] = json!(["object", "null"]);
    }
    let Some(rest) = rest else { return };
    let object = if listed { &mut entry["items"] } else { entry };
    if let Some(below) = object["properties"].as_object_mut() {
        insert(below, rest, holds);
    }
}

fn leaf(holds: Holds) -> Value {
    match holds {
        Text => json!({ "type": "string" }),
        Number => json!({ "type": "number" }),
        Whole => json!({ "type": "integer" }),
        Flag => json!({ "type": "boolean" }),
        Known => json!({ "type": ["number", "null"] }),
        Said => json!({ "type": ["string", "null"] }),
        Nothing => json!({ "type": "null" }),
        Other => json!({ "type": "object" }),
        Maybe => json!({ "type": ["object", "null"] }),
        Pair => json!({ "type": "array", "items": leaf(Number) }),
    }
}
