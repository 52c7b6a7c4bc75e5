//! The parts a decoder layer is put together from, each with its exact parameter count.
//!
//! Reading order: [`block`] (a layer being put together), [`attention`], [`mla`], [`recurrent`]
//! (state-space and linear attention), [`ffn`] (perceptrons and experts).

pub(super) mod attention;
pub(super) mod block;
pub(super) mod ffn;
pub(super) mod mla;
pub(super) mod recurrent;
