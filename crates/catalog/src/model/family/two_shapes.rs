//! Families whose sliding layers have heads of their own shape: MiMo-V2, Step 3.5 and 3.7.

use crate::model::draft::Draft;
use crate::model::error::ConfigError;
use crate::model::family::classic::LLAMA;
use crate::model::family::style::{Feed, QkNormRule, Style};
use crate::model::fields::Fields;
use crate::model::layer::Window;
use crate::model::part::attention::{AttentionPart, Bias, OutputGate, QkNorm};
use crate::model::pattern::{self, WindowRule, check_length};
use crate::model::size::size;
use crate::model::trunk::{Defaults, Trunk};

/// Reads MiMo-V2: value heads are narrower than key heads, sliding layers have learned sinks.
pub(super) fn read_mimo_v2(f: &Fields<'_>) -> Result<Draft, ConfigError> {
    let trunk = Trunk::read(f, Defaults::NONE)?;
    let Trunk { hidden, heads, kv_heads, head_dim, .. } = trunk;
    let bias = if f.flag("attention_bias", false)? { Bias::Qkv } else { Bias::None };
    let sinks = |key, default, heads| Ok(if f.flag(key, default)? { heads } else { size(0) });
    let full = AttentionPart {
        dim_v: f.need_or(&["v_head_dim"], head_dim.0)?,
        sinks: sinks("add_full_attention_sink_bias", false, heads)?,
        bias,
        ..AttentionPart::plain(hidden, heads, kv_heads, head_dim)
    };
    let swa_heads = f.need_or(&["swa_num_attention_heads"], heads.0)?;
    let tokens = f.need(&["sliding_window", "sliding_window_size"])?;
    let sliding = AttentionPart {
        q_heads: swa_heads,
        kv_heads: f.need_or(&["swa_num_key_value_heads"], kv_heads.0)?,
        dim_qk: f.need_or(&["swa_head_dim"], head_dim.0)?,
        dim_v: f.need_or(&["swa_v_head_dim"], full.dim_v.0)?,
        sinks: sinks("add_swa_attention_sink_bias", true, swa_heads)?,
        window: Window::Sliding(tokens.0),
        ..full
    };
    let marks = f.numbers("hybrid_layer_pattern")?.unwrap_or_default();
    check_length("hybrid_layer_pattern", marks.len(), &trunk)?;
    let parts = marks.into_iter().map(|mark| if mark == 1 { sliding } else { full }).collect();
    put_together(f, &LLAMA, trunk, parts)
}

/// Reads Step 3.5 and 3.7: one gate per head; sliding layers may have more heads.
pub(super) fn read_step3(f: &Fields<'_>) -> Result<Draft, ConfigError> {
    let gated = f.flag("use_head_wise_attn_gate", true)?;
    let style = Style {
        qk_norm: QkNormRule::Fixed(QkNorm::Shared),
        gate: if gated { OutputGate::PerHead } else { OutputGate::None },
        ..LLAMA
    };
    let trunk = Trunk::read(f, style.defaults)?;
    let other = f.object("attention_other_setting")?;
    let mut parts = Vec::with_capacity(trunk.layers);
    for window in pattern::windows(f, &trunk, WindowRule::EveryNth(4))? {
        let mut part = style.attention(f, &trunk, window)?;
        if let (Some(other), Window::Sliding(_)) = (other, window) {
            part.q_heads = other.need_or(&["num_attention_heads"], trunk.heads.0)?;
            part.kv_heads = other.need_or(&["num_attention_groups"], trunk.kv_heads.0)?;
        }
        parts.push(part);
    }
    put_together(f, &style, trunk, parts)
}

fn put_together(
    f: &Fields<'_>,
    style: &Style,
    trunk: Trunk,
    parts: Vec<AttentionPart>,
) -> Result<Draft, ConfigError> {
    let feed = Feed::read(f, style, &trunk)?;
    let norms = style.layer_norms(&trunk);
    let blocks = parts
        .into_iter()
        .enumerate()
        .map(|(layer, part)| part.block().joined(feed.block(layer)).with_vectors(norms))
        .collect();
    style.finish(f, trunk, blocks)
}
