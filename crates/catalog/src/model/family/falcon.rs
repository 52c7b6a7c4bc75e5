//! Falcon: attention and perceptron side by side behind one norm or two.

use crate::model::draft::Draft;
use crate::model::error::ConfigError;
use crate::model::family::classic::LLAMA;
use crate::model::family::style::{BiasRule, Mlp, MlpBias, Norm, Style, read_with};
use crate::model::fields::Fields;
use crate::model::layer::Gate;
use crate::model::part::attention::Bias;
use crate::model::size::size;
use crate::model::trunk::{Defaults, Trunk};

/// Reads the family; the keys choose among three generations of the architecture.
pub(super) fn read(f: &Fields<'_>) -> Result<Draft, ConfigError> {
    let newer = f.flag("new_decoder_architecture", false)?;
    let parallel = f.flag("parallel_attn", true)?;
    let mut trunk = Trunk::read(f, Defaults::NONE)?;
    if !newer {
        // Older models have one key-value head or all of them, whatever `num_kv_heads` says.
        trunk.kv_heads = if f.flag("multi_query", true)? { size(1) } else { trunk.heads };
    }
    let norms = match (newer, parallel) {
        (true, _) => f.or(&["num_ln_in_parallel_attn"], 2)?.0,
        (false, true) => 1,
        (false, false) => 2,
    };
    let style = Style {
        tied: true,
        bias: BiasRule::Key("bias", Bias::All, false),
        norm: Norm { per_layer: norms, weights: 2 },
        mlp: Mlp { gate: Gate::Plain, bias: MlpBias::Key("bias", false), multiple: 4 },
        ..LLAMA
    };
    read_with(f, &style, trunk)
}
