//! A model before formats are known: layers, and what stands before and behind them.

use crate::model::error::ConfigError;
use crate::model::fields::{Fields, wrong_type};
use crate::model::params::{ClassTable, TensorClass};
use crate::model::part::block::{Block, add};
use crate::model::size::{Size, size};
use crate::model::trunk::Trunk;

/// What a family reader makes of a configuration.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    pub(super) trunk: Trunk,
    pub(super) tied: bool,
    pub(super) blocks: Vec<Block>,
    /// Embedding, final norm, head and whatever else belongs to no layer.
    pub(super) outside: ClassTable<u64>,
}

impl Draft {
    /// A draft with the token table, a final norm and, unless tied, a head of its own.
    pub(super) fn new(trunk: Trunk, tied: bool, final_norm: Size, blocks: Vec<Block>) -> Self {
        let mut outside = ClassTable::filled(0);
        let table = trunk.vocab * trunk.hidden;
        add(&mut outside, TensorClass::Embedding, table);
        add(&mut outside, TensorClass::Head, if tied { size(0) } else { table });
        add(&mut outside, TensorClass::Vector, final_norm);
        Self { trunk, tied, blocks, outside }
    }

    /// Adds weights that belong to no layer.
    pub(super) fn add_outside(&mut self, class: TensorClass, weights: Size) {
        add(&mut self.outside, class, weights);
    }
}

/// Whether the head is the embedding: the language model says, or its wrapper, or the class.
pub(super) fn tied(f: &Fields<'_>, default: bool) -> Result<bool, ConfigError> {
    match f.anywhere("tie_word_embeddings") {
        None => Ok(default),
        Some(value) => {
            value.as_bool().ok_or_else(|| wrong_type("tie_word_embeddings", "true or false", value))
        }
    }
}
