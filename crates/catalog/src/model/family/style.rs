//! Families of the classic kind: attention and a perceptron or experts in every layer.
//!
//! Such a family is a [`Style`]: what its modelling code does that its configuration does not
//! say. Everything else is read from keys.

use crate::model::draft::{Draft, tied};
use crate::model::error::ConfigError;
use crate::model::experts::{self, MoeStyle};
use crate::model::fields::Fields;
use crate::model::layer::{Gate, Window};
use crate::model::params::TensorClass;
use crate::model::part::attention::{AttentionPart, Bias, OutputGate, QkNorm};
use crate::model::part::block::Block;
use crate::model::part::ffn::{DensePart, MoePart};
use crate::model::pattern::{self, WindowRule};
use crate::model::size::{Size, size};
use crate::model::trunk::{Defaults, Trunk, dense_width};

/// What a classic family does that no key tells.
#[derive(Debug, Clone, Copy)]
pub(super) struct Style {
    pub(super) defaults: Defaults,
    pub(super) tied: bool,
    pub(super) bias: BiasRule,
    pub(super) qk_norm: QkNormRule,
    pub(super) gate: OutputGate,
    pub(super) sinks: bool,
    pub(super) norm: Norm,
    pub(super) mlp: Mlp,
    pub(super) moe: MoeStyle,
    pub(super) windows: WindowRule,
    pub(super) head_bias: HeadBias,
    pub(super) positions: Positions,
}

/// When projections of attention carry a bias.
#[derive(Debug, Clone, Copy)]
pub(super) enum BiasRule {
    /// Always the same way.
    Fixed(Bias),
    /// This way if the key is true; the class default follows.
    Key(&'static str, Bias, bool),
    /// Query, key and value by the first key, the output by the second.
    QkvThenOut(&'static str, &'static str),
}

/// When queries and keys are normalised.
#[derive(Debug, Clone, Copy)]
pub(super) enum QkNormRule {
    /// Always the same way.
    Fixed(QkNorm),
    /// This way if the key is true; the class default follows.
    Key(&'static str, QkNorm, bool),
}

/// Norms of a layer and the one behind the last.
#[derive(Debug, Clone, Copy)]
pub(super) struct Norm {
    /// Norms in a layer.
    pub(super) per_layer: u64,
    /// Weights per element: none, a scale, a scale and a shift.
    pub(super) weights: u64,
}

/// The shape of a perceptron.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mlp {
    pub(super) gate: Gate,
    pub(super) bias: MlpBias,
    /// Inner width over hidden size where no key tells it; zero if a key must.
    pub(super) multiple: u64,
}

/// When a perceptron has biases.
#[derive(Debug, Clone, Copy)]
pub(super) enum MlpBias {
    /// Always or never.
    Fixed(bool),
    /// If the key is true; the class default follows.
    Key(&'static str, bool),
}

/// Whether the head has one bias per token of the vocabulary.
#[derive(Debug, Clone, Copy)]
pub(super) enum HeadBias {
    /// Always or never.
    Fixed(bool),
    /// If `lm_head_bias` is true.
    Key,
}

/// Learned position tables.
#[derive(Debug, Clone, Copy)]
pub(super) enum Positions {
    /// None: rotary, biased or no positions.
    None,
    /// One row per position, and so many rows more.
    Table(u64),
    /// No table, but one norm behind the embedding.
    NormedEmbedding,
}

/// Reads a classic model.
pub(super) fn read(f: &Fields<'_>, style: &Style) -> Result<Draft, ConfigError> {
    let trunk = Trunk::read(f, style.defaults)?;
    read_with(f, style, trunk)
}

/// Reads a classic model whose dimensions are known.
pub(super) fn read_with(f: &Fields<'_>, style: &Style, trunk: Trunk) -> Result<Draft, ConfigError> {
    let windows = pattern::windows(f, &trunk, style.windows)?;
    let feed = Feed::read(f, style, &trunk)?;
    let mut blocks = Vec::with_capacity(trunk.layers);
    for (layer, window) in windows.into_iter().enumerate() {
        let attention = style.attention(f, &trunk, window)?.block();
        blocks.push(attention.joined(feed.block(layer)).with_vectors(style.layer_norms(&trunk)));
    }
    style.finish(f, trunk, blocks)
}

impl Style {
    /// The attention of a layer.
    pub(super) fn attention(
        &self,
        f: &Fields<'_>,
        trunk: &Trunk,
        window: Window,
    ) -> Result<AttentionPart, ConfigError> {
        let plain = AttentionPart::plain(trunk.hidden, trunk.heads, trunk.kv_heads, trunk.head_dim);
        Ok(AttentionPart {
            window,
            bias: self.bias.of(f)?,
            qk_norm: self.qk_norm.of(f)?,
            gate: self.gate,
            sinks: if self.sinks { trunk.heads } else { size(0) },
            ..plain
        })
    }

