//! Dimensions that every family has, under the names that families use.

use crate::model::error::ConfigError;
use crate::model::fields::Fields;
use crate::model::size::{Size, size};

/// Dimensions shared by all layers.
#[derive(Debug, Clone, Copy)]
pub(super) struct Trunk {
    pub(super) hidden: Size,
    pub(super) layers: usize,
    pub(super) heads: Size,
    pub(super) kv_heads: Size,
    pub(super) head_dim: Size,
    pub(super) vocab: Size,
    pub(super) context: Option<u64>,
}

/// What a configuration class assumes where a key is left out.
#[derive(Debug, Clone, Copy)]
pub(super) struct Defaults {
    pub(super) head_dim: Option<u64>,
    pub(super) vocab: Option<u64>,
    pub(super) heads: Option<u64>,
    pub(super) kv_heads: Option<u64>,
}

impl Defaults {
    /// Nothing is assumed but one key-value head per query head.
    pub(super) const NONE: Self = Self { head_dim: None, vocab: None, heads: None, kv_heads: None };
}

const HIDDEN: [&str; 4] = ["hidden_size", "n_embd", "d_model", "dim"];
const LAYERS: [&str; 4] = ["num_hidden_layers", "n_layer", "num_layers", "n_layers"];
const HEADS: [&str; 4] = ["num_attention_heads", "n_head", "n_heads", "num_heads"];
const KV_HEADS: [&str; 6] = [
    "num_key_value_heads",
    "num_kv_heads",
    "n_head_kv",
    "multi_query_group_num",
    "num_attention_groups",
    "kv_n_heads",
];
const HEAD_DIM: [&str; 4] = ["head_dim", "attention_head_dim", "kv_channels", "qk_head_dim"];
const VOCAB: [&str; 2] = ["vocab_size", "padded_vocab_size"];
const CONTEXT: [&str; 7] = [
    "max_position_embeddings",
    "n_positions",
    "max_seq_len",
    "max_sequence_length",
    "seq_length",
    "model_max_length",
    "n_ctx",
];

impl Trunk {
    /// Reads the dimensions; `layers` counts what `num_hidden_layers` says.
    pub(super) fn read(f: &Fields<'_>, defaults: Defaults) -> Result<Self, ConfigError> {
        let layers = f.layer_count(&LAYERS)?;
        Self::read_with_layers(f, defaults, layers)
    }

    /// Reads the dimensions of a model whose layers are counted elsewhere.
    pub(super) fn read_with_layers(
        f: &Fields<'_>,
        defaults: Defaults,
        layers: usize,
    ) -> Result<Self, ConfigError> {
        let hidden = f.need(&HIDDEN)?;
        let heads = need(f, &HEADS, defaults.heads)?;
        let kv_heads = f.need_or(&KV_HEADS, defaults.kv_heads.unwrap_or(heads.0))?;
        let split = (hidden.0 / heads.0).max(1);
        Ok(Self {
            hidden,
            layers,
            heads,
            kv_heads,
            head_dim: f.need_or(&HEAD_DIM, defaults.head_dim.unwrap_or(split))?,
            vocab: need(f, &VOCAB, defaults.vocab)?,
            context: f.tokens(&CONTEXT)?,
        })
    }

    /// Every layer index with `true` where `chosen` says so.
    pub(super) fn pattern(&self, chosen: impl Fn(u64) -> bool) -> Vec<bool> {
        (0..self.layers as u64).map(chosen).collect()
    }
}

fn need(f: &Fields<'_>, names: &[&str], default: Option<u64>) -> Result<Size, ConfigError> {
    match default {
        Some(value) => f.need_or(names, value),
        None => f.need(names),
    }
}

/// Width of dense feed-forward layers under the names that families use.
pub(super) fn dense_width(
    f: &Fields<'_>,
    hidden: Size,
    multiple: u64,
) -> Result<Size, ConfigError> {
    const NAMES: [&str; 8] = [
        "intermediate_size_mlp",
        "dense_intermediate_size",
        "intermediate_size",
        "n_inner",
        "ffn_hidden_size",
        "ffn_dim",
        "d_ff",
        "block_ff_dim",
    ];
    if multiple == 0 { f.need(&NAMES) } else { f.need_or(&NAMES, (hidden * size(multiple)).0) }
}
