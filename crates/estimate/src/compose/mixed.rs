//! One step of a server that decodes some sequences while it reads parts of prompts: what a
//! simulator of the deployment asks, so that it behaves as the estimate says.

use super::Steps;
use crate::calibration::{Coefficient as C, Regime};
use crate::compiled::Compiled;

/// Tokens that a step reads of one prompt.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Span {
    /// Tokens of the prompt that are in the cache already.
    pub context: f64,
    /// Tokens read now.
    pub new: f64,
}

impl Compiled {
    /// Seconds of one step that decodes `sequences` at a mean `context` and reads `spans`.
    pub fn mixed_step_s(&self, sequences: f64, context: f64, spans: &[Span]) -> f64 {
        let steps = self.steps();
        let c = steps.constants;
        let decoding_s = if sequences > 0.0 {
            steps.decode(sequences, context).seconds() * c[C::TokenTime]
        } else {
            0.0
        };
        let reading_s = if spans.is_empty() { 0.0 } else { steps.reading(spans) };
        let slowed = if sequences > 0.0 { c[C::Interference] } else { 1.0 };
        decoding_s + slowed * reading_s
    }

    /// Seconds that a prompt of `isl` tokens spends outside its steps before its first token:
    /// network, tokenizer, scheduling.
    pub fn outside_s(&self, isl: f64) -> f64 {
        let steps = self.steps();
        let c = steps.constants;
        let alone_s = steps.prefill(1.0, isl).seconds();
        let step_s = steps.decode(1.0, isl).seconds() * c[C::TokenTime];
        let first_s = alone_s + c[C::FirstTokenSeconds] + c[C::StepsWaited] * step_s;
        (first_s * c[C::FirstTokenFactor] - alone_s).max(0.0)
    }

    const fn steps(&self) -> Steps<'_> {
        Steps { work: &self.work, constants: &self.constants[Regime::Loop as usize] }
    }
}
