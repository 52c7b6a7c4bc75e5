//! Nemotron-H and Nemotron 3: each layer is one part, a Mamba-2, an attention, a perceptron or
//! experts, behind one norm.

use crate::model::draft::{Draft, tied};
use crate::model::error::ConfigError;
use crate::model::experts::{self, Correction, MoeStyle};
use crate::model::fields::{Fields, inconsistent};
use crate::model::layer::Gate;
use crate::model::part::attention::{AttentionPart, Bias};
use crate::model::part::block::Block;
use crate::model::part::ffn::DensePart;
use crate::model::part::recurrent::Mamba2;
use crate::model::size::MOST_LAYERS;
use crate::model::trunk::{Defaults, Trunk, dense_width};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Mamba,
    Attention,
    Mlp,
    Experts,
}

/// Reads the family; the pattern may be letters or a list of words, and counts the layers.
pub(super) fn read(f: &Fields<'_>) -> Result<Draft, ConfigError> {
    let parts = pattern(f)?;
    let trunk = Trunk::read_with_layers(f, Defaults::NONE, parts.len())?;
    let blocks = parts
        .into_iter()
        .map(|part| Ok(block(f, &trunk, part)?.with_vectors(trunk.hidden)))
        .collect::<Result<Vec<_>, ConfigError>>()?;
    Ok(Draft::new(trunk, tied(f, false)?, trunk.hidden, blocks))
}

fn pattern(f: &Fields<'_>) -> Result<Vec<Part>, ConfigError> {
    let (field, parts) = if let Some(letters) = f.word("hybrid_override_pattern")? {
        let parts: Result<Vec<Part>, _> = letters.chars().map(part_of_letter).collect();
        ("hybrid_override_pattern", parts?)
    } else if let Some(words) = f.words("layers_block_type")? {
        let parts: Result<Vec<Part>, _> = words.into_iter().map(part_of_word).collect();
        ("layers_block_type", parts?)
    } else {
        return Err(ConfigError::Missing { field: "hybrid_override_pattern".to_owned() });
    };
    let stated = f.tokens(&["num_hidden_layers"])?.unwrap_or(parts.len() as u64);
    if parts.len() as u64 != stated || parts.len() as u64 > MOST_LAYERS {
        let problem = format!("has {} entries for {stated} layers", parts.len());
        return Err(inconsistent(field, problem));
    }
    Ok(parts)
}

fn part_of_letter(letter: char) -> Result<Part, ConfigError> {
    match letter {
        'M' => Ok(Part::Mamba),
        '*' => Ok(Part::Attention),
        '-' => Ok(Part::Mlp),
        'E' => Ok(Part::Experts),
        _ => Err(inconsistent("hybrid_override_pattern", format!("holds `{letter}`"))),
    }
}

fn part_of_word(word: &str) -> Result<Part, ConfigError> {
    match word {
        "mamba" => Ok(Part::Mamba),
        "attention" => Ok(Part::Attention),
        "mlp" => Ok(Part::Mlp),
        "moe" => Ok(Part::Experts),
        _ => Err(inconsistent("layers_block_type", format!("holds `{word}`"))),
    }
}

fn block(f: &Fields<'_>, trunk: &Trunk, part: Part) -> Result<Block, ConfigError> {
    match part {
        Part::Mamba => Ok(mamba(f, trunk)?.block()),
        Part::Attention => {
            let bias = if f.flag("attention_bias", false)? { Bias::All } else { Bias::None };
            let Trunk { hidden, heads, kv_heads, head_dim, .. } = *trunk;
            let plain = AttentionPart::plain(hidden, heads, kv_heads, head_dim);
            Ok(AttentionPart { bias, ..plain }.block())
        }
        Part::Mlp => {
            let width = dense_width(f, trunk.hidden, 0)?;
            let bias = f.flag("mlp_bias", false)?;
            Ok(DensePart { hidden: trunk.hidden, width, gate: Gate::Plain, bias }.block())
        }
        Part::Experts => {
            let style = MoeStyle { correction: Correction::Always, ..MoeStyle::PLAIN };
            let moe = experts::read(f, trunk.hidden, Gate::Plain, style)?;
            let missing = || ConfigError::Missing { field: "n_routed_experts".to_owned() };
            Ok(moe.ok_or_else(missing)?.block())
        }
    }
}

fn mamba(f: &Fields<'_>, trunk: &Trunk) -> Result<Mamba2, ConfigError> {
    let heads = f.need_or(&["mamba_num_heads"], 128)?;
    let head_dim = f.need_or(&["mamba_head_dim"], 64)?;
    Ok(Mamba2 {
        hidden: trunk.hidden,
        heads,
        head_dim,
        state: f.need_or(&["ssm_state_size"], 128)?,
        groups: f.need_or(&["n_groups"], 8)?,
        conv: f.need_or(&["conv_kernel"], 4)?,
        conv_bias: f.flag("use_conv_bias", true)?,
        proj_bias: f.flag("mamba_proj_bias", false)? || f.flag("use_bias", false)?,
        norm: heads * head_dim,
        state_width: super::state_width(f)?,
    })
}
