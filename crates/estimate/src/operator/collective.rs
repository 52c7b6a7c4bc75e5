//! All-reduce after attention and after the feed-forward part, and hand-over between stages.

/// Collectives of one replica.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Collective {
    /// Accelerators that take part.
    pub width: f64,
    /// All-reduces per step.
    pub count: f64,
    /// Pipeline stages.
    pub stages: f64,
    /// Bytes of one token's hidden vector.
    pub token_bytes: f64,
    /// One-way link rate, bytes/s.
    pub link: f64,
    /// Shortest latency relative to two accelerators on a switched fabric.
    pub latency_factor: f64,
}

impl Collective {
    /// Seconds per step of `tokens`: `a + 2 (n-1)/n * bytes / link` per all-reduce.
    pub fn seconds(&self, tokens: f64, latency_s: f64, share: f64) -> f64 {
        let bytes = tokens * self.token_bytes;
        let moved = bytes / (self.link * share);
        let hand_over = (self.stages - 1.0) * (latency_s + moved);
        if self.width <= 1.0 {
            return hand_over;
        }
        let ring = 2.0 * (self.width - 1.0) / self.width * moved;
        self.count * (latency_s * self.latency_factor + ring) + hand_over
    }
}
