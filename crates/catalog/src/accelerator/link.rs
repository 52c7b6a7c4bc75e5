//! How chips reach each other: the scale-up fabric, the host bus, the network.

use crate::units::BytesPerSecond;
use serde::{Deserialize, Serialize};

/// Links of one chip; rates are in one direction, all lanes of the chip together.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Link {
    /// Family of the scale-up fabric.
    pub fabric: Fabric,
    /// The fabric in words, such as `NVLink 4 + NVSwitch`.
    pub kind: String,
    /// One-way rate to the rest of the scale-up domain; none where a chip stands alone.
    #[serde(rename = "one_way_bytes_per_s")]
    pub one_way: Option<BytesPerSecond>,
    /// Chips that reach each other over the fabric; 1 for a chip that stands alone.
    pub domain: u32,
    /// Chips per node, fewest and most, as machines are built.
    pub gpus_per_node: Option<(u32, u32)>,
    /// The host bus in words.
    pub pcie: Option<String>,
    /// One-way rate of the host bus.
    #[serde(rename = "pcie_one_way_bytes_per_s")]
    pub pcie_one_way: Option<BytesPerSecond>,
    /// The usual network between nodes, in words.
    pub nic: Option<String>,
}

/// Family of the fabric between chips of one scale-up domain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fabric {
    /// The host bus only, an optional bridge left out.
    Pcie,
    /// NVIDIA NVLink, switched or bridged.
    Nvlink,
    /// AMD Infinity Fabric, point to point.
    InfinityFabric,
    /// Google's inter-chip interconnect, a torus.
    Ici,
    /// AWS NeuronLink.
    Neuronlink,
    /// Ethernet with RDMA.
    Ethernet,
    /// Nothing: the chip stands alone.
    None,
}
