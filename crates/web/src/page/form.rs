//! The inputs of the calculator, filled in.

use super::asked::{At, PageAsked};
use crate::app::App;
use crate::error::WebError;
use serde::Serialize;
use std::collections::BTreeMap;

/// The inputs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Form {
    /// What stands in each field.
    pub(super) values: BTreeMap<&'static str, String>,
    /// Which load is meant.
    pub(super) at: &'static str,
    pub(super) models: Vec<String>,
    pub(super) vendors: Vec<Vendor>,
    pub(super) precisions: Vec<Choice>,
    pub(super) caches: Vec<Choice>,
    pub(super) engines: Vec<Choice>,
    pub(super) offers: Vec<Choice>,
    pub(super) pins: Vec<String>,
    /// Whether a machine is described by hand.
    pub(super) custom: bool,
}

/// A maker and its accelerators.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Vendor {
    pub(super) name: String,
    pub(super) gpus: Vec<Choice>,
}

/// Something that can be chosen.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Choice {
    pub(super) value: String,
    pub(super) words: String,
    pub(super) chosen: bool,
}

const PRECISIONS: [(&str, &str); 16] = [
    ("", "as stored"),
    ("bf16", "BF16"),
    ("fp8", "FP8"),
    ("int8", "INT8"),
    ("w8a8", "W8A8"),
    ("w8a16", "W8A16"),
    ("w4a16", "W4A16"),
    ("fp4", "FP4"),
    ("nvfp4", "NVFP4"),
    ("mxfp4", "MXFP4"),
    ("fp16", "FP16"),
    ("gguf-q8_0", "GGUF Q8_0"),
    ("gguf-q6_k", "GGUF Q6_K"),
    ("gguf-q5_k_m", "GGUF Q5_K_M"),
    ("gguf-q4_k_m", "GGUF Q4_K_M"),
    ("gguf-q4_0", "GGUF Q4_0"),
];
const CACHES: [(&str, &str); 4] =
    [("", "as stored"), ("bf16", "BF16"), ("fp8", "FP8"), ("int8", "INT8")];
const ENGINES: [(&str, &str); 4] = [
    ("vllm", "vLLM"),
    ("sglang", "SGLang"),
    ("trtllm", "TensorRT-LLM"),
    ("llama.cpp", "llama.cpp"),
];

/// The form of `asked`.
pub(super) fn of(app: &App, asked: &PageAsked) -> Result<Form, WebError> {
    let shown = &asked.shown;
    let text = |name: &str| shown.text(name).unwrap_or_default();
    let values = shown.names().map(|name| (name, text(name).to_owned())).collect();
    let gpu = app.catalogue.accelerators()?.find(text("gpu")).map(|gpu| gpu.id.clone());
    let gpu = gpu.unwrap_or_else(|_| text("gpu").to_owned());
    Ok(Form {
        values,
        at: match asked.at().unwrap_or(At::Concurrency) {
            At::Concurrency => "concurrency",
            At::Most => "max",
            At::Promise => "slo",
            At::Rate => "rate",
            At::Batch => "batch",
        },
        models: app.models.ids().map(str::to_owned).collect(),
        vendors: vendors(app, &gpu)?,
        precisions: choices(&PRECISIONS, text("precision")),
        caches: choices(&CACHES, text("kv_dtype")),
        engines: choices(&ENGINES, text("engine")),
        offers: offers(app, &gpu)?,
        pins: asked.pins().map(str::to_owned).collect(),
        custom: matches!(gpu.as_str(), "cpu" | "custom"),
    })
}

/// The known ones, and what was typed where it is none of them.
fn choices(known: &[(&str, &str)], chosen: &str) -> Vec<Choice> {
    let mut choices: Vec<Choice> = known
        .iter()
        .map(|(value, words)| Choice {
            value: (*value).to_owned(),
            words: (*words).to_owned(),
            chosen: *value == chosen,
        })
        .collect();
    if !chosen.is_empty() && choices.iter().all(|choice| !choice.chosen) {
        let (value, words) = (chosen.to_owned(), chosen.to_owned());
        choices.push(Choice { value, words, chosen: true });
    }
    choices
}

fn vendors(app: &App, chosen: &str) -> Result<Vec<Vendor>, WebError> {
    let mut by_vendor: BTreeMap<&str, Vec<Choice>> = BTreeMap::new();
    for gpu in app.catalogue.accelerators()?.iter() {
        let choice =
            Choice { value: gpu.id.clone(), words: gpu.name.clone(), chosen: gpu.id == chosen };
        by_vendor.entry(&gpu.vendor).or_default().push(choice);
    }
    let vendors = by_vendor.into_iter();
    Ok(vendors.map(|(name, gpus)| Vendor { name: name.to_owned(), gpus }).collect())
}

/// What `gpu` is rented for, as a field takes it, each once.
pub(super) fn offers(app: &App, gpu: &str) -> Result<Vec<Choice>, WebError> {
    let mut offers: Vec<Choice> = Vec::new();
    for offer in app.catalogue.offers()?.for_gpu(gpu) {
        let value = format!("{}:{}:{}", offer.provider, offer.gpu, offer.kind);
        if offers.iter().all(|known| known.value != value) {
            offers.push(Choice { value, words: offer.to_string(), chosen: false });
        }
    }
    Ok(offers)
}
