//! The figures of an accelerator that operators divide by.

use crate::error::EstimateError;
use crate::setup::Parallelism;
use farebox_catalog::accelerator::Fabric;
use farebox_catalog::model::WeightFormat;
use farebox_catalog::{Accelerator, BytesPerSecond, FlopsPerSecond, NumberFormat};

/// One way of PCIe 4.0 x16, where a chip does not say, bytes/s.
const PCIE: f64 = 32e9;
/// Share of PCIe that is left when several cards talk through the host.
const PCIE_SHARE: f64 = 0.6;
/// One way of a 400 Gb/s network adapter, the usual one per accelerator, bytes/s.
const NETWORK: f64 = 50e9;
/// Latency of a collective over the network relative to the fabric within a node.
const NETWORK_LATENCY: f64 = 4.0;

/// Peaks of one accelerator.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Machine {
    /// Memory bandwidth, bytes/s.
    pub bandwidth: f64,
    /// Usable memory, bytes.
    pub memory: f64,
    /// 16-bit peak, FLOP/s.
    pub half: f64,
}

impl Machine {
    /// The figures of `gpu`.
    pub fn of(gpu: &Accelerator) -> Result<Self, EstimateError> {
        let half =
            gpu.half_peak().ok_or_else(|| EstimateError::NoPeak { gpu: gpu.id.clone() })?.get();
        let memory = gpu.memory.usable.get() as f64;
        Ok(Self { bandwidth: gpu.memory.bandwidth.get(), memory, half })
    }

    /// Peak at which weights of a format are multiplied: their own where the chip has units for
    /// it, else the 16-bit one after widening. Weight-only formats always widen.
    pub fn peak(&self, gpu: &Accelerator, format: WeightFormat, weight_only: bool) -> f64 {
        let own = match format {
            _ if weight_only => None,
            WeightFormat::Fp8 | WeightFormat::Fp8Block => Some(NumberFormat::Fp8),
            WeightFormat::Int8 => Some(NumberFormat::Int8),
            WeightFormat::Mxfp4 | WeightFormat::Nvfp4 => Some(NumberFormat::Fp4),
            _ => None,
        };
        let peak = own.and_then(|own| gpu.peak(own)).map_or(self.half, FlopsPerSecond::get);
        peak.max(self.half)
    }
}

/// One-way rate and latency factor of the links that a replica's collectives use.
pub(crate) fn links(gpu: &Accelerator, parallel: Parallelism) -> (f64, f64) {
    let width = parallel.tp * parallel.dp;
    let n = f64::from(width);
    let switched = !matches!(gpu.link.fabric, Fabric::Pcie | Fabric::None);
    let fabric = gpu.link.one_way.map_or(PCIE, BytesPerSecond::get);
    if switched && width <= gpu.link.domain {
        return (fabric, 1.0 + 0.15 * n.log2());
    }
    let per_node = gpu.link.gpus_per_node.map_or(8, |(_, most)| most);
    if width > per_node.max(gpu.link.domain) {
        return (NETWORK, NETWORK_LATENCY * (1.0 + 0.15 * n.log2()));
    }
    let host = gpu.link.pcie_one_way.map_or(PCIE, BytesPerSecond::get).min(fabric.max(PCIE));
    // Through the host every card adds a turn.
    (host * PCIE_SHARE, n / 2.0)
}
