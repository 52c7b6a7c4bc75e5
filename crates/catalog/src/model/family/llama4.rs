//! Llama 4: chunked attention with a full layer every fourth, one shared expert.

use crate::model::draft::Draft;
use crate::model::error::ConfigError;
use crate::model::experts::{MoeStyle, Shared};
use crate::model::family::classic::LLAMA;
use crate::model::family::style::{Feed, Style};
use crate::model::fields::Fields;
use crate::model::layer::Window;
use crate::model::pattern::{check_length, layer_types};
use crate::model::trunk::{Defaults, Trunk};

const STYLE: Style = Style {
    moe: MoeStyle { shared: Shared::One, ..MoeStyle::PLAIN },
    defaults: Defaults { head_dim: Some(128), ..Defaults::NONE },
    ..LLAMA
};

/// Reads the family.
pub(super) fn read(f: &Fields<'_>) -> Result<Draft, ConfigError> {
    let trunk = Trunk::read(f, STYLE.defaults)?;
    let feed = Feed::read(f, &STYLE, &trunk)?;
    let norms = STYLE.layer_norms(&trunk);
    let chunk = f.tokens(&["attention_chunk_size"])?.filter(|tokens| *tokens > 0);
    let mut blocks = Vec::with_capacity(trunk.layers);
    for (layer, chunked) in chunked_layers(f, &trunk)?.into_iter().enumerate() {
        let window = chunk.filter(|_| chunked).map_or(Window::Full, Window::Chunked);
        let attention = STYLE.attention(f, &trunk, window)?.block();
        blocks.push(attention.joined(feed.block(layer)).with_vectors(norms));
    }
    STYLE.finish(f, trunk, blocks)
}

/// Layers with rotary positions are chunked; those without see everything.
fn chunked_layers(f: &Fields<'_>, trunk: &Trunk) -> Result<Vec<bool>, ConfigError> {
    if let Some(types) = layer_types(f, trunk)? {
        return Ok(types.into_iter().map(|kind| kind == "chunked_attention").collect());
    }
    if let Some(rotary) = f.numbers("no_rope_layers")?.filter(|list| !list.is_empty()) {
        check_length("no_rope_layers", rotary.len(), trunk)?;
        return Ok(rotary.into_iter().map(|mark| mark != 0).collect());
    }
    let interval = f.need_or(&["no_rope_layer_interval"], 4)?.0;
    Ok(trunk.pattern(|i| (i + 1) % interval != 0))
}
