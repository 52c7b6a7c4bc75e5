//! How one model is spread over accelerators.

use serde::{Deserialize, Serialize};

/// Widths of one replica, and how many replicas there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parallelism {
    /// Tensor parallelism: each matrix is cut over this many accelerators.
    pub tp: u32,
    /// Pipeline parallelism: successive layers on successive groups.
    pub pp: u32,
    /// Expert parallelism: whole experts on different accelerators; changes which collective
    /// moves tokens, not how many bytes of experts an accelerator holds.
    pub ep: u32,
    /// Attention data parallelism inside a replica: attention is copied, experts are not.
    pub dp: u32,
    /// Whole copies that share the load.
    pub replicas: u32,
}

impl Parallelism {
    /// One accelerator.
    pub const SINGLE: Self = Self { tp: 1, pp: 1, ep: 1, dp: 1, replicas: 1 };

    /// Tensor parallelism alone.
    pub const fn tensor(tp: u32) -> Self {
        Self { tp, ..Self::SINGLE }
    }

    /// Accelerators in one replica.
    pub const fn gpus_per_replica(&self) -> u64 {
        self.tp as u64 * self.pp as u64 * self.dp as u64
    }

    /// Accelerators in all replicas.
    pub const fn gpus(&self) -> u64 {
        self.gpus_per_replica() * self.replicas as u64
    }
}
