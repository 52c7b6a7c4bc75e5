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
    /// The mixture of block formats that llama.cpp calls Q4_K_M, on average.
    Q4KM,
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
            Self::Q4KM => 4.85 / 8.0,
        }
    }

    /// Bits of the stored value itself, scales left out.
    pub const fn bits(self) -> u32 {
        match self {
            Self::Bf16 => 16,
            Self::Fp8 | Self::Fp8Block | Self::Int8 => 8,
            Self::Int4 { .. } | Self::Mxfp4 | Self::Nvfp4 | Self::Nf4 | Self::Q4KM => 4,
        }
    }
}

/// A precision a person asks for, in place of what the checkpoint stores.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Precision {
    /// 16-bit weights and products.
    Bf16,
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
    /// llama.cpp's Q4_K_M file.
    GgufQ4KM,
}

impl Precision {
    /// Every precision, in the order of help texts.
    pub const ALL: [Self; 10] = [
        Self::Bf16,
        Self::Fp8,
        Self::Int8,
        Self::W8a8,
        Self::W8a16,
        Self::W4a16,
        Self::Fp4,
        Self::Nvfp4,
        Self::Mxfp4,
        Self::GgufQ4KM,
    ];

    /// The word for `--precision`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bf16 => "bf16",
            Self::Fp8 => "fp8",
            Self::Int8 => "int8",
            Self::W8a8 => "w8a8",
            Self::W8a16 => "w8a16",
            Self::W4a16 => "w4a16",
            Self::Fp4 => "fp4",
            Self::Nvfp4 => "nvfp4",
            Self::Mxfp4 => "mxfp4",
            Self::GgufQ4KM => "gguf-q4_k_m",
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
                Self::GgufQ4KM => WeightFormat::Q4KM,
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
            Self::Bf16 => WeightFormat::Bf16,
            Self::Fp8 => WeightFormat::Fp8Block,
            Self::Int8 | Self::W8a8 | Self::W8a16 => WeightFormat::Int8,
            Self::W4a16 => WeightFormat::Int4 { group: 128 },
            Self::Fp4 | Self::Nvfp4 => WeightFormat::Nvfp4,
            Self::Mxfp4 => WeightFormat::Mxfp4,
            Self::GgufQ4KM => WeightFormat::Q4KM,
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
            "fp16" | "f16" | "float16" | "bfloat16" => "bf16",
            "q4_k_m" => "gguf-q4_k_m",
            other => other,
        };
        Self::ALL.into_iter().find(|p| p.name() == plain).ok_or_else(|| UnknownPrecision {
            word: word.to_owned(),
            known: Self::ALL.map(Self::name).to_vec(),
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
