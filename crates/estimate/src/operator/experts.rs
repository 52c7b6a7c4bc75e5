//! Expert products: a step reads only the experts that some token visits.

use super::product::{Shares, roofline};

/// Routed experts of equal layers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Experts {
    /// Experts per layer.
    pub experts: f64,
    /// Share of them that one token visits.
    pub visited: f64,
    /// Seconds to read one expert of every layer at peak bandwidth.
    pub read_s: f64,
    /// Seconds to multiply one token at peak FLOP/s.
    pub token_s: f64,
}

impl Experts {
    /// Distinct experts that `tokens` visit in one layer under uniform routing:
    /// `E (1 - (1 - k/E)^T)`.
    pub fn distinct(&self, tokens: f64) -> f64 {
        self.experts * (1.0 - (1.0 - self.visited).powf(tokens))
    }

    /// Seconds for `tokens`.
    pub fn seconds(&self, tokens: f64, shares: Shares) -> f64 {
        roofline(
            self.read_s * self.distinct(tokens) / shares.bandwidth,
            self.token_s * tokens / shares.flops,
        )
    }
}
