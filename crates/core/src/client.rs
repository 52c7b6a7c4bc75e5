//! What is known of the client's own part in a measurement.

use serde::{Deserialize, Serialize};

/// Who takes the times at which bytes come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ArrivalClock {
    /// The kernel, as a packet comes: a busy client does not make the server look slower.
    Kernel,
    /// The client, as a read returns.
    Read,
}

/// How late a client read what had come: from a packet's arrival to the return of the read.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ReadLag {
    /// Reads in all.
    pub reads: u64,
    /// Half of them were no later than this, to a factor of two.
    pub p50_ms: f64,
    /// 99 of 100 were no later than this, to a factor of two.
    pub p99_ms: f64,
}

/// How the client stood one load.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ClientHealth {
    /// Processor seconds that the client used, as a share of all that its cores had: 1.0 is none
    /// left.
    pub cpu_fraction: Option<f64>,
    /// How late it read; none where the kernel keeps no times.
    pub read_lag: Option<ReadLag>,
}
