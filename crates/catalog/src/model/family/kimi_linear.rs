//! Kimi Linear and Kimi K3: Kimi delta attention in most layers, latent attention in the others.

use crate::model::draft::Draft;
use crate::model::error::ConfigError;
use crate::model::experts::{Correction, MoeStyle};
use crate::model::family::classic::LLAMA;
use crate::model::family::style::{Feed, Style};
use crate::model::fields::Fields;
use crate::model::params::TensorClass;
use crate::model::part::mla::MlaPart;
use crate::model::part::recurrent::{Decay, DeltaNet};
use crate::model::size::{Size, size};
use crate::model::trunk::{Defaults, Trunk};

/// Reads the family.
pub(super) fn read(f: &Fields<'_>) -> Result<Draft, ConfigError> {
    let moe = MoeStyle { correction: Correction::Always, ..LLAMA.moe };
    let style = Style { moe, ..LLAMA };
    let trunk = Trunk::read(f, Defaults::NONE)?;
    let mixed = f.object("linear_attn_config")?;
    let mixed =
        mixed.ok_or_else(|| ConfigError::Missing { field: "linear_attn_config".to_owned() })?;
    // Layers are counted from 1 in this list.
    let full = mixed.numbers("full_attn_layers")?.unwrap_or_default();
    let latent = MlaPart::read(f, trunk.hidden, trunk.heads)?.block();
    let linear = delta(&mixed, &trunk)?.block();
    let feed = Feed::read(f, &style, &trunk)?;
    let residual = residual_vectors(f, trunk.hidden)?;
    let moe_norm = latent_norm(f)?;
    let blocks = (0..trunk.layers)
        .map(|layer| {
            let mixer = if full.contains(&(layer as u64 + 1)) { latent } else { linear };
            let ffn = feed.block(layer);
            let is_moe = ffn.params[TensorClass::Experts] > 0;
            let norm = if is_moe { moe_norm } else { size(0) };
            mixer.joined(ffn).with_vectors(style.layer_norms(&trunk) + residual * size(2) + norm)
        })
        .collect();
    let mut draft = style.finish(f, trunk, blocks)?;
    draft.add_outside(TensorClass::Vector, residual);
    Ok(draft)
}

fn delta(mixed: &Fields<'_>, trunk: &Trunk) -> Result<DeltaNet, ConfigError> {
    let heads = mixed.need(&["num_heads"])?;
    let dim = mixed.need(&["head_dim"])?;
    let full_gate = mixed.flag("use_full_rank_gate", false)?;
    Ok(DeltaNet {
        hidden: trunk.hidden,
        key_heads: heads,
        value_heads: heads,
        key_dim: dim,
        value_dim: dim,
        conv: mixed.need_or(&["short_conv_kernel_size"], 4)?,
        decay: if full_gate { Decay::ChannelFullGate } else { Decay::ChannelNarrowGate },
        state_width: 4,
    })
}

/// Attention over earlier residuals: a norm and a score vector at each of its places.
fn residual_vectors(f: &Fields<'_>, hidden: Size) -> Result<Size, ConfigError> {
    let blocks = f.or(&["attn_res_block_size"], 0)?;
    Ok(if blocks.0 > 0 { hidden * size(2) } else { size(0) })
}

fn latent_norm(f: &Fields<'_>) -> Result<Size, ConfigError> {
    let normed = f.flag("latent_moe_use_norm", false)?;
    if normed { f.or(&["routed_expert_hidden_size"], 0) } else { Ok(size(0)) }
}
