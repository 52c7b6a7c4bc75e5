//! MiniMax-Text-01 and M1: lightning attention in most layers, softmax attention in the others.

use crate::model::draft::Draft;
use crate::model::error::ConfigError;
use crate::model::family::classic::LLAMA;
use crate::model::family::style::Feed;
use crate::model::fields::Fields;
use crate::model::layer::Window;
use crate::model::part::recurrent::lightning;
use crate::model::pattern::{check_length, layer_types};
use crate::model::trunk::{Defaults, Trunk};

/// Reads the family.
pub(super) fn read(f: &Fields<'_>) -> Result<Draft, ConfigError> {
    let trunk = Trunk::read(f, Defaults::NONE)?;
    let attention = LLAMA.attention(f, &trunk, Window::Full)?.block();
    let linear = lightning(trunk.hidden, trunk.heads, trunk.head_dim);
    let feed = Feed::read(f, &LLAMA, &trunk)?;
    let norms = LLAMA.layer_norms(&trunk);
    let blocks = softmax_layers(f, &trunk)?
        .into_iter()
        .enumerate()
        .map(|(layer, softmax)| {
            let mixer = if softmax { attention } else { linear };
            mixer.joined(feed.block(layer)).with_vectors(norms)
        })
        .collect();
    LLAMA.finish(f, trunk, blocks)
}

fn softmax_layers(f: &Fields<'_>, trunk: &Trunk) -> Result<Vec<bool>, ConfigError> {
    if let Some(marks) = f.numbers("attn_type_list")? {
        check_length("attn_type_list", marks.len(), trunk)?;
        return Ok(marks.into_iter().map(|mark| mark == 1).collect());
    }
    if let Some(types) = layer_types(f, trunk)? {
        return Ok(types.into_iter().map(|kind| kind == "full_attention").collect());
    }
    Ok(trunk.pattern(|i| (i + 1) % 8 == 0))
}
