//! Weight and cache formats with the bytes they truly take, scales included.

use std::fmt;
use std::str::FromStr;

use crate::model::params::{ClassTable, TensorClass};

/// How one class of weights is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum WeightFormat {
    /// 16-bit floats of either kind.
    #[default]
    Bf16,
    /// 8-bit floats with one scale per tensor or channel.
    Fp8,
    /// 8-bit floats with a 32-bit scale per 128 x 128 block.
    Fp8Block,
    /// 8-bit integers with one scale per channel.
    Int8,
    /// 4-bit integers with a 16-bit scale and a 4-bit zero point per group of weights.
    Int4 {
        /// Weights per group.
        group: u32,
    },
    /// 4-bit floats with an 8-bit scale per 32 weights (OCP MX).
    Mxfp4,
    /// 4-bit floats with an 8-bit scale per 16 weights.
    Nvfp4,
    /// 4-bit normal floats with a 32-bit scale per 64 weights (bitsandbytes).
    Nf4,
    /// Blocks of llama.cpp.
    Gguf(GgufFile),
}

/// A kind of file that llama.cpp writes: blocks of integers, often of several widths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum GgufFile {
    /// 8-bit integers with a 16-bit scale per 32 weights.
    Q8_0,
    /// 6-bit integers in nested blocks of 256 weights.
    Q6K,
    /// A mixture of 5-bit and 6-bit blocks.
    Q5KM,
    /// A mixture of 4-bit and 6-bit blocks.
    Q4KM,
    /// 4-bit integers with a 16-bit scale per 32 weights.
    Q4_0,
}

impl GgufFile {
    /// Bits per weight, scales included; of mixtures the mean over a model, between those that the
    /// README of llama.cpp's `quantize` lists for Llama-2-7B (4.84, 5.68) and Llama-3.1-8B (4.89, 5.70).
    pub const fn bits_per_weight(self) -> f64 {
        match self {
            Self::Q8_0 => 8.5,
            Self::Q6K => 6.5625,
            Self::Q5KM => 5.69,
            Self::Q4KM => 4.85,
            Self::Q4_0 => 4.5,
        }
    }

    /// The word for `--precision`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Q8_0 => "gguf-q8_0",
            Self::Q6K => "gguf-q6_k",
            Self::Q5KM => "gguf-q5_k_m",
            Self::Q4KM => "gguf-q4_k_m",
            Self::Q4_0 => "gguf-q4_0",
        }
    }

    const fn bits(self) -> u32 {
        match self {
            Self::Q8_0 => 8,
            Self::Q6K => 6,
            Self::Q5KM => 5,
            Self::Q4KM | Self::Q4_0 => 4,
        }
    }
}

impl WeightFormat {
    /// Bytes that one weight takes, its share of scales included.
    ///
    /// Per-tensor and per-channel scales are below one part in a thousand and left out.
    pub fn bytes_per_weight(self) -> f64 {
        match self {
            Self::Bf16 => 2.0,
            Self::Fp8 | Self::Int8 => 1.0,
            Self::Fp8Block => 1.0 + 4.0 / 16384.0,
            Self::Int4 { group } => 0.5 + (16.0 + 4.0) / 8.0 / f64::from(group.max(1)),
            Self::Mxfp4 => 0.5 + 1.0 / 32.0,
            // Nf4: a 32-bit scale per 64 is as much as an 8-bit scale per 16.
            Self::Nvfp4 | Self::Nf4 => 0.5 + 1.0 / 16.0,
            Self::Gguf(file) => file.bits_per_weight() / 8.0,
        }
    }

    /// Bits of the stored value itself, scales left out.
    pub const fn bits(self) -> u32 {
        match self {
            Self::Bf16 => 16,
            Self::Fp8 | Self::Fp8Block | Self::Int8 => 8,
            Self::Int4 { .. } | Self::Mxfp4 | Self::Nvfp4 | Self::Nf4 => 4,
            Self::Gguf(file) => file.bits(),
        }
    }

    /// The word for it, as `--precision` has it where it can be asked for.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bf16 => "bf16",
            Self::Fp8 | Self::Fp8Block => "fp8",
            Self::Int8 => "int8",
            Self::Int4 { .. } => "w4a16",
            Self::Mxfp4 => "mxfp4",
            Self::Nvfp4 => "nvfp4",
            Self::Nf4 => "nf4",
            Self::Gguf(file) => file.name(),
        }
    }
}

/// A precision a person asks for, in place of what the checkpoint stores.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Precision {
    /// 16-bit weights and products, brain floats.
    Bf16,
    /// The same in half floats.
    Fp16,
    /// 8-bit float weights and products, scaled by block.
    Fp8,
    /// 8-bit integer weights and products.
    Int8,
    /// 8-bit integer weights and activations (SmoothQuant).
    W8a8,
    /// 8-bit integer weights, 16-bit products.
    W8a16,
    /// 4-bit integer weights in groups of 128 (GPTQ, AWQ), 16-bit products.
    W4a16,
    /// 4-bit float weights and products; the vendor's own block format.
    Fp4,
    /// 4-bit float weights and products in blocks of 16.
    Nvfp4,
    /// 4-bit float weights in blocks of 32.
    Mxfp4,
    /// A file of llama.cpp.
    Gguf(GgufFile),
}

