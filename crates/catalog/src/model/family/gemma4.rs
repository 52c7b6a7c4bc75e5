//! Gemma 4: two head sizes, keys that serve as values, shared caches, per-layer inputs, and
//! experts beside the perceptron.

use crate::model::draft::Draft;
use crate::model::error::ConfigError;
use crate::model::experts::{self, MoeStyle, Shared};
use crate::model::family::classic::LLAMA;
use crate::model::family::style::{Norm, Style};
use crate::model::fields::{Fields, inconsistent};
use crate::model::layer::{Gate, Window};
use crate::model::params::TensorClass;
use crate::model::part::attention::{AttentionPart, KvSource, QkNorm};
use crate::model::part::block::Block;
use crate::model::part::ffn::{DensePart, MoePart};
use crate::model::pattern::{self, WindowRule};
use crate::model::size::{Size, size};
use crate::model::trunk::{Defaults, Trunk, dense_width};

const STYLE: Style = Style {
    tied: true,
    norm: Norm { per_layer: 4, weights: 1 },
    defaults: Defaults { head_dim: Some(256), vocab: Some(262_144), ..Defaults::NONE },
    ..LLAMA
};

struct Shape {
    trunk: Trunk,
    global_dim: Size,
    global_kv: Size,
    keys_are_values: bool,
    /// First layer that reads another's cache; past the last if none does.
    first_shared: usize,
    width: Size,
    shared_width: Size,
    moe: Option<MoePart>,
    /// Elements of the input that each layer has of its own; zero without.
    per_layer: Size,
}

/// Reads the family.
pub(super) fn read(f: &Fields<'_>) -> Result<Draft, ConfigError> {
    let shape = Shape::read(f)?;
    let trunk = shape.trunk;
    let windows = pattern::windows(f, &trunk, WindowRule::EveryNthOf(6, 512))?;
    let blocks =
        windows.into_iter().enumerate().map(|(layer, window)| shape.block(layer, window)).collect();
    let mut draft = STYLE.finish(f, trunk, blocks)?;
    if shape.per_layer.0 > 0 {
        let rows = f.need_or(&["vocab_size_per_layer_input"], trunk.vocab.0)?;
        let all = size(trunk.layers as u64) * shape.per_layer;
        draft.add_outside(TensorClass::Lookup, rows * all);
        draft.add_outside(TensorClass::Mlp, trunk.hidden * all);
        draft.add_outside(TensorClass::Vector, shape.per_layer);
    }
    Ok(draft)
}

impl Shape {
    fn read(f: &Fields<'_>) -> Result<Self, ConfigError> {
        let trunk = Trunk::read(f, STYLE.defaults)?;
        let shared_layers = f.or(&["num_kv_shared_layers"], 0)?.0;
        let layers = trunk.layers as u64;
        let first_shared = layers.checked_sub(shared_layers).filter(|first| *first > 0);
        let first_shared = first_shared.ok_or_else(|| {
            inconsistent("num_kv_shared_layers", "leaves no layer with a cache of its own")
        })?;
        let width = dense_width(f, trunk.hidden, 0)?;
        let doubled = f.flag("use_double_wide_mlp", false)?;
        let moe = if f.flag("enable_moe_block", false)? {
            let style = MoeStyle { shared: Shared::None, ..MoeStyle::PLAIN };
            experts::read(f, trunk.hidden, Gate::Gated, style)?
        } else {
            None
        };
        Ok(Self {
            trunk,
            global_dim: f.need_or(&["global_head_dim"], trunk.head_dim.0)?,
            global_kv: f.need_or(&["num_global_key_value_heads"], trunk.kv_heads.0)?,
            keys_are_values: f.flag("attention_k_eq_v", false)?,
            first_shared: first_shared as usize,
            width,
            shared_width: if doubled { width * size(2) } else { width },
            moe,
            per_layer: f.or(&["hidden_size_per_layer_input"], 0)?,
        })
    }

    fn block(&self, layer: usize, window: Window) -> Block {
        let hidden = self.trunk.hidden;
        let shares = layer >= self.first_shared;
        let width = if shares { self.shared_width } else { self.width };
        let dense = DensePart { hidden, width, gate: Gate::Gated, bias: false }.block();
        let mut ffn = dense;
        if let Some(moe) = self.moe {
            // The perceptron runs beside the experts, with three norms more; the router scales
            // its input and each expert.
            let shared_width = width;
            ffn = MoePart { shared_width, router_extra: hidden + moe.experts, ..moe }.block();
            ffn = ffn.with_vectors(hidden * size(3));
        }
        let mut block = self.attention(window, shares).block().joined(ffn);
        if self.per_layer.0 > 0 {
            block.add(TensorClass::Mlp, hidden * self.per_layer * size(2));
            block.add(TensorClass::Vector, hidden);
        }
        // One scalar scales the layer's output.
        block.with_vectors(STYLE.layer_norms(&self.trunk) + size(1))
    }

    fn attention(&self, window: Window, shares: bool) -> AttentionPart {
        let Trunk { hidden, heads, kv_heads, head_dim, .. } = self.trunk;
        let global = window == Window::Full;
        let merged = global && self.keys_are_values;
        let dim = if global { self.global_dim } else { head_dim };
        let kv = if merged { self.global_kv } else { kv_heads };
        let source = match (shares, merged) {
            (true, _) => KvSource::None,
            (false, true) => KvSource::KeyOnly,
            (false, false) => KvSource::Both,
        };
        let qk_norm = if shares { QkNorm::QueryOnly } else { QkNorm::Shared };
        AttentionPart { window, qk_norm, source, ..AttentionPart::plain(hidden, heads, kv, dim) }
    }
}
