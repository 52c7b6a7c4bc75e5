//! DeepSeek-V4: one key-value head compressed over blocks of tokens, grouped low-rank output,
//! hyper-connections around every part.

use crate::model::draft::{Draft, tied};
use crate::model::error::ConfigError;
use crate::model::experts::{self, MoeStyle};
use crate::model::fields::{Fields, inconsistent};
use crate::model::layer::{Compressed, Gate, Indexer, Mixer};
use crate::model::params::TensorClass;
use crate::model::part::block::Block;
use crate::model::size::{Size, size};
use crate::model::trunk::{Defaults, Trunk};

/// A block of this many tokens overlaps its neighbour and is chosen by an indexer.
const INDEXED_RATIO: u64 = 4;

struct Shape {
    trunk: Trunk,
    q_lora: Size,
    o_lora: Size,
    o_groups: Size,
    window: u64,
    indexer: Indexer,
    streams: Size,
}

/// Reads the family.
pub(super) fn read(f: &Fields<'_>) -> Result<Draft, ConfigError> {
    let shape = Shape::read(f)?;
    let trunk = shape.trunk;
    let ratios = f.numbers("compress_ratios")?.unwrap_or_default();
    if ratios.len() < trunk.layers {
        let problem = format!("has {} entries for {} layers", ratios.len(), trunk.layers);
        return Err(inconsistent("compress_ratios", problem));
    }
    let moe = experts::read(f, trunk.hidden, Gate::Gated, MoeStyle::PLAIN)?
        .ok_or_else(|| ConfigError::Missing { field: "n_routed_experts".to_owned() })?
        .block();
    let vectors = trunk.hidden * size(2) + shape.connections();
    // The list goes on past the last layer, for the speculative head.
    let blocks = ratios
        .iter()
        .take(trunk.layers)
        .map(|ratio| shape.attention(size(*ratio)).joined(moe).with_vectors(vectors))
        .collect();
    let mut draft = Draft::new(trunk, tied(f, false)?, trunk.hidden, blocks);
    let streams = shape.streams;
    draft.add_outside(TensorClass::Vector, streams * streams * trunk.hidden + streams + size(1));
    Ok(draft)
}

impl Shape {
    fn read(f: &Fields<'_>) -> Result<Self, ConfigError> {
        Ok(Self {
            trunk: Trunk::read(f, Defaults::NONE)?,
            q_lora: f.need(&["q_lora_rank"])?,
            o_lora: f.need(&["o_lora_rank"])?,
            o_groups: f.need(&["o_groups"])?,
            window: f.need(&["sliding_window"])?.0,
            indexer: Indexer {
                heads: f.need(&["index_n_heads"])?.0,
                head_dim: f.need(&["index_head_dim"])?.0,
                top_k: f.need(&["index_topk"])?.0,
            },
            streams: f.need_or(&["hc_mult"], 4)?,
        })
    }

    /// Mixing weights of the residual streams, before attention and before the experts.
    fn connections(&self) -> Size {
        let mixes = (self.streams + size(2)) * self.streams;
        (mixes * self.streams * self.trunk.hidden + mixes + size(3)) * size(2)
    }

    fn attention(&self, ratio: Size) -> Block {
        let Trunk { hidden, heads, head_dim, .. } = self.trunk;
        let indexed = ratio.0 == INDEXED_RATIO;
        let mixer = Mixer::Compressed(Compressed {
            heads: heads.0,
            head_dim: head_dim.0,
            ratio: Some(ratio.0).filter(|ratio| *ratio > 0),
            window: self.window,
            indexer: indexed.then_some(self.indexer),
        });
        let mut block = Block { mixer, ..Block::empty() };
        let query = hidden * self.q_lora + self.q_lora * heads * head_dim;
        let output = heads * head_dim * self.o_lora + self.o_groups * self.o_lora * hidden;
        block.add(TensorClass::Attention, query + hidden * head_dim + output);
        block.add(TensorClass::Vector, self.q_lora + head_dim + heads);
        if ratio.0 > 0 {
            compressor(&mut block, hidden, head_dim, ratio);
        }
        if indexed {
            let (index_heads, dim) = (size(self.indexer.heads), size(self.indexer.head_dim));
            let scores = self.q_lora * index_heads * dim + hidden * index_heads;
            block.add(TensorClass::Attention, scores);
            compressor(&mut block, hidden, dim, ratio);
        }
        block
    }
}

/// Folds `ratio` tokens into one vector: a value and a gate matrix, a position table, a norm.
fn compressor(block: &mut Block, hidden: Size, dim: Size, ratio: Size) {
    let overlap = if ratio.0 == INDEXED_RATIO { size(2) } else { size(1) };
    block.add(TensorClass::Attention, hidden * dim * overlap * size(2));
    block.add(TensorClass::Vector, ratio * dim * overlap + dim);
}
