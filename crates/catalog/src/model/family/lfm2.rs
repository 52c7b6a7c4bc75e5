//! LFM2: gated short convolutions with a few layers of attention.

use crate::model::draft::Draft;
use crate::model::error::ConfigError;
use crate::model::family::classic::LLAMA;
use crate::model::family::style::{Feed, QkNormRule, Style};
use crate::model::fields::Fields;
use crate::model::layer::{Gate, Window};
use crate::model::part::attention::QkNorm;
use crate::model::part::ffn::DensePart;
use crate::model::part::recurrent::short_conv;
use crate::model::size::{Size, size};
use crate::model::trunk::{Defaults, Trunk, dense_width};

/// Reads the family, dense or with experts.
pub(super) fn read(f: &Fields<'_>) -> Result<Draft, ConfigError> {
    let style = Style { tied: true, qk_norm: QkNormRule::Fixed(QkNorm::Shared), ..LLAMA };
    let trunk = Trunk::read(f, Defaults::NONE)?;
    let attention = style.attention(f, &trunk, Window::Full)?.block();
    let conv =
        short_conv(trunk.hidden, f.need_or(&["conv_L_cache"], 3)?, f.flag("conv_bias", false)?);
    let feed = Feed::read(f, &style, &trunk)?;
    let width = adjusted_width(f, &trunk)?;
    let dense = DensePart { hidden: trunk.hidden, width, gate: Gate::Gated, bias: false }.block();
    let attends = attention_layers(f, &trunk)?;
    let norms = style.layer_norms(&trunk);
    let has_experts = f.get("num_experts").is_some();
    let blocks = attends
        .into_iter()
        .enumerate()
        .map(|(layer, attends)| {
            let mixer = if attends { attention } else { conv };
            let ffn = if has_experts { feed.block(layer) } else { dense };
            mixer.joined(ffn).with_vectors(norms)
        })
        .collect();
    style.finish(f, trunk, blocks)
}

fn attention_layers(f: &Fields<'_>, trunk: &Trunk) -> Result<Vec<bool>, ConfigError> {
    if let Some(types) = crate::model::pattern::layer_types(f, trunk)? {
        return Ok(types.into_iter().map(|kind| kind == "full_attention").collect());
    }
    let places = f.numbers("full_attn_idxs")?;
    let places = places.ok_or_else(|| ConfigError::Missing { field: "layer_types".to_owned() })?;
    Ok(trunk.pattern(|i| places.contains(&i)))
}

/// Two thirds of the stated width, rounded up to a multiple, unless the key switches that off.
fn adjusted_width(f: &Fields<'_>, trunk: &Trunk) -> Result<Size, ConfigError> {
    let stated = dense_width(f, trunk.hidden, 0)?;
    if !f.flag("block_auto_adjust_ff_dim", true)? {
        return Ok(stated);
    }
    let multiple = f.need_or(&["block_multiple_of"], 256)?.0;
    Ok(size((stated.0 * 2 / 3).div_ceil(multiple) * multiple))
}
