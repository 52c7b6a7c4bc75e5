//! Feed-forward parts: one perceptron, or a mixture of experts.

use crate::model::layer::{Ffn, Gate, Moe};
use crate::model::params::TensorClass;
use crate::model::part::block::Block;
use crate::model::size::{Size, size};

/// One perceptron.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DensePart {
    pub(crate) hidden: Size,
    pub(crate) width: Size,
    pub(crate) gate: Gate,
    pub(crate) bias: bool,
}

impl DensePart {
    /// The part with its weights.
    pub(crate) fn block(&self) -> Block {
        let ffn = Ffn::Dense { width: self.width.0, gate: self.gate };
        let mut block = Block { ffn, ..Block::empty() };
        block.add(TensorClass::Mlp, perceptron(self.hidden, self.width, self.gate));
        if self.bias {
            block.add(TensorClass::Vector, perceptron_biases(self.hidden, self.width, self.gate));
        }
        block
    }
}

/// A mixture of experts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MoePart {
    pub(crate) hidden: Size,
    pub(crate) experts: Size,
    pub(crate) per_token: Size,
    pub(crate) width: Size,
    pub(crate) gate: Gate,
    /// Width of what experts read when it is narrower than the hidden size.
    pub(crate) latent: Option<Size>,
    /// Width of the experts that every token visits, together.
    pub(crate) shared_width: Size,
    /// Router weights besides the matrix: corrections and biases, shared-expert gates.
    pub(crate) router_extra: Size,
    pub(crate) expert_bias: bool,
}

impl MoePart {
    /// The part with its weights.
    pub(crate) fn block(&self) -> Block {
        let input = self.latent.unwrap_or(self.hidden);
        let moe = Moe {
            experts: self.experts.0,
            per_token: self.per_token.0,
            width: self.width.0,
            input: input.0,
            shared_width: self.shared_width.0,
            gate: self.gate,
        };
        let mut block = Block { ffn: Ffn::Moe(moe), ..Block::empty() };
        let mut expert = perceptron(input, self.width, self.gate);
        if self.expert_bias {
            expert += perceptron_biases(input, self.width, self.gate);
        }
        block.add(TensorClass::Experts, self.experts * expert);
        let shared = perceptron(self.hidden, self.shared_width, self.gate);
        block.add(TensorClass::SharedExperts, shared);
        if let Some(latent) = self.latent {
            block.add(TensorClass::SharedExperts, self.hidden * latent * size(2));
        }
        block.add(TensorClass::Router, self.hidden * self.experts + self.router_extra);
        block
    }
}

fn perceptron(input: Size, width: Size, gate: Gate) -> Size {
    input * width * size(gate.matrices())
}

/// One bias for each inner unit of each matrix inwards, one for each output.
fn perceptron_biases(output: Size, width: Size, gate: Gate) -> Size {
    width * size(gate.matrices() - 1) + output
}
