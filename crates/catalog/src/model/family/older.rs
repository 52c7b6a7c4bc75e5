//! Families whose keys are their own: StarCoder, ChatGLM, DBRX.

use crate::model::draft::Draft;
use crate::model::error::ConfigError;
use crate::model::family::classic::{GPT2, LLAMA};
use crate::model::family::style::{BiasRule, Norm, Style, read_with};
use crate::model::fields::Fields;
use crate::model::layer::{Gate, Window};
use crate::model::part::attention::Bias;
use crate::model::part::ffn::MoePart;
use crate::model::size::size;
use crate::model::trunk::{Defaults, Trunk};

/// Reads StarCoder: GPT-2 with one key-value head.
pub(super) fn read_gpt_bigcode(f: &Fields<'_>) -> Result<Draft, ConfigError> {
    let mut trunk = Trunk::read(f, Defaults::NONE)?;
    trunk.kv_heads = if f.flag("multi_query", true)? { size(1) } else { trunk.heads };
    read_with(f, &GPT2, trunk)
}

/// Reads ChatGLM 2 to 4: grouped queries if a switch is on, bias on query, key and value.
pub(super) fn read_chatglm(f: &Fields<'_>) -> Result<Draft, ConfigError> {
    let mut trunk = Trunk::read(f, Defaults::NONE)?;
    if !f.flag("multi_query_attention", false)? {
        trunk.kv_heads = trunk.heads;
    }
    let style = Style { bias: BiasRule::Key("add_qkv_bias", Bias::Qkv, false), ..LLAMA };
    read_with(f, &style, trunk)
}

/// Reads DBRX: experts in every layer, their shape in nested objects.
pub(super) fn read_dbrx(f: &Fields<'_>) -> Result<Draft, ConfigError> {
    let missing = |field: &str| ConfigError::Missing { field: field.to_owned() };
    let attention = f.object("attn_config")?.ok_or_else(|| missing("attn_config"))?;
    let ffn = f.object("ffn_config")?.ok_or_else(|| missing("ffn_config"))?;
    let mut trunk = Trunk::read(f, Defaults::NONE)?;
    trunk.kv_heads = attention.need_or(&["kv_n_heads"], 1)?;
    let experts = ffn.need(&["moe_num_experts"])?;
    let moe = MoePart {
        hidden: trunk.hidden,
        experts,
        per_token: size(ffn.need_or(&["moe_top_k"], 1)?.0.min(experts.0)),
        width: ffn.need(&["ffn_hidden_size"])?,
        gate: Gate::Gated,
        latent: None,
        shared_width: size(0),
        router_extra: size(0),
        expert_bias: false,
    };
    let style = Style { norm: Norm { per_layer: 2, weights: 1 }, ..LLAMA };
    let block = style.attention(f, &trunk, Window::Full)?.block().joined(moe.block());
    let block = block.with_vectors(style.layer_norms(&trunk));
    style.finish(f, trunk, vec![block; trunk.layers])
}