impl Precision {
    /// Every precision, in the order of help texts.
    pub const ALL: [Self; 15] = [
        Self::Bf16,
        Self::Fp16,
        Self::Fp8,
        Self::Int8,
        Self::W8a8,
        Self::W8a16,
        Self::W4a16,
        Self::Fp4,
        Self::Nvfp4,
        Self::Mxfp4,
        Self::Gguf(GgufFile::Q8_0),
        Self::Gguf(GgufFile::Q6K),
        Self::Gguf(GgufFile::Q5KM),
        Self::Gguf(GgufFile::Q4KM),
        Self::Gguf(GgufFile::Q4_0),
    ];

    /// The word for `--precision`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bf16 => "bf16",
            Self::Fp16 => "fp16",
            Self::Fp8 => "fp8",
            Self::Int8 => "int8",
            Self::W8a8 => "w8a8",
            Self::W8a16 => "w8a16",
            Self::W4a16 => "w4a16",
            Self::Fp4 => "fp4",
            Self::Nvfp4 => "nvfp4",
            Self::Mxfp4 => "mxfp4",
            Self::Gguf(file) => file.name(),
        }
    }

    /// Formats by class when `native` is stored again at this precision.
    ///
    /// Embeddings, norms, routers and the head stay wide. 4-bit floats of a mixture of experts
    /// cover the routed experts only, as the published checkpoints do; the rest keeps its format.
    pub fn formats(
        self,
        native: &ClassTable<WeightFormat>,
        model: ModelKind,
    ) -> ClassTable<WeightFormat> {
        let narrow = self.linear_format();
        native.map(|class, stored| match class {
            TensorClass::Vector | TensorClass::Router => WeightFormat::Bf16,
            TensorClass::Embedding | TensorClass::Lookup | TensorClass::Head => match self {
                Self::Gguf(file) => WeightFormat::Gguf(file),
                _ => WeightFormat::Bf16,
            },
            TensorClass::Experts => narrow,
            _ if self.is_float4() && model == ModelKind::Moe => stored,
            _ => narrow,
        })
    }

    const fn is_float4(self) -> bool {
        matches!(self, Self::Fp4 | Self::Nvfp4 | Self::Mxfp4)
    }

    const fn linear_format(self) -> WeightFormat {
        match self {
            Self::Bf16 | Self::Fp16 => WeightFormat::Bf16,
            Self::Fp8 => WeightFormat::Fp8Block,
            Self::Int8 | Self::W8a8 | Self::W8a16 => WeightFormat::Int8,
            Self::W4a16 => WeightFormat::Int4 { group: 128 },
            Self::Fp4 | Self::Nvfp4 => WeightFormat::Nvfp4,
            Self::Mxfp4 => WeightFormat::Mxfp4,
            Self::Gguf(file) => WeightFormat::Gguf(file),
        }
    }
}

/// Whether a model routes tokens to experts; formats differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ModelKind {
    /// Every layer is dense.
    Dense,
    /// Some layer has experts.
    Moe,
}

/// How the key-value cache is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum KvFormat {
    /// 16-bit floats of either kind.
    #[default]
    Bf16,
    /// 8-bit floats.
    Fp8,
    /// 8-bit integers.
    Int8,
}

impl KvFormat {
    /// Bytes of one cached element.
    pub const fn bytes(self) -> u64 {
        match self {
            Self::Bf16 => 2,
            Self::Fp8 | Self::Int8 => 1,
        }
    }
}

/// A precision that is none of the known words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown precision `{word}`; known: {}", known.join(", "))]
pub struct UnknownPrecision {
    /// The word given.
    pub word: String,
    /// The words known.
    pub known: Vec<&'static str>,
}

impl FromStr for Precision {
    type Err = UnknownPrecision;

    fn from_str(word: &str) -> Result<Self, UnknownPrecision> {
        let lower = word.to_ascii_lowercase();
        let plain = match lower.as_str() {
            "f16" | "float16" | "half" => "fp16",
            "bfloat16" => "bf16",
            other => other,
        };
        let is_named = |p: &Self| {
            p.name() == plain || p.name().strip_prefix("gguf-").is_some_and(|file| file == plain)
        };
        Self::ALL.into_iter().find(is_named).ok_or_else(|| UnknownPrecision {
            word: word.to_owned(),
            // `base` is the checkpoint as it is, for whoever asks.
            known: std::iter::once("base").chain(Self::ALL.map(Self::name)).collect(),
        })
    }
}

impl FromStr for KvFormat {
    type Err = UnknownPrecision;

    fn from_str(word: &str) -> Result<Self, UnknownPrecision> {
        match word.to_ascii_lowercase().as_str() {
            "bf16" | "fp16" | "auto" => Ok(Self::Bf16),
            "fp8" | "fp8_e4m3" | "fp8_e5m2" => Ok(Self::Fp8),
            "int8" => Ok(Self::Int8),
            _ => {
                Err(UnknownPrecision { word: word.to_owned(), known: vec!["bf16", "fp8", "int8"] })
            }
        }
    }
}

impl fmt::Display for Precision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for KvFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Bf16 => "bf16",
            Self::Fp8 => "fp8",
            Self::Int8 => "int8",
        })
    }
}
