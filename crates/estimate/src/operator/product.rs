//! Dense matrix products: weights read once, every token multiplied with all of them.

/// Weights of one accelerator, in seconds at its peaks.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Product {
    /// Seconds to read the weights at peak bandwidth.
    pub read_s: f64,
    /// Seconds to multiply one token at peak FLOP/s.
    pub token_s: f64,
}

/// Shares of the peaks that are reached.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shares {
    /// Of bandwidth.
    pub bandwidth: f64,
    /// Of FLOP/s.
    pub flops: f64,
}

impl Product {
    /// Adds matrices of `bytes` and `params`, already cut to one accelerator.
    pub fn add(&mut self, bytes: f64, params: f64, peaks: (f64, f64)) {
        let (bandwidth, flops) = peaks;
        self.read_s += bytes / bandwidth;
        self.token_s += 2.0 * params / flops;
    }

    /// Seconds for `tokens`.
    pub fn seconds(&self, tokens: f64, shares: Shares) -> f64 {
        roofline(self.read_s / shares.bandwidth, self.token_s * tokens / shares.flops)
    }
}

/// The longer of reading and computing, rounded where they meet: `(a^3 + b^3)^(1/3)`. Kernels
/// overlap the two, but not fully near the ridge point.
pub fn roofline(read_s: f64, compute_s: f64) -> f64 {
    (read_s * read_s * read_s + compute_s * compute_s * compute_s).cbrt()
}
