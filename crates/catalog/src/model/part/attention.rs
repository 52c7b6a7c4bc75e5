//! Softmax attention with separate heads: multi-head, grouped-query, multi-query.

use crate::model::layer::{Attention, Indexer, KvStore, Mixer, Window};
use crate::model::params::TensorClass;
use crate::model::part::block::Block;
use crate::model::size::{Size, size};

/// Which projections carry a bias.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bias {
    /// None of them.
    None,
    /// Query, key and value.
    Qkv,
    /// Query, key, value and output.
    All,
}

/// How queries and keys are normalised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum QkNorm {
    /// They are not.
    None,
    /// One weight vector of a head's size for queries and one for keys.
    Shared,
    /// A weight for every element of every head.
    PerElement,
    /// A weight vector of a head's size for queries alone; keys come from another layer.
    QueryOnly,
}

/// How the output of attention is gated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OutputGate {
    /// It is not.
    None,
    /// One gate per element.
    PerElement,
    /// One gate per head.
    PerHead,
}

/// Where values come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KvSource {
    /// A key matrix and a value matrix.
    Both,
    /// A key matrix whose output serves as value too.
    KeyOnly,
    /// Another layer's cache.
    None,
}

/// The shape of one attention layer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AttentionPart {
    pub(crate) hidden: Size,
    pub(crate) q_heads: Size,
    pub(crate) kv_heads: Size,
    pub(crate) dim_qk: Size,
    pub(crate) dim_v: Size,
    pub(crate) window: Window,
    pub(crate) bias: Bias,
    pub(crate) qk_norm: QkNorm,
    pub(crate) gate: OutputGate,
    pub(crate) source: KvSource,
    /// Learned attention sinks, one weight per query head.
    pub(crate) sinks: Size,
    pub(crate) indexer: Option<Indexer>,
}

impl AttentionPart {
    /// Plain attention of equal head sizes over the whole context.
    pub(crate) fn plain(hidden: Size, q_heads: Size, kv_heads: Size, head_dim: Size) -> Self {
        Self {
            hidden,
            q_heads,
            kv_heads,
            dim_qk: head_dim,
            dim_v: head_dim,
            window: Window::Full,
            bias: Bias::None,
            qk_norm: QkNorm::None,
            gate: OutputGate::None,
            source: KvSource::Both,
            sinks: size(0),
            indexer: None,
        }
    }

    /// The layer with its weights: d(q + k + v) + o, biases, norms, gates and sinks.
    pub(crate) fn block(&self) -> Block {
        let mut block = Block { mixer: self.mixer(), ..Block::empty() };
        let query = self.q_heads * self.dim_qk;
        let output = self.q_heads * self.dim_v;
        let gate = match self.gate {
            OutputGate::None => size(0),
            OutputGate::PerElement => output,
            OutputGate::PerHead => self.q_heads,
        };
        block.add(
            TensorClass::Attention,
            self.hidden * (query + self.cached_width() + gate + output),
        );
        block.add(TensorClass::Vector, self.biases() + self.norms() + self.sinks);
        if let Some(indexer) = self.indexer {
            // Index queries and one index key, each with a norm of its own.
            let (heads, dim) = (size(indexer.heads), size(indexer.head_dim));
            block.add(TensorClass::Attention, self.hidden * (heads * dim + dim));
            block.add(TensorClass::Vector, dim * size(2));
        }
        block
    }

    /// Elements of the key and value projections together.
    fn cached_width(&self) -> Size {
        match self.source {
            KvSource::Both => self.kv_heads * (self.dim_qk + self.dim_v),
            KvSource::KeyOnly => self.kv_heads * self.dim_qk,
            KvSource::None => size(0),
        }
    }

    fn biases(&self) -> Size {
        let qkv = self.q_heads * self.dim_qk + self.cached_width();
        match self.bias {
            Bias::None => size(0),
            Bias::Qkv => qkv,
            Bias::All => qkv + self.hidden,
        }
    }

    fn norms(&self) -> Size {
        match self.qk_norm {
            QkNorm::None => size(0),
            QkNorm::Shared => self.dim_qk * size(2),
            QkNorm::PerElement => (self.q_heads + self.kv_heads) * self.dim_qk,
            QkNorm::QueryOnly => self.dim_qk,
        }
    }

    fn mixer(&self) -> Mixer {
        let kv = if self.source == KvSource::None { KvStore::Shared } else { KvStore::Own };
        Mixer::Attention(Attention {
            q_heads: self.q_heads.0,
            kv_heads: self.kv_heads.0,
            head_dim_qk: self.dim_qk.0,
            head_dim_v: self.dim_v.0,
            window: self.window,
            kv,
            indexer: self.indexer,
        })
    }
}
