//! Layers with a constant state: Mamba, Mamba-2, gated delta net, lightning, Kimi delta, short
//! convolution.
//!
//! A causal convolution of `k` taps keeps the last `k - 1` inputs per sequence, in 16 bits.

use crate::model::layer::{Mixer, Recurrent};
use crate::model::params::TensorClass;
use crate::model::part::block::Block;
use crate::model::size::{Size, size};

/// Mamba (arXiv:2312.00752) as Jamba stacks it, with norms on its three small inputs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mamba1 {
    pub(crate) hidden: Size,
    pub(crate) inner: Size,
    pub(crate) state: Size,
    pub(crate) conv: Size,
    pub(crate) dt_rank: Size,
    /// Weights of biases and inner norms.
    pub(crate) vectors: Size,
}

impl Mamba1 {
    /// The layer with its weights; the state is kept in 16 bits.
    pub(crate) fn block(&self) -> Block {
        let state = self.inner * self.state;
        let recurrent = Recurrent {
            heads: self.inner.0,
            key_dim: self.state.0,
            value_dim: 1,
            state_elements: state.0,
            state_bytes: ((state + conv_tail(self.inner, self.conv)) * size(2)).0,
        };
        let mut block = Block { mixer: Mixer::StateSpace(recurrent), ..Block::empty() };
        let project = self.hidden * self.inner * size(3);
        let select = self.inner * (self.dt_rank + self.state * size(2)) + self.dt_rank * self.inner;
        block.add(TensorClass::StateSpace, project + select);
        // Convolution, decay matrix, skip and the bias of the step size.
        let small = self.inner * self.conv + state + self.inner * size(2);
        block.add(TensorClass::Vector, small + self.vectors);
        block
    }
}

/// Mamba-2 (arXiv:2405.21060): scalar decay per head, inputs shared within groups.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mamba2 {
    pub(crate) hidden: Size,
    pub(crate) heads: Size,
    pub(crate) head_dim: Size,
    pub(crate) state: Size,
    pub(crate) groups: Size,
    pub(crate) conv: Size,
    pub(crate) conv_bias: bool,
    pub(crate) proj_bias: bool,
    /// Weights of the norm before the output matrix.
    pub(crate) norm: Size,
    /// Bytes of one element of the state.
    pub(crate) state_width: u64,
}

impl Mamba2 {
    /// The layer with its weights.
    pub(crate) fn block(&self) -> Block {
        let inner = self.heads * self.head_dim;
        let convolved = inner + self.groups * self.state * size(2);
        let state = inner * self.state;
        let tail = conv_tail(convolved, self.conv) * size(2);
        let recurrent = Recurrent {
            heads: self.heads.0,
            key_dim: self.state.0,
            value_dim: self.head_dim.0,
            state_elements: state.0,
            state_bytes: (state * size(self.state_width) + tail).0,
        };
        let mut block = Block { mixer: Mixer::StateSpace(recurrent), ..Block::empty() };
        let project_in = inner + convolved + self.heads;
        block.add(TensorClass::StateSpace, self.hidden * (project_in + inner));
        let taps = if self.conv_bias { self.conv + size(1) } else { self.conv };
        let biases = if self.proj_bias { project_in + self.hidden } else { size(0) };
        block
            .add(TensorClass::Vector, convolved * taps + self.heads * size(3) + self.norm + biases);
        block
    }
}

/// Linear attention by delta rule: gated delta net (arXiv:2412.06464) and Kimi delta attention
/// (arXiv:2510.26692).
#[derive(Debug, Clone, Copy)]
pub(crate) struct DeltaNet {
    pub(crate) hidden: Size,
    pub(crate) key_heads: Size,
    pub(crate) value_heads: Size,
    pub(crate) key_dim: Size,
    pub(crate) value_dim: Size,
    pub(crate) conv: Size,
    pub(crate) decay: Decay,
    /// Bytes of one element of the state.
    pub(crate) state_width: u64,
}

/// How a delta net forgets and gates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Decay {
    /// One decay per head, a full output gate.
    Head,
    /// One decay per channel through a narrow bottleneck; the output gate is narrow too.
    ChannelNarrowGate,
    /// One decay per channel through a narrow bottleneck, a full output gate.
    ChannelFullGate,
}

impl DeltaNet {
    /// The layer with its weights.
    pub(crate) fn block(&self) -> Block {
        let keys = self.key_heads * self.key_dim;
        let values = self.value_heads * self.value_dim;
        let convolved = keys * size(2) + values;
        let state = values * self.key_dim;
        let tail = conv_tail(convolved, self.conv) * size(2);
        let recurrent = Recurrent {
            heads: self.value_heads.0,
            key_dim: self.key_dim.0,
            value_dim: self.value_dim.0,
            state_elements: state.0,
            state_bytes: (state * size(self.state_width) + tail).0,
        };
        let mut block = Block { mixer: Mixer::Linear(recurrent), ..Block::empty() };
        let narrow = self.value_dim * (self.hidden + values);
        let (gates, decay_vectors) = match self.decay {
            Decay::Head => (self.hidden * (values + self.value_heads), self.value_heads),
            Decay::ChannelNarrowGate => (narrow * size(2), values),
            Decay::ChannelFullGate => (narrow + self.hidden * values, values),
        };
        let strength = self.hidden * self.value_heads;
        let matrices = self.hidden * (convolved + values) + gates + strength;
        block.add(TensorClass::StateSpace, matrices);
        let vectors = convolved * self.conv + decay_vectors + self.value_heads + self.value_dim;
        block.add(TensorClass::Vector, vectors);
        block
    }
}

/// Lightning attention (MiniMax-01, arXiv:2501.08313): linear attention with a fixed decay.
pub(crate) fn lightning(hidden: Size, heads: Size, head_dim: Size) -> Block {
    let inner = heads * head_dim;
    let state = inner * head_dim;
    let recurrent = Recurrent {
        heads: heads.0,
        key_dim: head_dim.0,
        value_dim: head_dim.0,
        state_elements: state.0,
        state_bytes: (state * size(4)).0,
    };
    let mut block = Block { mixer: Mixer::Linear(recurrent), ..Block::empty() };
    block.add(TensorClass::StateSpace, hidden * inner * size(5));
    block.add(TensorClass::Vector, inner);
    block
}

/// Gated short convolution (LFM2): input to three streams, a convolution, output.
pub(crate) fn short_conv(hidden: Size, conv: Size, bias: bool) -> Block {
    let tail = conv_tail(hidden, conv);
    let recurrent = Recurrent {
        heads: 1,
        key_dim: conv.0,
        value_dim: hidden.0,
        state_elements: 0,
        state_bytes: (tail * size(2)).0,
    };
    let mut block = Block { mixer: Mixer::StateSpace(recurrent), ..Block::empty() };
    block.add(TensorClass::StateSpace, hidden * hidden * size(4));
    let biases = if bias { hidden * size(5) } else { size(0) };
    block.add(TensorClass::Vector, hidden * conv + biases);
    block
}

fn conv_tail(channels: Size, taps: Size) -> Size {
    channels * size(taps.0.saturating_sub(1))
}
