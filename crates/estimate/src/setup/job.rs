//! What is asked of the machine: lengths and load.

use crate::error::{EstimateError, positive};

/// Longest length believed, tokens.
const LONGEST: f64 = 1e8;
/// Highest load believed, requests or requests per second.
const HIGHEST: f64 = 1e7;

/// Requests of one mean length under one load.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Job {
    /// Mean input length, tokens.
    pub isl: f64,
    /// Mean output length, tokens.
    pub osl: f64,
    /// How requests come.
    pub load: Load,
}

/// How requests come.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Load {
    /// Closed loop: this many requests in flight, each ended one replaced at once.
    Closed(f64),
    /// Open loop: requests per second.
    Rate(f64),
    /// This many at once, equally long, then waited for.
    Static(f64),
    /// A queue that is never empty, no pacing.
    Saturated,
}

impl Job {
    /// Checks lengths and load; `isl` and `osl` in tokens.
    pub fn new(isl: f64, osl: f64, load: Load) -> Result<Self, EstimateError> {
        positive("isl", isl, LONGEST)?;
        positive("osl", osl, LONGEST)?;
        match load {
            Load::Closed(n) => positive("concurrency", n, HIGHEST)?,
            Load::Rate(n) => positive("request_rate", n, HIGHEST)?,
            Load::Static(n) => positive("batch", n, HIGHEST)?,
            Load::Saturated => 1.0,
        };
        Ok(Self { isl, osl, load })
    }

    /// Context in the middle of an answer, tokens: the mean that attention reads.
    pub fn mean_context(&self) -> f64 {
        self.isl + self.osl / 2.0
    }

    /// Decode steps after the first token: none in an answer of one token.
    pub fn steps(&self) -> f64 {
        (self.osl - 1.0).max(0.0)
    }
}