    /// Weights of a layer's norms.
    pub(super) fn layer_norms(&self, trunk: &Trunk) -> Size {
        trunk.hidden * size(self.norm.per_layer * self.norm.weights)
    }

    /// Puts embedding, final norm and head around the layers.
    pub(super) fn finish(
        &self,
        f: &Fields<'_>,
        trunk: Trunk,
        blocks: Vec<Block>,
    ) -> Result<Draft, ConfigError> {
        let norm = trunk.hidden * size(self.norm.weights);
        let mut draft = Draft::new(trunk, tied(f, self.tied)?, norm, blocks);
        let biased = match self.head_bias {
            HeadBias::Fixed(biased) => biased,
            HeadBias::Key => f.flag("lm_head_bias", false)?,
        };
        if biased {
            draft.add_outside(TensorClass::Vector, trunk.vocab);
        }
        match self.positions {
            Positions::None => {}
            Positions::Table(more) => {
                let rows = size(trunk.context.unwrap_or(0)) + size(more);
                draft.add_outside(TensorClass::Lookup, rows * trunk.hidden);
            }
            Positions::NormedEmbedding => draft.add_outside(TensorClass::Vector, norm),
        }
        Ok(draft)
    }
}

/// The feed-forward parts of a model: dense ones, experts, and where each stands.
pub(super) struct Feed {
    dense: DensePart,
    moe: Option<MoePart>,
    sparse: Vec<bool>,
}

impl Feed {
    /// Reads perceptron and experts.
    pub(super) fn read(f: &Fields<'_>, style: &Style, trunk: &Trunk) -> Result<Self, ConfigError> {
        let moe = experts::read(f, trunk.hidden, style.mlp.gate, style.moe)?;
        let sparse = match moe {
            Some(_) => pattern::sparse_layers(f, trunk)?,
            None => vec![false; trunk.layers],
        };
        let width = if sparse.iter().all(|sparse| *sparse) {
            // No dense layer: a width may be missing, and is not used.
            size(0)
        } else {
            dense_width(f, trunk.hidden, style.mlp.multiple)?
        };
        let bias = match style.mlp.bias {
            MlpBias::Fixed(bias) => bias,
            MlpBias::Key(key, default) => f.flag(key, default)?,
        };
        let dense = DensePart { hidden: trunk.hidden, width, gate: style.mlp.gate, bias };
        Ok(Self { dense, moe, sparse })
    }

    /// The part of one layer.
    pub(super) fn block(&self, layer: usize) -> Block {
        match self.moe {
            Some(moe) if self.sparse.get(layer) == Some(&true) => moe.block(),
            _ => self.dense.block(),
        }
    }
}

impl BiasRule {
    fn of(self, f: &Fields<'_>) -> Result<Bias, ConfigError> {
        match self {
            Self::Fixed(bias) => Ok(bias),
            Self::Key(key, bias, default) => {
                Ok(if f.flag(key, default)? { bias } else { Bias::None })
            }
            Self::QkvThenOut(qkv, out) => Ok(match (f.flag(qkv, false)?, f.flag(out, false)?) {
                (true, true) => Bias::All,
                (true, false) => Bias::Qkv,
                (false, _) => Bias::None,
            }),
        }
    }
}

impl QkNormRule {
    fn of(self, f: &Fields<'_>) -> Result<QkNorm, ConfigError> {
        match self {
            Self::Fixed(norm) => Ok(norm),
            Self::Key(key, norm, default) => {
                Ok(if f.flag(key, default)? { norm } else { QkNorm::None })
            }
        }
    }
}
