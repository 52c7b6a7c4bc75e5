//! Which layers do what: windows of attention and places of experts, read from their keys.

use crate::model::error::ConfigError;
use crate::model::fields::{Fields, inconsistent, wrong_type};
use crate::model::layer::Window;
use crate::model::trunk::Trunk;
use serde_json::Value;

/// How a family places sliding windows where `layer_types` does not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WindowRule {
    /// The family has no windows.
    Never,
    /// `sliding_window` holds for every layer.
    Everywhere,
    /// `sliding_window` holds from layer `max_window_layers` on if `use_sliding_window` is true.
    IfEnabled,
    /// Every n-th layer sees all; n is the class default for `sliding_window_pattern`.
    EveryNth(u64),
    /// As `EveryNth`, with a class default for `sliding_window` too.
    EveryNthOf(u64, u64),
}

/// The window of each layer.
pub(super) fn windows(
    f: &Fields<'_>,
    trunk: &Trunk,
    rule: WindowRule,
) -> Result<Vec<Window>, ConfigError> {
    if let Some(types) = layer_types(f, trunk)? {
        return types.iter().map(|kind| typed_window(f, kind)).collect();
    }
    let full = vec![Window::Full; trunk.layers];
    let class_window =
        if let WindowRule::EveryNthOf(_, window) = rule { Some(window) } else { None };
    let Some(tokens) = f.tokens(&["sliding_window"])?.or(class_window).filter(|n| *n > 0) else {
        return Ok(full);
    };
    let sliding: Vec<bool> = match rule {
        WindowRule::Never => return Ok(full),
        WindowRule::Everywhere => vec![true; trunk.layers],
        WindowRule::IfEnabled => {
            let enabled = f.flag("use_sliding_window", false)?;
            let first = f.tokens(&["max_window_layers"])?.unwrap_or(0);
            trunk.pattern(|i| enabled && i >= first)
        }
        WindowRule::EveryNth(n) | WindowRule::EveryNthOf(n, _) => every_nth(f, trunk, n)?,
    };
    let window = |slides| if slides { Window::Sliding(tokens) } else { Window::Full };
    Ok(sliding.into_iter().map(window).collect())
}

/// `layer_types`, checked against the number of layers.
pub(super) fn layer_types<'a>(
    f: &Fields<'a>,
    trunk: &Trunk,
) -> Result<Option<Vec<&'a str>>, ConfigError> {
    let types = f.words("layer_types")?;
    if let Some(types) = &types {
        check_length("layer_types", types.len(), trunk)?;
    }
    Ok(types)
}

/// Which layers hold experts, by whichever key the family uses.
pub(super) fn sparse_layers(f: &Fields<'_>, trunk: &Trunk) -> Result<Vec<bool>, ConfigError> {
    if let Some(Value::Array(_)) = f.get("moe_layer_freq") {
        let marks = f.numbers("moe_layer_freq")?.unwrap_or_default();
        check_length("moe_layer_freq", marks.len(), trunk)?;
        return Ok(marks.into_iter().map(|mark| mark != 0).collect());
    }
    if let Some(kinds) = f.words("mlp_layer_types")? {
        check_length("mlp_layer_types", kinds.len(), trunk)?;
        return Ok(kinds.into_iter().map(|kind| kind == "sparse").collect());
    }
    if let Some(places) = f.numbers("moe_layers")? {
        return Ok(trunk.pattern(|i| places.contains(&i)));
    }
    if let Some(Value::String(places)) = f.get("moe_layers_enum") {
        let places = comma_separated("moe_layers_enum", places)?;
        return Ok(trunk.pattern(|i| places.contains(&i)));
    }
    let dense_first =
        f.or(&["first_k_dense_replace", "num_dense_layers", "moe_layer_start_index"], 0)?.0;
    let dense = f.numbers("mlp_only_layers")?.unwrap_or_default();
    let (period, offset) = expert_period(f)?;
    Ok(trunk.pattern(|i| i >= dense_first && !dense.contains(&i) && i % period == offset % period))
}

fn comma_separated(field: &str, text: &str) -> Result<Vec<u64>, ConfigError> {
    let number = |word: &str| {
        word.trim().parse().map_err(|_| inconsistent(field, format!("holds `{word}`, no number")))
    };
    text.split(',').filter(|word| !word.trim().is_empty()).map(number).collect()
}

/// Every how many layers experts come, and the first of them.
fn expert_period(f: &Fields<'_>) -> Result<(u64, u64), ConfigError> {
    if let Some(period) = f.maybe(&["expert_layer_period"])? {
        return Ok((period.0.max(1), f.or(&["expert_layer_offset"], 1)?.0));
    }
    let last_of_step = ["decoder_sparse_step", "interleave_moe_layer_step", "moe_layer_interval"];
    let step = f.or(&last_of_step, 1)?.0.max(1);
    if step > 1 {
        return Ok((step, step - 1));
    }
    Ok((f.or(&["moe_layer_freq"], 1)?.0.max(1), 0))
}

fn typed_window(f: &Fields<'_>, kind: &str) -> Result<Window, ConfigError> {
    match kind {
        "sliding_attention" => {
            let tokens = f.tokens(&["sliding_window", "sliding_window_size"])?;
            tokens
                .map(Window::Sliding)
                .ok_or_else(|| ConfigError::Missing { field: "sliding_window".to_owned() })
        }
        "chunked_attention" => {
            let tokens = f.tokens(&["attention_chunk_size"])?;
            Ok(tokens.map_or(Window::Full, Window::Chunked))
        }
        _ => Ok(Window::Full),
    }
}

/// `true` where a layer slides; the pattern is a number or letters, `L` for local.
fn every_nth(f: &Fields<'_>, trunk: &Trunk, default: u64) -> Result<Vec<bool>, ConfigError> {
    match f.get("sliding_window_pattern") {
        Some(Value::String(letters)) if !letters.is_empty() => {
            let letters = letters.as_bytes();
            Ok(trunk.pattern(|i| letters[i as usize % letters.len()] == b'L'))
        }
        Some(value) if !value.is_number() => {
            Err(wrong_type("sliding_window_pattern", "a number or letters", value))
        }
        _ => {
            let n = f.or(&["sliding_window_pattern"], default)?.0.max(1);
            Ok(trunk.pattern(|i| (i + 1) % n != 0))
        }
    }
}

/// Refuses a list that does not have one entry per layer.
pub(super) fn check_length(field: &str, length: usize, trunk: &Trunk) -> Result<(), ConfigError> {
    if length == trunk.layers {
        return Ok(());
    }
    Err(inconsistent(field, format!("has {length} entries for {} layers", trunk.layers)))
}
