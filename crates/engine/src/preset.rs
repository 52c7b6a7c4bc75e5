//! The model and the accelerator that the engine knows by name, typed by hand from their sources.

use crate::machine::{Accelerator, ModelShape};
use crate::quantity::{Bytes, BytesPerSecond, FlopsPerSecond, Tokens};

/// A name that is no preset, and the names that are.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnknownPreset {
    /// No model has this name.
    #[error("unknown model `{name}` (known: {})", .known.join(", "))]
    Model {
        /// The name asked for.
        name: String,
        /// The names and aliases that would have worked.
        known: Vec<&'static str>,
    },
    /// No accelerator has this name.
    #[error("unknown gpu `{name}` (known: {})", .known.join(", "))]
    Accelerator {
        /// The name asked for.
        name: String,
        /// The names and aliases that would have worked.
        known: Vec<&'static str>,
    },
}

/// Names of one preset, the canonical one first, and what they stand for.
struct Preset<T> {
    names: &'static [&'static str],
    make: fn() -> T,
}

const MODELS: &[Preset<ModelShape>] = &[Preset {
    names: &["meta-llama/Llama-3.1-8B-Instruct", "llama-3.1-8b-instruct", "llama-3.1-8b"],
    make: llama_3_1_8b,
}];

const ACCELERATORS: &[Preset<Accelerator>] =
    &[Preset { names: &["a100-80gb", "a100-80gb-pcie", "a100"], make: a100_80gb }];

/// The model called `name`, in any letter case.
pub fn model(name: &str) -> Result<ModelShape, UnknownPreset> {
    find(MODELS, name)
        .ok_or_else(|| UnknownPreset::Model { name: name.to_owned(), known: names(MODELS) })
}

/// The accelerator called `name`, in any letter case.
pub fn accelerator(name: &str) -> Result<Accelerator, UnknownPreset> {
    find(ACCELERATORS, name).ok_or_else(|| UnknownPreset::Accelerator {
        name: name.to_owned(),
        known: names(ACCELERATORS),
    })
}

fn find<T>(presets: &[Preset<T>], name: &str) -> Option<T> {
    let is_named = |preset: &&Preset<T>| preset.names.iter().any(|n| n.eq_ignore_ascii_case(name));
    presets.iter().find(is_named).map(|preset| (preset.make)())
}

fn names<T>(presets: &[Preset<T>]) -> Vec<&'static str> {
    presets.iter().flat_map(|preset| preset.names.iter().copied()).collect()
}

/// Llama-3.1-8B-Instruct in bf16, from its `config.json`: 32 layers, width 4096 (32 query heads of
/// 128), 8 KV heads, vocabulary 128256, input embedding and output head not shared.
fn llama_3_1_8b() -> ModelShape {
    const BF16: u64 = 2;
    const LAYERS: u64 = 32;
    const KV_HEADS: u64 = 8;
    const HEAD_DIM: u64 = 128;
    const WIDTH: u64 = 4096;
    const VOCABULARY: u64 = 128_256;
    ModelShape {
        name: "meta-llama/Llama-3.1-8B-Instruct".to_owned(),
        params_total: 8_030_261_248,
        params_embedding: VOCABULARY * WIDTH,
        params_head: VOCABULARY * WIDTH,
        bytes_per_weight: BF16,
        layers: LAYERS,
        attention_width: WIDTH,
        // The 2 is one key and one value.
        kv_bytes_per_token: Bytes(LAYERS * KV_HEADS * HEAD_DIM * 2 * BF16),
        context_length: Tokens(131_072),
    }
}

/// NVIDIA A100 80GB PCIe, from its datasheet: 80 GB at 1,935 GB/s, 312 TFLOP/s dense bf16.
fn a100_80gb() -> Accelerator {
    Accelerator {
        name: "a100-80gb".to_owned(),
        memory: Bytes(80_000_000_000),
        bandwidth: BytesPerSecond(1.935e12),
        peak: FlopsPerSecond(312e12),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::kv_capacity;

    #[test]
    fn aliases_name_the_same_preset_in_any_case() {
        let by_alias = model("LLAMA-3.1-8b").unwrap();
        assert_eq!(by_alias, model("meta-llama/Llama-3.1-8B-Instruct").unwrap());
        assert_eq!(accelerator("A100").unwrap(), accelerator("a100-80gb").unwrap());
    }

    #[test]
    fn an_unknown_name_lists_the_known_ones() {
        let error = accelerator("tpu-v9").unwrap_err();
        assert_eq!(
            error.to_string(),
            "unknown gpu `tpu-v9` (known: a100-80gb, a100-80gb-pcie, a100)"
        );
    }

    #[test]
    fn llama_on_an_a100_has_the_known_sizes() {
        let llama = model("llama-3.1-8b").unwrap();
        assert_eq!(llama.kv_bytes_per_token, Bytes(131_072));
        assert_eq!(llama.weights_read(), Bytes(15_009_849_344));
        let capacity = kv_capacity(&llama, &accelerator("a100").unwrap());
        assert_eq!(capacity, Tokens(426_784));
    }
}
