//! Granite 4.0-H: Mamba-2 layers with a few of attention; experts beside a shared perceptron.

use crate::model::draft::Draft;
use crate::model::error::ConfigError;
use crate::model::experts;
use crate::model::family::classic::LLAMA;
use crate::model::family::style::Style;
use crate::model::fields::Fields;
use crate::model::layer::{Gate, Window};
use crate::model::part::block::Block;
use crate::model::part::ffn::DensePart;
use crate::model::part::recurrent::Mamba2;
use crate::model::pattern::check_length;
use crate::model::trunk::{Defaults, Trunk};

/// Reads the family.
pub(super) fn read(f: &Fields<'_>) -> Result<Draft, ConfigError> {
    let style = Style { tied: true, ..LLAMA };
    let trunk = Trunk::read(f, Defaults::NONE)?;
    let attention = style.attention(f, &trunk, Window::Full)?.block();
    let mamba = mamba(f, &trunk)?.block();
    let ffn = feed_forward(f, &trunk)?;
    let kinds = f.words("layer_types")?.or(f.words("layers_block_type")?);
    let kinds = kinds.ok_or_else(|| ConfigError::Missing { field: "layer_types".to_owned() })?;
    check_length("layer_types", kinds.len(), &trunk)?;
    let norms = style.layer_norms(&trunk);
    let blocks = kinds
        .into_iter()
        .map(|kind| {
            let mixer = if kind == "mamba" { mamba } else { attention };
            mixer.joined(ffn).with_vectors(norms)
        })
        .collect();
    style.finish(f, trunk, blocks)
}

/// Experts and a shared perceptron, or that perceptron alone when there are no experts.
fn feed_forward(f: &Fields<'_>, trunk: &Trunk) -> Result<Block, ConfigError> {
    if let Some(moe) = experts::read(f, trunk.hidden, Gate::Gated, LLAMA.moe)? {
        return Ok(moe.block());
    }
    let width = f.need(&["shared_intermediate_size", "intermediate_size"])?;
    Ok(DensePart { hidden: trunk.hidden, width, gate: Gate::Gated, bias: false }.block())
}

fn mamba(f: &Fields<'_>, trunk: &Trunk) -> Result<Mamba2, ConfigError> {
    let heads = f.need_or(&["mamba_n_heads"], 128)?;
    let inner = trunk.hidden * f.need_or(&["mamba_expand"], 2)?;
    // The word "auto" splits the inner width evenly.
    let even = (inner.0 / heads.0).max(1);
    let head_dim = match f.get("mamba_d_head") {
        Some(value) if value.is_number() => f.need(&["mamba_d_head"])?,
        _ => crate::model::size::size(even),
    };
    Ok(Mamba2 {
        hidden: trunk.hidden,
        heads,
        head_dim,
        state: f.need_or(&["mamba_d_state"], 256)?,
        groups: f.need_or(&["mamba_n_groups"], 1)?,
        conv: f.need_or(&["mamba_d_conv"], 4)?,
        conv_bias: f.flag("mamba_conv_bias", true)?,
        proj_bias: f.flag("mamba_proj_bias", false)?,
        norm: heads * head_dim,
        state_width: super::state_width(f)?,
    })
}
