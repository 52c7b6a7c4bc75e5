//! Jamba: Mamba layers with attention every few, experts in every other layer.

use crate::model::draft::Draft;
use crate::model::error::ConfigError;
use crate::model::experts::{MoeStyle, Shared};
use crate::model::family::classic::LLAMA;
use crate::model::family::style::{Feed, Style};
use crate::model::fields::Fields;
use crate::model::layer::Window;
use crate::model::part::recurrent::Mamba1;
use crate::model::size::size;
use crate::model::trunk::{Defaults, Trunk};

/// Reads the family.
pub(super) fn read(f: &Fields<'_>) -> Result<Draft, ConfigError> {
    let moe = MoeStyle { shared: Shared::None, ..MoeStyle::PLAIN };
    let style = Style { moe, ..LLAMA };
    let trunk = Trunk::read(f, Defaults::NONE)?;
    let attention = style.attention(f, &trunk, Window::Full)?.block();
    let mamba = mamba(f, &trunk)?.block();
    let feed = Feed::read(f, &style, &trunk)?;
    let period = f.need_or(&["attn_layer_period"], 8)?.0;
    let offset = f.or(&["attn_layer_offset"], 4)?.0;
    let norms = style.layer_norms(&trunk);
    let blocks = (0..trunk.layers)
        .map(|layer| {
            let attends = layer as u64 % period == offset % period;
            let mixer = if attends { attention } else { mamba };
            mixer.joined(feed.block(layer)).with_vectors(norms)
        })
        .collect();
    style.finish(f, trunk, blocks)
}

fn mamba(f: &Fields<'_>, trunk: &Trunk) -> Result<Mamba1, ConfigError> {
    let inner = trunk.hidden * f.need_or(&["mamba_expand"], 2)?;
    let state = f.need_or(&["mamba_d_state"], 16)?;
    // The word "auto" stands for a sixteenth of the hidden size.
    let dt_rank = match f.get("mamba_dt_rank") {
        Some(value) if value == "auto" => size(trunk.hidden.0.div_ceil(16)),
        _ => f.need_or(&["mamba_dt_rank"], trunk.hidden.0.div_ceil(16))?,
    };
    let mut vectors = dt_rank + state * size(2);
    if f.flag("mamba_conv_bias", true)? {
        vectors += inner;
    }
    if f.flag("mamba_proj_bias", false)? {
        vectors += inner * size(2) + trunk.hidden;
    }
    let conv = f.need_or(&["mamba_d_conv"], 4)?;
    Ok(Mamba1 { hidden: trunk.hidden, inner, state, conv, dt_rank, vectors })
}
