//! Where a model's weights are, by the class of tensor they belong to.
//!
//! Classes are what formats and machines tell apart: a 4-bit checkpoint leaves routers and norms
//! wide, tensor parallelism splits matrices and copies vectors, a step reads few experts of many.
//! See [`crate::model::precision`] for the bytes of each class.

use std::ops::{Index, IndexMut};

/// What a weight is for; every parameter belongs to exactly one class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TensorClass {
    /// Token embedding; of a tied model it is the output head too.
    Embedding,
    /// Tables read one row per token besides the embedding: positions, per-layer inputs.
    Lookup,
    /// Query, key, value and output matrices, latent compressions and sparse indexers.
    Attention,
    /// Matrices of state-space and linear-attention layers.
    StateSpace,
    /// Matrices of dense feed-forward layers.
    Mlp,
    /// Matrices of routed experts.
    Experts,
    /// Matrices of experts that every token visits, and latent projections around experts.
    SharedExperts,
    /// Gates that choose experts.
    Router,
    /// Norms, biases, convolutions, sinks and scalars.
    Vector,
    /// Output head, where it is not the embedding.
    Head,
}

impl TensorClass {
    /// Every class, in the order of tables.
    pub const ALL: [Self; 10] = [
        Self::Embedding,
        Self::Lookup,
        Self::Attention,
        Self::StateSpace,
        Self::Mlp,
        Self::Experts,
        Self::SharedExperts,
        Self::Router,
        Self::Vector,
        Self::Head,
    ];

    /// The class in words.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Embedding => "embedding",
            Self::Lookup => "lookup tables",
            Self::Attention => "attention",
            Self::StateSpace => "state space",
            Self::Mlp => "dense mlp",
            Self::Experts => "experts",
            Self::SharedExperts => "shared experts",
            Self::Router => "router",
            Self::Vector => "vectors",
            Self::Head => "output head",
        }
    }
}

/// One value for each [`TensorClass`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct ClassTable<T>([T; TensorClass::ALL.len()]);

impl<T: Copy> ClassTable<T> {
    /// The same value for every class.
    pub const fn filled(value: T) -> Self {
        Self([value; TensorClass::ALL.len()])
    }

    /// The values, each with its class.
    pub fn iter(&self) -> impl Iterator<Item = (TensorClass, T)> {
        TensorClass::ALL.into_iter().zip(self.0)
    }

    /// A table of the same shape, made value by value.
    pub fn map<U: Copy + Default>(&self, f: impl Fn(TensorClass, T) -> U) -> ClassTable<U> {
        let mut table = ClassTable::filled(U::default());
        for (class, value) in self.iter() {
            table[class] = f(class, value);
        }
        table
    }
}

impl ClassTable<u64> {
    /// Sum over classes; saturates, which no model that was read can reach.
    pub fn total(&self) -> u64 {
        self.0.iter().fold(0, |sum, &value| sum.saturating_add(value))
    }

    /// Adds another table, class by class.
    pub(crate) fn add(&mut self, other: &Self) {
        for (mine, theirs) in self.0.iter_mut().zip(other.0) {
            *mine = mine.saturating_add(theirs);
        }
    }
}

impl<T> Index<TensorClass> for ClassTable<T> {
    type Output = T;

    fn index(&self, class: TensorClass) -> &T {
        &self.0[class as usize]
    }
}

impl<T> IndexMut<TensorClass> for ClassTable<T> {
    fn index_mut(&mut self, class: TensorClass) -> &mut T {
        &mut self.0[class as usize]
    }
}

/// Parameters of the language model: no vision tower, no speculative (multi-token) heads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ParamCount {
    /// Every stored parameter; tied tables count once.
    pub total: u64,
    /// Parameters multiplied for one token: the output head is in, the input embedding is not.
    pub active: u64,
    /// Active parameters and the input embedding, as some model cards count.
    pub active_with_embedding: u64,
    /// Total by class.
    pub by_class: ClassTable<u64>,
}
