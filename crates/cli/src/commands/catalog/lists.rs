//! Catalogue entries as tables.

use crate::flat;
use farebox_catalog::import::PriceDiff;
use farebox_catalog::model::{KvFormat, ModelSpec};
use farebox_catalog::{Accelerator, ApiModel, Catalogue, Need, NumberFormat, Offer};
use farebox_report::grid::{Cell, Column, Grid};
use farebox_report::numbers::{dollars, plain};
use jiff::civil::Date;
use serde_json::{Value, json};

/// Accelerators with what decides their speed, and what one costs by default.
pub(super) fn gpus(accelerators: &[&Accelerator], catalogue: &Catalogue) -> Grid {
    let offers = catalogue.offers().ok();
    let price =
        |gpu: &Accelerator| offers.and_then(|offers| offers.default_for(&gpu.id, Need::of(1)).ok());
    let peak = |gpu: &Accelerator, format| gpu.peak(format).map(|peak| plain(peak.as_tflops()));
    let row = |gpu: &&Accelerator| {
        let half = gpu.half_peak().map(|peak| plain(peak.as_tflops()));
        let link = gpu.link.one_way.map(|rate| plain(rate.as_gb_per_s()));
        vec![
            Cell::Text(gpu.id.clone()),
            Cell::Text(format!("{:.1}", gpu.memory.usable.as_gib())),
            Cell::Text(plain(gpu.memory.bandwidth.as_gb_per_s())),
            Cell::text(half),
            Cell::text(peak(gpu, NumberFormat::Fp8)),
            Cell::text(peak(gpu, NumberFormat::Fp4)),
            Cell::text(link),
            Cell::text(price(gpu).map(|offer| dollars(offer.usd_per_gpu_hour().get()))),
            Cell::text(price(gpu).map(|offer| format!("{} {}", offer.provider, offer.as_of))),
        ]
    };
    Grid {
        columns: vec![
            Column::words("gpu"),
            Column::numbers("memory", "GiB"),
            Column::numbers("bandwidth", "GB/s"),
            Column::numbers("bf16", "TFLOP/s"),
            Column::numbers("fp8", "TFLOP/s"),
            Column::numbers("fp4", "TFLOP/s"),
            Column::numbers("link", "GB/s"),
            Column::numbers("price", "$/h"),
            Column::words("offer"),
        ],
        rows: accelerators.iter().map(row).collect(),
        footers: vec![
            "Memory is what is usable, peaks are dense, links one way.".to_owned(),
            "Price: one accelerator of the offer that is the default for one; instances are rented \
             whole. farebox catalog prices GPU has all."
                .to_owned(),
        ],
    }
}

/// Models with what decides their weight and their cache.
pub(super) fn models(specs: &[ModelSpec]) -> Grid {
    let row = |spec: &ModelSpec| {
        vec![
            Cell::Text(spec.id.clone()),
            Cell::Text(billions(spec.params.total)),
            Cell::Text(billions(spec.params.active)),
            Cell::Text(spec.layers.len().to_string()),
            Cell::text(spec.context_length.map(|tokens| tokens.to_string())),
            Cell::Text(kib(spec.kv_bytes_per_token(KvFormat::Bf16))),
        ]
    };
    Grid {
        columns: vec![
            Column::words("model"),
            Column::numbers("params", "1e9"),
            Column::numbers("active", "1e9"),
            Column::numbers("layers", ""),
            Column::numbers("context", "tokens"),
            Column::numbers("kv cache", "KiB/token"),
        ],
        rows: specs.iter().map(row).collect(),
        footers: vec![
            "Counted from each config.json; active includes the output head and leaves out the \
             input embedding. KV cache in bf16 while the context is inside every window."
                .to_owned(),
        ],
    }
}

/// One model as a document.
pub(super) fn model_document(spec: &ModelSpec) -> Value {
    json!({
        "id": spec.id,
        "family": spec.family,
        "params_total": spec.params.total,
        "params_active": spec.params.active,
        "params_active_with_embedding": spec.params.active_with_embedding,
        "context_length": spec.context_length,
        "hidden_size": spec.hidden_size,
        "vocab_size": spec.vocab_size,
        "tied_embeddings": spec.tied_embeddings,
        "layers": spec.layers.len(),
        "kv_bytes_per_token": spec.kv_bytes_per_token(KvFormat::Bf16),
        "kv_bytes_per_token_beyond_windows": spec.kv_bytes_per_token_beyond_windows(KvFormat::Bf16),
        "state_bytes_per_sequence": spec.state_bytes_per_sequence(),
        "weight_bytes": spec.weight_bytes(None).total(),
        "params_by_class": spec
            .params
            .by_class
            .iter()
            .filter(|(_, count)| *count > 0)
            .map(|(class, count)| (class.name().to_owned(), Value::from(count)))
            .collect::<serde_json::Map<_, _>>(),
        "notes": spec.notes,
    })
}

