//! From the text of a `config.json` to a [`ModelSpec`].

use crate::model::draft::Draft;
use crate::model::error::ConfigError;
use crate::model::family;
use crate::model::fields::Fields;
use crate::model::json::read_object;
use crate::model::layer::Layer;
use crate::model::params::{ClassTable, ParamCount, TensorClass};
use crate::model::part::block::Block;
use crate::model::precision::KvFormat;
use crate::model::quantisation::Quantisation;
use crate::model::size::MOST_PARAMS;
use crate::model::spec::{ModelSpec, Outside};

/// What to do with a family that is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Assume {
    /// Refuse it.
    #[default]
    Nothing,
    /// Read it as a decoder of Llama's kind, with experts if there are keys for them.
    Dense,
}

/// The files of a checkpoint that describe it.
#[derive(Debug, Clone, Copy)]
pub struct ConfigFiles<'a> {
    /// `config.json`.
    pub config: &'a str,
    /// `hf_quant_config.json`, which some checkpoints have beside it.
    pub hf_quant_config: Option<&'a str>,
}

/// Reads a model from its `config.json` alone.
///
/// `id` only names the model; `text` is a configuration of any known family.
pub fn read_config(id: &str, text: &str, assume: Assume) -> Result<ModelSpec, ConfigError> {
    read_files(id, ConfigFiles { config: text, hf_quant_config: None }, assume)
}

/// Reads a model; a scheme in `config.json` goes before one in `hf_quant_config.json`.
pub fn read_files(
    id: &str,
    files: ConfigFiles<'_>,
    assume: Assume,
) -> Result<ModelSpec, ConfigError> {
    let file = read_object(files.config)?;
    let fields = Fields::of_file(&file);
    let family = family_name(&fields)?;
    let (draft, mut notes) = match family::read(family.name, &fields)? {
        Some(draft) => (draft, Vec::new()),
        None if assume == Assume::Dense => {
            let note = format!(
                "unknown family `{}`: read as a decoder of Llama's kind; counts may be off",
                family.name
            );
            (family::read_as_dense(&fields)?, vec![note])
        }
        None => {
            let value = family.name.chars().take(60).collect();
            return Err(ConfigError::UnknownFamily { field: family.field, value });
        }
    };
    let beside = files.hf_quant_config.map(read_object).transpose();
    let beside = beside.map_err(|error| ConfigError::Beside(Box::new(error)))?;
    let scheme = Quantisation::read(&fields, beside.as_ref())?;
    notes.extend(unstated_scheme(id, &scheme));
    let layer = |(index, block): (usize, &Block)| Layer {
        mixer: block.mixer,
        ffn: block.ffn,
        params: block.params,
        formats: scheme.of_layer(family.name, index),
    };
    let layers = draft.blocks.iter().enumerate().map(layer).collect();
    let outside = Outside { params: draft.outside, formats: scheme.outside() };
    finish(id, family.name, &draft, Weights { layers, outside, kv: scheme.kv() }, notes)
}

/// Whether a `config.json` says itself how the checkpoint is quantised, so that no
/// `hf_quant_config.json` need be looked for; also true of a text that cannot be read.
pub fn states_scheme(config: &str) -> bool {
    read_object(config).map_or(true, |file| Quantisation::is_stated(&Fields::of_file(&file)))
}

/// A name that promises a narrow format which no file states: NVIDIA keeps some schemes apart.
fn unstated_scheme(id: &str, scheme: &Quantisation) -> Option<String> {
    let name = id.to_ascii_uppercase();
    let promised = ["NVFP4", "MXFP4", "FP8", "INT4", "AWQ", "GPTQ"];
    let word = promised.into_iter().find(|word| name.contains(word))?;
    scheme.is_wide().then(|| {
        format!("the name says {word}, but neither config.json nor hf_quant_config.json states a scheme: \
             weights read as 16 bit")
    })
}

/// Layers with formats, and the rest.
pub(super) struct Weights {
    pub(super) layers: Vec<Layer>,
    pub(super) outside: Outside,
    pub(super) kv: Option<KvFormat>,
}

/// Counts parameters and refuses what no model has.
pub(super) fn finish(
    id: &str,
    family: &str,
    draft: &Draft,
    weights: Weights,
    notes: Vec<String>,
) -> Result<ModelSpec, ConfigError> {
    let params = count(draft, &weights);
    if params.total >= MOST_PARAMS {
        return Err(ConfigError::OutOfRange {
            field: "parameters in all".to_owned(),
            value: params.total.to_string(),
            min: 1,
            max: MOST_PARAMS,
        });
    }
    Ok(ModelSpec {
        id: id.to_owned(),
        family: family.to_owned(),
        params,
        context_length: draft.trunk.context.filter(|tokens| *tokens > 0),
        hidden_size: draft.trunk.hidden.0,
        vocab_size: draft.trunk.vocab.0,
        tied_embeddings: draft.tied,
        layers: weights.layers,
        outside: weights.outside,
        kv: weights.kv,
        notes,
    })
}

fn count(draft: &Draft, weights: &Weights) -> ParamCount {
    let outside = &weights.outside.params;
    let mut by_class: ClassTable<u64> = *outside;
    let mut active_layers = 0u64;
    for layer in &weights.layers {
        by_class.add(&layer.params);
        active_layers = active_layers.saturating_add(layer.active_params());
    }
    let embedding = outside[TensorClass::Embedding];
    let looked_up = outside[TensorClass::Lookup];
    let with_embedding = active_layers.saturating_add(outside.total()).saturating_sub(looked_up);
    // A tied table is multiplied with as the head, so it stays in.
    let active = if draft.tied { with_embedding } else { with_embedding.saturating_sub(embedding) };
    ParamCount {
        total: by_class.total(),
        active,
        active_with_embedding: with_embedding.saturating_add(looked_up),
        by_class,
    }
}

/// A family and the field that named it.
struct FamilyName<'a> {
    field: &'static str,
    name: &'a str,
}

/// `model_type` of the language model, of its wrapper, or the class that serves it.
fn family_name<'a>(fields: &Fields<'a>) -> Result<FamilyName<'a>, ConfigError> {
    if let Some(name) = fields.word("model_type")? {
        return Ok(FamilyName { field: "model_type", name });
    }
    if let Some(name) = fields.anywhere("model_type").and_then(serde_json::Value::as_str) {
        return Ok(FamilyName { field: "model_type", name });
    }
    let classes = fields.words("architectures")?.unwrap_or_default();
    match classes.first() {
        Some(class) => {
            let name = family::of_architecture(class).unwrap_or(class);
            Ok(FamilyName { field: "architectures", name })
        }
        None => Err(ConfigError::Missing { field: "model_type".to_owned() }),
    }
}
