//! Families with latent attention: DeepSeek-V2, V3 and V3.2, Kimi K2, GLM-5, MiniCPM3.

use crate::model::draft::Draft;
use crate::model::error::ConfigError;
use crate::model::experts::{Correction, MoeStyle};
use crate::model::family::classic::LLAMA;
use crate::model::family::style::{Feed, Style};
use crate::model::fields::Fields;
use crate::model::part::mla::MlaPart;
use crate::model::trunk::{Defaults, Trunk};

/// Reads a model whose every layer has latent attention; norms and perceptrons are Llama's.
pub(super) fn read(f: &Fields<'_>) -> Result<Draft, ConfigError> {
    read_with(f, LLAMA.moe)
}

/// As [`read`], for classes whose router always holds a correction per expert.
pub(super) fn read_corrected(f: &Fields<'_>) -> Result<Draft, ConfigError> {
    read_with(f, MoeStyle { correction: Correction::Always, ..LLAMA.moe })
}

fn read_with(f: &Fields<'_>, moe: MoeStyle) -> Result<Draft, ConfigError> {
    let style = Style { moe, ..LLAMA };
    let trunk = Trunk::read(f, Defaults::NONE)?;
    let attention = MlaPart::read(f, trunk.hidden, trunk.heads)?.block();
    let feed = Feed::read(f, &style, &trunk)?;
    let norms = style.layer_norms(&trunk);
    let blocks = (0..trunk.layers)
        .map(|layer| attention.joined(feed.block(layer)).with_vectors(norms))
        .collect();
    style.finish(f, trunk, blocks)
}
