//! One decoder layer: how it mixes tokens, its feed-forward part, its weights.

use crate::model::params::{ClassTable, TensorClass};
use crate::model::precision::WeightFormat;

/// A decoder layer; equal layers compare equal, so groups can be formed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Layer {
    /// How tokens see each other.
    pub mixer: Mixer,
    /// What happens to each token alone.
    pub ffn: Ffn,
    /// Parameters by class, all experts counted.
    pub params: ClassTable<u64>,
    /// Stored format of each class in this layer.
    pub formats: ClassTable<WeightFormat>,
}

/// How tokens see each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mixer {
    /// Multi-head, grouped-query or multi-query attention with a key-value cache.
    Attention(Attention),
    /// Multi-head latent attention: one compressed vector per token in place of keys and values.
    Mla(Mla),
    /// One shared key-value head, its cache compressed over blocks of tokens.
    Compressed(Compressed),
    /// Linear attention: a constant state per sequence.
    Linear(Recurrent),
    /// State-space layer or short convolution: a constant state per sequence.
    StateSpace(Recurrent),
    /// The layer mixes no tokens.
    None,
}

/// Softmax attention over cached heads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Attention {
    /// Query heads.
    pub q_heads: u64,
    /// Key-value heads.
    pub kv_heads: u64,
    /// Elements of a query or key head.
    pub head_dim_qk: u64,
    /// Elements of a value head.
    pub head_dim_v: u64,
    /// Which earlier tokens are seen.
    pub window: Window,
    /// Whether the layer keeps a cache.
    pub kv: KvStore,
    /// Chooser of the tokens attended, where attention is sparse.
    pub indexer: Option<Indexer>,
}

/// Which earlier tokens a layer sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Window {
    /// All of them.
    Full,
    /// The last `n` tokens.
    Sliding(u64),
    /// Those of the same chunk of `n` tokens.
    Chunked(u64),
}

impl Window {
    /// Tokens kept at a context length.
    pub fn held(self, context: u64) -> u64 {
        match self {
            Self::Full => context,
            Self::Sliding(n) | Self::Chunked(n) => context.min(n),
        }
    }
}

/// Whether a layer keeps its own cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KvStore {
    /// The layer caches its keys and values.
    Own,
    /// The layer reads the cache of an earlier one.
    Shared,
}

/// Multi-head latent attention.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Mla {
    /// Heads of query, key and value alike.
    pub heads: u64,
    /// Elements of the cached latent vector.
    pub kv_lora: u64,
    /// Elements of the cached rotary key, shared by heads.
    pub rope_dim: u64,
    /// Rank of the query compression, if any.
    pub q_lora: Option<u64>,
    /// Elements of a query or key head without rotary part.
    pub qk_nope: u64,
    /// Elements of a value head.
    pub v_dim: u64,
    /// Chooser of the tokens attended, where attention is sparse.
    pub indexer: Option<Indexer>,
}

/// A small attention that picks the tokens the layer attends to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Indexer {
    /// Query heads of the indexer.
    pub heads: u64,
    /// Elements of its one cached key per token.
    pub head_dim: u64,
    /// Tokens attended at most.
    pub top_k: u64,
}

/// Attention over compressed blocks of tokens and a short window of plain ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Compressed {
    /// Query heads.
    pub heads: u64,
    /// Elements of a head; key and value are one vector.
    pub head_dim: u64,
    /// Tokens folded into one cached vector; none means that only the window is kept.
    pub ratio: Option<u64>,
    /// Tokens kept uncompressed.
    pub window: u64,
    /// Chooser of the blocks attended, where there is one.
    pub indexer: Option<Indexer>,
}

/// A layer with a constant state per sequence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Recurrent {
    /// Heads of the state.
    pub heads: u64,
    /// Elements of a key (state) vector per head.
    pub key_dim: u64,
    /// Elements of a value vector per head.
    pub value_dim: u64,
    /// Elements of the state of one sequence, convolution tail left out.
    pub state_elements: u64,
    /// Bytes that one sequence keeps in this layer, convolution tail included.
    pub state_bytes: u64,
}

/// What happens to each token alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Ffn {
    /// One multilayer perceptron.
    Dense {
        /// Inner width.
        width: u64,
        /// Two matrices or three.
        gate: Gate,
    },
    /// A mixture of experts.
    Moe(Moe),
    /// The layer has no feed-forward part.
    None,
}

/// Shape of a perceptron.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Gate {
    /// Gate, up and down: three matrices.
    Gated,
    /// Up and down: two matrices.
    Plain,
}

impl Gate {
    /// Matrices in the perceptron.
    pub const fn matrices(self) -> u64 {
        match self {
            Self::Gated => 3,
            Self::Plain => 2,
        }
    }
}

/// A mixture of experts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Moe {
    /// Routed experts.
    pub experts: u64,
    /// Experts a token visits.
    pub per_token: u64,
    /// Inner width of one expert.
    pub width: u64,
    /// Elements an expert reads per token: the hidden size, or a narrower latent.
    pub input: u64,
    /// Inner width of the experts every token visits, together; zero without any.
    pub shared_width: u64,
    /// Shape of each expert.
    pub gate: Gate,
}

impl Layer {
    /// All parameters of the layer.
    pub fn total_params(&self) -> u64 {
        self.params.total()
    }

    /// Parameters that one token is multiplied with.
    pub fn active_params(&self) -> u64 {
        let idle = match self.ffn {
            Ffn::Moe(moe) if moe.experts > 0 => {
                let experts = self.params[TensorClass::Experts];
                experts - experts / moe.experts * moe.per_token.min(moe.experts)
            }
            _ => 0,
        };
        self.total_params() - idle - self.params[TensorClass::Lookup]
    }
}
