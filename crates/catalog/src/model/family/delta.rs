//! Qwen3-Next and Qwen3.5: gated delta net in most layers, gated attention in every fourth.

use crate::model::draft::Draft;
use crate::model::error::ConfigError;
use crate::model::experts::{MoeStyle, Shared};
use crate::model::family::classic::LLAMA;
use crate::model::family::style::{Feed, QkNormRule, Style};
use crate::model::fields::Fields;
use crate::model::layer::Window;
use crate::model::part::attention::{OutputGate, QkNorm};
use crate::model::part::recurrent::{Decay, DeltaNet};
use crate::model::pattern::layer_types;
use crate::model::trunk::{Defaults, Trunk};

/// Reads the family.
pub(super) fn read(f: &Fields<'_>) -> Result<Draft, ConfigError> {
    let gated = f.flag("attn_output_gate", true)?;
    let style = Style {
        defaults: Defaults { head_dim: Some(256), ..Defaults::NONE },
        qk_norm: QkNormRule::Fixed(QkNorm::Shared),
        gate: if gated { OutputGate::PerElement } else { OutputGate::None },
        moe: MoeStyle { shared: Shared::Gated, ..MoeStyle::PLAIN },
        ..LLAMA
    };
    let trunk = Trunk::read(f, style.defaults)?;
    let feed = Feed::read(f, &style, &trunk)?;
    let attention = style.attention(f, &trunk, Window::Full)?.block();
    let linear = delta_net(f, &trunk)?.block();
    let norms = style.layer_norms(&trunk);
    let blocks = linear_layers(f, &trunk)?
        .into_iter()
        .enumerate()
        .map(|(layer, is_linear)| {
            let mixer = if is_linear { linear } else { attention };
            mixer.joined(feed.block(layer)).with_vectors(norms)
        })
        .collect();
    style.finish(f, trunk, blocks)
}

fn linear_layers(f: &Fields<'_>, trunk: &Trunk) -> Result<Vec<bool>, ConfigError> {
    if let Some(types) = layer_types(f, trunk)? {
        return Ok(types.into_iter().map(|kind| kind == "linear_attention").collect());
    }
    let interval = f.need_or(&["full_attention_interval"], 4)?.0;
    Ok(trunk.pattern(|i| (i + 1) % interval != 0))
}

fn delta_net(f: &Fields<'_>, trunk: &Trunk) -> Result<DeltaNet, ConfigError> {
    Ok(DeltaNet {
        hidden: trunk.hidden,
        key_heads: f.need_or(&["linear_num_key_heads"], 16)?,
        value_heads: f.need_or(&["linear_num_value_heads"], 32)?,
        key_dim: f.need_or(&["linear_key_head_dim"], 128)?,
        value_dim: f.need_or(&["linear_value_head_dim"], 128)?,
        conv: f.need_or(&["linear_conv_kernel_dim"], 4)?,
        decay: Decay::Head,
        state_width: super::state_width(f)?,
    })
}
