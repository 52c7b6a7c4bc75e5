//! MiniMax-M3: grouped-query attention that an indexer thins out to blocks of tokens.

use crate::model::draft::Draft;
use crate::model::error::ConfigError;
use crate::model::family::classic::LLAMA;
use crate::model::family::style::{Feed, QkNormRule, Style};
use crate::model::fields::Fields;
use crate::model::layer::{Indexer, Window};
use crate::model::part::attention::{AttentionPart, QkNorm};
use crate::model::pattern::check_length;
use crate::model::trunk::{Defaults, Trunk};

const STYLE: Style =
    Style { qk_norm: QkNormRule::Key("use_qk_norm", QkNorm::Shared, true), ..LLAMA };

/// Reads the family.
pub(super) fn read(f: &Fields<'_>) -> Result<Draft, ConfigError> {
    let trunk = Trunk::read(f, Defaults::NONE)?;
    let dense = STYLE.attention(f, &trunk, Window::Full)?;
    let (indexer, sparse) = indexed_layers(f, &trunk)?;
    let feed = Feed::read(f, &STYLE, &trunk)?;
    let norms = STYLE.layer_norms(&trunk);
    let blocks = sparse
        .into_iter()
        .enumerate()
        .map(|(layer, sparse)| {
            let attention = AttentionPart { indexer: indexer.filter(|_| sparse), ..dense };
            attention.block().joined(feed.block(layer)).with_vectors(norms)
        })
        .collect();
    STYLE.finish(f, trunk, blocks)
}

/// The indexer, and the layers that have it.
fn indexed_layers(
    f: &Fields<'_>,
    trunk: &Trunk,
) -> Result<(Option<Indexer>, Vec<bool>), ConfigError> {
    let Some(sparse) = f.object("sparse_attention_config")? else {
        return Ok((None, vec![false; trunk.layers]));
    };
    if !sparse.flag("use_sparse_attention", true)? {
        return Ok((None, vec![false; trunk.layers]));
    }
    let blocks = sparse.need(&["sparse_topk_blocks"])?;
    let tokens = blocks * sparse.need(&["sparse_block_size"])?;
    let indexer = Indexer {
        heads: sparse.need(&["sparse_num_index_heads"])?.0,
        head_dim: sparse.need(&["sparse_index_dim"])?.0,
        top_k: tokens.0,
    };
    let marks = sparse.numbers("sparse_attention_freq")?.unwrap_or_default();
    check_length("sparse_attention_freq", marks.len(), trunk)?;
    Ok((Some(indexer), marks.into_iter().map(|mark| mark != 0).collect()))
}
