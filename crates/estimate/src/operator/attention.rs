//! Attention over the context, and the states of layers that keep no cache.

use super::product::roofline;

/// Cache and attention of equal layers, on one accelerator.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cache {
    /// Bytes per token held.
    pub token_bytes: f64,
    /// Tokens held at most.
    pub window: f64,
    /// Tokens attended at most; more are held than attended where attention is sparse.
    pub attended: f64,
    /// FLOP per query token and token attended in decode.
    pub decode_flop: f64,
    /// The same in prefill, where latent vectors are expanded to heads.
    pub prefill_flop: f64,
}

/// All attention of one accelerator.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Attention {
    /// By kind of layer.
    pub caches: Vec<Cache>,
    /// Bytes of constant state per sequence.
    pub state_bytes: f64,
    /// Peak bandwidth, bytes/s.
    pub bandwidth: f64,
    /// 16-bit peak, FLOP/s.
    pub flops: f64,
}

impl Attention {
    /// Bytes that one sequence keeps at a context.
    pub fn sequence_bytes(&self, context: f64) -> f64 {
        let held = |c: &Cache| c.token_bytes * context.min(c.window);
        self.caches.iter().map(held).sum::<f64>() + self.state_bytes
    }

    /// Seconds of one decode step of `sequences` at a mean `context`; states are read and written.
    pub fn decode_seconds(&self, sequences: f64, context: f64, share: f64) -> f64 {
        let (mut bytes, mut flop) = (2.0 * self.state_bytes, 0.0);
        for cache in &self.caches {
            let attended = context.min(cache.window).min(cache.attended);
            bytes += cache.token_bytes * attended;
            flop += cache.decode_flop * attended;
        }
        // Decode attention multiplies thin matrices: half of the share it reaches in bandwidth.
        roofline(
            sequences * bytes / (self.bandwidth * share),
            sequences * flop / (self.flops * share * 0.5),
        )
    }

    /// Seconds of causal attention over prompts of `isl` tokens, `tokens` together.
    pub fn prefill_seconds(&self, tokens: f64, isl: f64, share: f64) -> f64 {
        let flop = self.caches.iter().map(|cache| {
            // A token sees half of its prompt on average, and never more than the window.
            let seen = (isl / 2.0).min(cache.window).min(cache.attended);
            cache.prefill_flop * seen
        });
        tokens * flop.sum::<f64>() / (self.flops * share)
    }
}