/// What clouds ask, with the age of each price.
pub(super) fn prices(offers: &[&Offer], today: Date) -> Grid {
    let row = |offer: &&Offer| {
        vec![
            Cell::Text(offer.provider.clone()),
            Cell::Text(offer.instance.clone()),
            Cell::Text(offer.gpu.clone()),
            Cell::Text(offer.count.to_string()),
            Cell::Text(dollars(offer.usd_per_hour.get())),
            Cell::Text(dollars(offer.usd_per_gpu_hour().get())),
            Cell::Text(word(&offer.kind)),
            Cell::Text(offer.as_of.to_string()),
            Cell::Text(age(offer.age_days(today), offer.is_stale(today))),
            Cell::Text(word(&offer.confidence)),
        ]
    };
    Grid {
        columns: vec![
            Column::words("provider"),
            Column::words("instance"),
            Column::words("gpu"),
            Column::numbers("count", ""),
            Column::numbers("whole", "$/h"),
            Column::numbers("each", "$/GPU-h"),
            Column::words("kind"),
            Column::words("as of"),
            Column::numbers("age", "days"),
            Column::words("confidence"),
        ],
        rows: offers.iter().map(row).collect(),
        footers: vec!["! older than 60 days: ask the provider.".to_owned()],
    }
}

/// What hosted models cost.
pub(super) fn apis(models: &[&ApiModel], today: Date) -> Grid {
    let row = |model: &&ApiModel| {
        let price =
            |usd: Option<farebox_core::UsdPerMtok>| Cell::text(usd.map(|usd| plain(usd.get())));
        let disagree = model.disagreements().count();
        vec![
            Cell::Text(model.id.clone()),
            price(model.prices.input),
            price(model.prices.cached_input),
            price(model.prices.output),
            Cell::text(model.context_window.map(|tokens| tokens.to_string())),
            Cell::Text(if model.is_retired(today) { "retired" } else { "listed" }.to_owned()),
            Cell::Text(age(model.age_days(today), model.is_stale(today))),
            Cell::Text(if disagree == 0 { String::new() } else { "yes".to_owned() }),
        ]
    };
    Grid {
        columns: vec![
            Column::words("model"),
            Column::numbers("input", "$/Mtok"),
            Column::numbers("cached", "$/Mtok"),
            Column::numbers("output", "$/Mtok"),
            Column::numbers("context", "tokens"),
            Column::words("status"),
            Column::numbers("age", "days"),
            Column::words("disputed"),
        ],
        rows: models.iter().map(row).collect(),
        footers: vec![
            "! older than 30 days: ask the provider. Disputed: another catalogue says otherwise; \
             name the model to see both."
                .to_owned(),
        ],
    }
}

/// What newer prices would change.
pub(super) fn difference(diff: &PriceDiff) -> Grid {
    let price = |usd: Option<f64>| Cell::text(usd.map(plain));
    let changed = diff.changed.iter().map(|change| {
        let field = change.field.name().to_owned();
        vec![
            Cell::Text(change.entry.clone()),
            Cell::Text(field),
            price(change.old),
            price(change.new),
        ]
    });
    let whole = |entry: &String, what: &str| {
        vec![Cell::Text(entry.clone()), Cell::Text(what.to_owned()), Cell::Unknown, Cell::Unknown]
    };
    let added = diff.added.iter().map(|entry| whole(entry, "added"));
    let removed = diff.removed.iter().map(|entry| whole(entry, "removed"));
    Grid {
        columns: vec![
            Column::words("entry"),
            Column::words("price"),
            Column::numbers("old", ""),
            Column::numbers("new", ""),
        ],
        rows: changed.chain(added).chain(removed).collect(),
        footers: vec![format!(
            "{} prices are the same. USD per million tokens, or per hour of a machine; one that \
             the file does not state stays as it was.",
            diff.unchanged
        )],
    }
}

/// The word that files use for it.
fn word(value: &impl serde::Serialize) -> String {
    serde_json::to_value(value).map_or_else(|_| String::new(), |value| flat::text(&value))
}

fn age(days: u32, stale: bool) -> String {
    if stale { format!("{days} !") } else { days.to_string() }
}

fn billions(params: u64) -> String {
    format!("{:.2}", params as f64 / 1e9)
}

fn kib(bytes: u64) -> String {
    plain(bytes as f64 / 1024.0)
}
