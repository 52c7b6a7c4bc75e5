//! A layer being put together: a mixer, a feed-forward part, and a tally of weights.

use crate::model::layer::{Ffn, Mixer};
use crate::model::params::{ClassTable, TensorClass};
use crate::model::size::Size;

/// A layer whose formats are not known yet.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Block {
    pub(crate) mixer: Mixer,
    pub(crate) ffn: Ffn,
    pub(crate) params: ClassTable<u64>,
}

impl Block {
    /// A layer without parts.
    pub(crate) fn empty() -> Self {
        Self { mixer: Mixer::None, ffn: Ffn::None, params: ClassTable::filled(0) }
    }

    /// Adds weights of one class.
    pub(crate) fn add(&mut self, class: TensorClass, weights: Size) {
        add(&mut self.params, class, weights);
    }

    /// The layer with more vector weights: norms, biases, scalars.
    pub(crate) fn with_vectors(mut self, weights: Size) -> Self {
        self.add(TensorClass::Vector, weights);
        self
    }

    /// The mixer of one layer and the feed-forward part of another.
    pub(crate) fn joined(self, ffn: Self) -> Self {
        let mut params = self.params;
        params.add(&ffn.params);
        Self { mixer: self.mixer, ffn: ffn.ffn, params }
    }
}

/// Adds weights to a table.
pub(crate) fn add(table: &mut ClassTable<u64>, class: TensorClass, weights: Size) {
    table[class] = table[class].saturating_add(weights.0);
}
