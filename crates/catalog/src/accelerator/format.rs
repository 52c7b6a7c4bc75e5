//! The number formats a chip multiplies in, and its dense peak in each.

use crate::units::FlopsPerSecond;
use serde::{Deserialize, Serialize, Serializer};
use std::fmt;

/// A format of the operands of a matrix product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NumberFormat {
    /// IEEE single precision.
    Fp32,
    /// NVIDIA's 19-bit format, held in 32 bits.
    Tf32,
    /// IEEE half precision.
    Fp16,
    /// Brain float, 16 bits.
    Bf16,
    /// Eight-bit floats, either layout.
    Fp8,
    /// Eight-bit integers.
    Int8,
    /// Four-bit floats with block scales.
    Fp4,
    /// Four-bit integers.
    Int4,
}

/// The dense peak rate in each format; absent where the chip has no such units or nobody says.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Peaks([Option<FlopsPerSecond>; NumberFormat::ALL.len()]);

impl NumberFormat {
    /// Every format, widest first.
    pub const ALL: [Self; 8] = [
        Self::Fp32,
        Self::Tf32,
        Self::Fp16,
        Self::Bf16,
        Self::Fp8,
        Self::Int8,
        Self::Fp4,
        Self::Int4,
    ];

    /// The name in files and flags.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fp32 => "fp32",
            Self::Tf32 => "tf32",
            Self::Fp16 => "fp16",
            Self::Bf16 => "bf16",
            Self::Fp8 => "fp8",
            Self::Int8 => "int8",
            Self::Fp4 => "fp4",
            Self::Int4 => "int4",
        }
    }

    /// Bits one operand takes in memory, scales left out.
    pub const fn bits(self) -> u32 {
        match self {
            Self::Fp32 | Self::Tf32 => 32,
            Self::Fp16 | Self::Bf16 => 16,
            Self::Fp8 | Self::Int8 => 8,
            Self::Fp4 | Self::Int4 => 4,
        }
    }
}

impl Serialize for Peaks {
    /// The peaks that are known, by number format.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl Peaks {
    /// The dense peak in `format`.
    pub const fn get(&self, format: NumberFormat) -> Option<FlopsPerSecond> {
        self.0[format as usize]
    }

    /// States the dense peak in `format`.
    pub const fn set(&mut self, format: NumberFormat, peak: FlopsPerSecond) {
        self.0[format as usize] = Some(peak);
    }

    /// The stated peaks, widest format first.
    pub fn iter(&self) -> impl Iterator<Item = (NumberFormat, FlopsPerSecond)> + '_ {
        NumberFormat::ALL.into_iter().filter_map(|format| Some((format, self.get(format)?)))
    }
}

impl fmt::Display for NumberFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
