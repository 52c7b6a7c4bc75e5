//! Models pruned layer by layer (Llama-Nemotron, DeciLM): each block states its own shape.

use serde_json::Value;

use crate::model::draft::Draft;
use crate::model::error::ConfigError;
use crate::model::family::classic::LLAMA;
use crate::model::family::style::read_with;
use crate::model::fields::{Fields, inconsistent, wrong_type};
use crate::model::layer::{Gate, Window};
use crate::model::params::TensorClass;
use crate::model::part::attention::AttentionPart;
use crate::model::part::block::Block;
use crate::model::part::ffn::DensePart;
use crate::model::pattern::check_length;
use crate::model::size::{Size, size};
use crate::model::trunk::{Defaults, Trunk};

/// Reads the family.
pub(super) fn read(f: &Fields<'_>) -> Result<Draft, ConfigError> {
    let trunk = Trunk::read(f, Defaults::NONE)?;
    if let Some(heads) = f.numbers("num_key_value_heads_per_layer")? {
        return read_kv_list(f, trunk, &heads);
    }
    let Some(configs) = f.list("block_configs")? else { return read_with(f, &LLAMA, trunk) };
    check_length("block_configs", configs.len(), &trunk)?;
    let blocks = configs.iter().map(|config| block(&trunk, config)).collect::<Result<_, _>>()?;
    LLAMA.finish(f, trunk, blocks)
}

/// DeciLM-7B: only the number of key-value heads differs from layer to layer.
fn read_kv_list(f: &Fields<'_>, trunk: Trunk, heads: &[u64]) -> Result<Draft, ConfigError> {
    check_length("num_key_value_heads_per_layer", heads.len(), &trunk)?;
    let width = f.need(&["intermediate_size"])?;
    let ffn = DensePart { hidden: trunk.hidden, width, gate: Gate::Gated, bias: false }.block();
    let norms = LLAMA.layer_norms(&trunk);
    let mut blocks = Vec::with_capacity(trunk.layers);
    for kv_heads in heads {
        let part = AttentionPart {
            kv_heads: size(*kv_heads),
            ..LLAMA.attention(f, &trunk, Window::Full)?
        };
        blocks.push(part.block().joined(ffn).with_vectors(norms));
    }
    LLAMA.finish(f, trunk, blocks)
}

fn block(trunk: &Trunk, config: &Value) -> Result<Block, ConfigError> {
    let Value::Object(config) = config else {
        return Err(wrong_type("block_configs", "a list of objects", config));
    };
    let part = |name: &str| {
        let field = || ConfigError::Missing { field: format!("block_configs.{name}") };
        config.get(name).and_then(Value::as_object).ok_or_else(field)
    };
    let (attention, ffn) = (part("attention")?, part("ffn")?);
    let mixer = attention_block(trunk, &Fields::of_object(attention))?;
    Ok(mixer.joined(ffn_block(trunk, &Fields::of_object(ffn))?))
}

/// Attention behind its norm, one matrix in its place, or nothing.
fn attention_block(trunk: &Trunk, f: &Fields<'_>) -> Result<Block, ConfigError> {
    if f.flag("no_op", false)? {
        return Ok(Block::empty());
    }
    if f.flag("replace_with_linear", false)? {
        let mut block = Block::empty();
        block.add(TensorClass::Attention, trunk.hidden * trunk.hidden);
        return Ok(block.with_vectors(trunk.hidden));
    }
    let group = f.need(&["n_heads_in_group"])?;
    let kv_heads = size((trunk.heads.0 / group.0).max(1));
    let window = f.tokens(&["window_length"])?.map_or(Window::Full, Window::Sliding);
    let plain = AttentionPart::plain(trunk.hidden, trunk.heads, kv_heads, trunk.head_dim);
    Ok(AttentionPart { window, ..plain }.block().with_vectors(trunk.hidden))
}

/// A perceptron behind its norm, one matrix in its place, or nothing.
fn ffn_block(trunk: &Trunk, f: &Fields<'_>) -> Result<Block, ConfigError> {
    if f.flag("no_op", false)? {
        return Ok(Block::empty());
    }
    if f.flag("replace_with_linear", false)? {
        let mut block = Block::empty();
        block.add(TensorClass::Mlp, trunk.hidden * trunk.hidden);
        return Ok(block.with_vectors(trunk.hidden));
    }
    let width = match f.maybe(&["intermediate_size"])? {
        Some(width) => width,
        None => width_of_multiple(trunk.hidden, f)?,
    };
    let part = DensePart { hidden: trunk.hidden, width, gate: Gate::Gated, bias: false };
    Ok(part.block().with_vectors(trunk.hidden))
}

/// Two thirds of a multiple of the hidden size, rounded up to 256.
fn width_of_multiple(hidden: Size, f: &Fields<'_>) -> Result<Size, ConfigError> {
    let Some(value) = f.get("ffn_mult") else {
        return Err(ConfigError::Missing { field: "block_configs.ffn.ffn_mult".to_owned() });
    };
    let Some(multiple) = value.as_f64() else {
        return Err(wrong_type("block_configs.ffn.ffn_mult", "a number", value));
    };
    if !(multiple > 0.0 && multiple <= 1024.0) {
        return Err(inconsistent("block_configs.ffn.ffn_mult", format!("is {multiple}")));
    }
    let stated = (2.0 * multiple * hidden.0 as f64 / 3.0) as u64;
    Ok(size(stated.div_ceil(256) * 256))
}
