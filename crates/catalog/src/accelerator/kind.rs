//! An accelerator: the figures a cost model needs, each with its unit in the type.

use super::{Link, NumberFormat, Peaks, Provenance};
use crate::units::{Bytes, BytesPerSecond, FlopsPerSecond, Watts};
use serde::Serialize;

/// One kind of accelerator, per device as the runtime shows it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Accelerator {
    /// Stable id, such as `h100-sxm`; the file name.
    pub id: String,
    /// Name for people.
    pub name: String,
    /// Other names it answers to, such as what `nvidia-smi` prints.
    pub aliases: Vec<String>,
    /// Vendor in lower case, such as `nvidia`; the folder name.
    pub vendor: String,
    /// Architecture, such as `Hopper`.
    pub architecture: String,
    /// CUDA compute capability or the vendor's like, such as `9.0` or `gfx942`.
    pub compute_capability: Option<String>,
    /// Board form, such as `SXM5`.
    pub form_factor: String,
    /// Year or month of launch.
    pub launch: Option<String>,
    /// Memory of one device.
    pub memory: Memory,
    /// Dense peak rates by number format, sparsity never counted.
    #[serde(rename = "dense_peak_flop_per_s")]
    pub peaks: Peaks,
    /// Which four-bit float layouts the units take, such as `nvfp4/mxfp4`.
    pub fp4_format: Option<String>,
    /// Links to other chips and to the host.
    pub link: Link,
    /// Power limit of the board; for a superchip, of the package.
    #[serde(rename = "tdp_w")]
    pub tdp: Option<Watts>,
    /// Where the figures come from.
    pub provenance: Provenance,
}

/// Memory of one device.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Memory {
    /// What the driver shows as usable; fit checks use this.
    #[serde(rename = "usable_bytes")]
    pub usable: Bytes,
    /// The GB on the box: a label, in no one unit.
    pub label_gb: f64,
    /// Technology, such as `HBM3`.
    pub kind: String,
    /// Peak bandwidth.
    #[serde(rename = "bandwidth_bytes_per_s")]
    pub bandwidth: BytesPerSecond,
}

impl Accelerator {
    /// The dense peak in `format`; none if the chip has no units for it or nobody says.
    pub const fn peak(&self, format: NumberFormat) -> Option<FlopsPerSecond> {
        self.peaks.get(format)
    }

    /// The dense peak at 16 bits: bf16, or fp16 on chips without it.
    pub fn half_peak(&self) -> Option<FlopsPerSecond> {
        self.peak(NumberFormat::Bf16).or_else(|| self.peak(NumberFormat::Fp16))
    }

    /// Ridge point at 16 bits: FLOP per byte above which compute, not memory, is the bound
    /// (Williams, Waterman and Patterson, Roofline, 2009).
    pub fn ridge_flop_per_byte(&self) -> Option<f64> {
        Some(self.half_peak()?.get() / self.memory.bandwidth.get())
    }
}
