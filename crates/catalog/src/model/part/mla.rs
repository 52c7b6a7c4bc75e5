//! Multi-head latent attention (DeepSeek-V2, arXiv:2405.04434, section 2.1).

use crate::model::error::ConfigError;
use crate::model::fields::Fields;
use crate::model::layer::{Indexer, Mixer, Mla};
use crate::model::params::TensorClass;
use crate::model::part::attention::OutputGate;
use crate::model::part::block::Block;
use crate::model::size::{Size, size};

/// The shape of one latent-attention layer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MlaPart {
    hidden: Size,
    heads: Size,
    kv_lora: Size,
    q_lora: Option<Size>,
    nope: Size,
    rope: Size,
    value: Size,
    bias: bool,
    gate: OutputGate,
    indexer: Option<Indexer>,
}

impl MlaPart {
    /// Reads the shape; `index_n_heads` brings a sparse-attention indexer with it.
    pub(crate) fn read(f: &Fields<'_>, hidden: Size, heads: Size) -> Result<Self, ConfigError> {
        let indexer = match f.maybe(&["index_n_heads"])? {
            None => None,
            Some(heads) => Some(Indexer {
                heads: heads.0,
                head_dim: f.need(&["index_head_dim"])?.0,
                top_k: f.or(&["index_topk"], 2048)?.0,
            }),
        };
        let gated = f.flag("mla_use_output_gate", false)?;
        Ok(Self {
            hidden,
            heads,
            kv_lora: f.need(&["kv_lora_rank"])?,
            q_lora: f.maybe(&["q_lora_rank"])?.filter(|rank| rank.0 > 0),
            nope: f.need(&["qk_nope_head_dim"])?,
            rope: f.need(&["qk_rope_head_dim"])?,
            value: f.need(&["v_head_dim"])?,
            bias: f.flag("attention_bias", false)?,
            gate: if gated { OutputGate::PerElement } else { OutputGate::None },
            indexer,
        })
    }

    /// The layer with its weights.
    pub(crate) fn block(&self) -> Block {
        let mut block = Block { mixer: self.mixer(), ..Block::empty() };
        let query = self.heads * (self.nope + self.rope);
        let output = self.heads * self.value;
        let from_hidden = match self.q_lora {
            Some(rank) => self.hidden * rank + rank * query,
            None => self.hidden * query,
        };
        let latent = self.hidden * (self.kv_lora + self.rope);
        let expand = self.kv_lora * self.heads * (self.nope + self.value);
        let gate = match self.gate {
            OutputGate::PerElement => self.hidden * output,
            OutputGate::PerHead => self.hidden * self.heads,
            OutputGate::None => size(0),
        };
        block.add(
            TensorClass::Attention,
            from_hidden + latent + expand + output * self.hidden + gate,
        );
        block.add(TensorClass::Vector, self.kv_lora + self.q_lora.unwrap_or_default());
        if self.bias {
            let compressed = self.q_lora.unwrap_or_default() + self.kv_lora + self.rope;
            block.add(TensorClass::Vector, compressed + self.hidden);
        }
        self.add_indexer(&mut block);
        block
    }

    /// The indexer reads the compressed query and caches one key of its own per token.
    fn add_indexer(&self, block: &mut Block) {
        let Some(indexer) = self.indexer else { return };
        let (heads, dim) = (size(indexer.heads), size(indexer.head_dim));
        let query = self.q_lora.unwrap_or(self.hidden) * heads * dim;
        block.add(TensorClass::Attention, query + self.hidden * (dim + heads));
        // The key is layer-normalised, with weight and bias.
        block.add(TensorClass::Vector, dim * size(2));
    }

    fn mixer(&self) -> Mixer {
        Mixer::Mla(Mla {
            heads: self.heads.0,
            kv_lora: self.kv_lora.0,
            rope_dim: self.rope.0,
            q_lora: self.q_lora.map(|rank| rank.0),
            qk_nope: self.nope.0,
            v_dim: self.value.0,
            indexer: self.indexer,
        })
    }
}
