//! What one sequence keeps in memory: key-value cache by kind of layer, and constant states.
//!
//! Per token and layer: separate heads keep `n_kv (d_qk + d_v)` elements, latent attention
//! `kv_lora + rope`, an indexer one key of 8-bit elements with a 32-bit scale.

use crate::model::layer::{Indexer, KvStore, Layer, Mixer, Window};
use crate::model::precision::KvFormat;
use crate::model::spec::ModelSpec;

/// Bytes of the scale beside an 8-bit index key.
const INDEX_SCALE: u64 = 4;

impl ModelSpec {
    /// Bytes that a token adds to the cache while the context is inside every window.
    pub fn kv_bytes_per_token(&self, format: KvFormat) -> u64 {
        self.sum(|layer| layer.kv_bytes_per_token(format))
    }

    /// Bytes that a token adds when the context is longer than every window.
    pub fn kv_bytes_per_token_beyond_windows(&self, format: KvFormat) -> u64 {
        self.sum(|layer| if layer.grows() { layer.kv_bytes_per_token(format) } else { 0 })
    }

    /// Bytes of the cache of one sequence of `context` tokens, windows honoured.
    pub fn kv_bytes(&self, context: u64, format: KvFormat) -> u64 {
        self.sum(|layer| layer.kv_bytes(context, format))
    }

    /// Bytes of recurrent states that one sequence keeps, however long it is.
    pub fn state_bytes_per_sequence(&self) -> u64 {
        self.sum(Layer::state_bytes)
    }

    fn sum(&self, bytes: impl Fn(&Layer) -> u64) -> u64 {
        self.layers.iter().fold(0, |sum, layer| sum.saturating_add(bytes(layer)))
    }
}

impl Layer {
    /// Bytes that a token adds to this layer's cache while inside its window; of a compressing
    /// layer, its share of one compressed vector, rounded up.
    pub fn kv_bytes_per_token(&self, format: KvFormat) -> u64 {
        let width = format.bytes();
        match self.mixer {
            Mixer::Attention(a) if a.kv == KvStore::Own => {
                let heads = a.kv_heads.saturating_mul(a.head_dim_qk.saturating_add(a.head_dim_v));
                heads.saturating_mul(width).saturating_add(index_bytes(a.indexer))
            }
            Mixer::Mla(mla) => {
                let latent = mla.kv_lora.saturating_add(mla.rope_dim);
                latent.saturating_mul(width).saturating_add(index_bytes(mla.indexer))
            }
            Mixer::Compressed(c) => {
                let vector = c.head_dim.saturating_mul(width);
                let entry = vector.saturating_add(index_bytes(c.indexer));
                c.ratio.map_or(0, |ratio| entry.div_ceil(ratio.max(1)))
            }
            _ => 0,
        }
    }

    /// Bytes of this layer's cache for one sequence of `context` tokens.
    pub fn kv_bytes(&self, context: u64, format: KvFormat) -> u64 {
        match self.mixer {
            Mixer::Attention(a) => {
                self.kv_bytes_per_token(format).saturating_mul(a.window.held(context))
            }
            Mixer::Compressed(c) => {
                let vector = c.head_dim.saturating_mul(format.bytes());
                let entry = vector.saturating_add(index_bytes(c.indexer));
                let entries = c.ratio.map_or(0, |ratio| context.div_ceil(ratio.max(1)));
                let plain = vector.saturating_mul(Window::Sliding(c.window).held(context));
                entry.saturating_mul(entries).saturating_add(plain)
            }
            _ => self.kv_bytes_per_token(format).saturating_mul(context),
        }
    }

    /// Bytes of this layer's recurrent state for one sequence.
    pub fn state_bytes(&self) -> u64 {
        match self.mixer {
            Mixer::Linear(state) | Mixer::StateSpace(state) => state.state_bytes,
            _ => 0,
        }
    }

    /// Whether the cache of this layer grows without end.
    fn grows(&self) -> bool {
        match self.mixer {
            Mixer::Attention(a) => a.window == Window::Full,
            Mixer::Mla(_) => true,
            Mixer::Compressed(c) => c.ratio.is_some(),
            _ => false,
        }
    }
}

fn index_bytes(indexer: Option<Indexer>) -> u64 {
    indexer.map_or(0, |indexer| indexer.head_dim.saturating_add(INDEX_SCALE))
}
