//! How long one step takes: a fixed overhead plus the slower of memory and arithmetic.
//!
//! ```text
//! t = t0 + max( W/B + K/(e_kv B),  F/(e_f P) )
//! F = 2 N n + 2 H s + 4 d L a
//! ```
//!
//! | symbol | meaning | unit |
//! |---|---|---|
//! | `t0` | launch, scheduling and sampling, once per step | s |
//! | `W`, `K` | weights read (all but the input embedding), KV cache read | bytes |
//! | `B`, `P` | peak bandwidth, peak dense arithmetic | bytes/s, FLOP/s |
//! | `e_kv`, `e_f` | achieved share of `B` in attention, of `P` in matrix products | 1 |
//! | `N`, `H` | parameters of the layers, of the output head | 1 |
//! | `n`, `s` | tokens in the step, tokens sampled from it | 1 |
//! | `d`, `L`, `a` | attention width, layers, (token, earlier token) pairs attended | 1 |
//!
//! The maximum, not the sum, because in a large step the loads of one layer hide behind the
//! products of another (the roofline of Williams, Waterman and Patterson, 2009). `t0`, `e_kv` and
//! `e_f` are fitted; see [`Calibration::A100_LLAMA_3_1_8B`]. The batch enters through `n`, `s`, `K`
//! and `a`, which `scheduler.rs` adds up.

use std::time::Duration;

use farebox_estimate::{Compiled, Span};

use crate::machine::{Accelerator, ModelShape};
use crate::quantity::{Bytes, Flops, Fraction, Tokens};

/// What one step computes, summed over the sequences in it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct StepWork {
    new_tokens: Tokens,
    sampled: Tokens,
    kv_read: Tokens,
    attended: u128,
    decoding: Tokens,
    decoding_context: Tokens,
    reading: Vec<Span>,
}

impl StepWork {
    /// Adds one sequence that reads `new` tokens of its prompt, behind `context` in the cache.
    pub fn add_prompt(&mut self, context: Tokens, new: Tokens) {
        self.add_span(context, new);
        self.reading.push(Span { context: context.0 as f64, new: new.0 as f64 });
    }

    /// Adds one sequence that writes a token behind `context` tokens in the cache.
    pub fn add_token(&mut self, context: Tokens) {
        self.add_span(context, Tokens(1));
        self.decoding += Tokens(1);
        self.decoding_context += context;
    }

    fn add_span(&mut self, context: Tokens, new: Tokens) {
        self.new_tokens += new;
        self.kv_read += context + new;
        let (context, new) = (u128::from(context.0), u128::from(new.0));
        // Causal: the i-th new token attends to the context, the new ones before it and itself.
        self.attended += context * new + new * (new + 1) / 2;
    }

    /// Adds one token sampled at the end of the step.
    pub fn add_sample(&mut self) {
        self.sampled += Tokens(1);
    }
}

/// The fitted part of the formula.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Calibration {
    /// `t0`: time that every step costs whatever is in it.
    pub overhead: Duration,
    /// `e_kv`: share of peak bandwidth at which attention reads the KV cache.
    pub kv_read: Fraction,
    /// `e_f`: share of peak arithmetic that prefill reaches.
    pub compute: Fraction,
}

impl Calibration {
    /// Fitted to one sweep of Llama-3.1-8B in bf16 on one A100-80GB under vLLM, bursts of 1 to 128
    /// requests of 1,884 + 449 tokens (github.com/rushilbhat/inference-pricing, series `base_1`).
    ///
    /// - `t0`: TPOT of 11.96 ms alone, less 7.8 ms for the weights and 0.3 ms for the cache.
    /// - `e_kv`: the rise of TPOT from 1 to 128 concurrent requests.
    /// - `e_f`: TTFT of 125.4 ms alone, less `t0`, for 27.2 TFLOP: 224 of 312 TFLOP/s.
    ///
    /// Replayed through the scheduler, mean TPOT of that series comes out within 5 % and mean TTFT
    /// within 6 % up to 64 requests and 12 % at 128. On other machines this is an assumption.
    pub const A100_LLAMA_3_1_8B: Self = Self {
        overhead: Duration::from_millis(4),
        kv_read: Fraction(0.5),
        compute: Fraction(0.72),
    };
}

/// How long steps take.
#[derive(Debug, Clone)]
pub enum StepTime {
    /// By the formula above.
    Roofline(Roofline),
    /// As `farebox estimate` has it.
    Estimated(Box<Compiled>),
}

impl StepTime {
    /// The formula with the calibration of [`Calibration::A100_LLAMA_3_1_8B`].
    pub const fn new(model: ModelShape, accelerator: Accelerator) -> Self {
        Self::Roofline(Roofline { model, accelerator, calibration: Calibration::A100_LLAMA_3_1_8B })
    }

    /// How long a step with this work takes.
    pub fn of(&self, work: &StepWork) -> Duration {
        match self {
            Self::Roofline(formula) => formula.of(work),
            Self::Estimated(deployment) => {
                let decoding = work.decoding.0 as f64;
                let context = work.decoding_context.0 as f64 / decoding.max(1.0);
                let seconds = deployment.mixed_step_s(decoding, context, &work.reading);
                Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
            }
        }
    }

    /// What a prompt of `isl` tokens waits before it may join a step.
    pub fn outside(&self, isl: Tokens) -> Duration {
        match self {
            Self::Roofline(_) => Duration::ZERO,
            Self::Estimated(deployment) => {
                let seconds = deployment.outside_s(isl.0.max(1) as f64);
                Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
            }
        }
    }
}

/// The step-time formula for one model on one accelerator.
#[derive(Debug, Clone)]
pub struct Roofline {
    model: ModelShape,
    accelerator: Accelerator,
    calibration: Calibration,
}

impl Roofline {
    fn of(&self, work: &StepWork) -> Duration {
        let slower = self.memory_time(work).max(self.compute_time(work));
        self.calibration.overhead.saturating_add(slower)
    }

    fn memory_time(&self, work: &StepWork) -> Duration {
        let bandwidth = self.accelerator.bandwidth;
        let cache: Bytes = work.kv_read * self.model.kv_bytes_per_token;
        let weights_time = self.model.weights_read() / bandwidth;
        weights_time.saturating_add(cache / (bandwidth * self.calibration.kv_read))
    }

    fn compute_time(&self, work: &StepWork) -> Duration {
        self.flops(work) / (self.accelerator.peak * self.calibration.compute)
    }

    fn flops(&self, work: &StepWork) -> Flops {
        let layers = 2.0 * self.model.params_body() as f64 * work.new_tokens.0 as f64;
        let head = 2.0 * self.model.params_head as f64 * work.sampled.0 as f64;
        let width = self.model.attention_width as f64 * self.model.layers as f64;
        // Scores and weighted values: two products of two operations each per attended pair.
        let attention = 4.0 * width * work.attended as f64;
        Flops(layers + head + attention)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::preset;

    fn llama_on_a100() -> StepTime {
        let model = preset::model("llama-3.1-8b").unwrap();
        StepTime::new(model, preset::accelerator("a100").unwrap())
    }

    fn decode(batch: u64, context: u64) -> StepWork {
        let mut work = StepWork::default();
        for _ in 0..batch {
            work.add_token(Tokens(context));
            work.add_sample();
        }
        work
    }

    fn prefill(isl: u64) -> StepWork {
        let mut work = StepWork::default();
        work.add_prompt(Tokens(0), Tokens(isl));
        work.add_sample();
        work
    }

    fn assert_within(got: Duration, want_ms: f64, tolerance: f64) {
        let got_ms = got.as_secs_f64() * 1e3;
        let error = (got_ms / want_ms - 1.0).abs();
        assert!(error <= tolerance, "{got_ms:.2} ms is {error:.3} off {want_ms} ms");
    }

    #[test]
    fn one_request_takes_the_measured_times() {
        let formula = llama_on_a100();
        assert_within(formula.of(&decode(1, 1884 + 449 / 2)), 11.96, 0.02);
        assert_within(formula.of(&prefill(1884)), 125.4, 0.02);
    }

    #[test]
    fn a_prompt_split_in_two_attends_to_the_same_pairs() {
        let mut split = StepWork::default();
        split.add_prompt(Tokens(0), Tokens(700));
        split.add_prompt(Tokens(700), Tokens(300));
        let mut whole = StepWork::default();
        whole.add_prompt(Tokens(0), Tokens(1000));
        assert_eq!(split.attended, whole.attended);
        assert_eq!(split.new_tokens, whole.new_tokens);
    }

    proptest! {
        #[test]
        fn more_sequences_or_more_context_never_take_less(
            batch in 0_u64..300, context in 0_u64..100_000, more in 1_u64..1000,
        ) {
            let formula = llama_on_a100();
            let base = formula.of(&decode(batch, context));
            prop_assert!(formula.of(&decode(batch + more, context)) >= base);
            prop_assert!(formula.of(&decode(batch, context + more)) >= base);
        }

        #[test]
        fn a_longer_prompt_never_takes_less(isl in 1_u64..100_000, more in 1_u64..1000) {
            let formula = llama_on_a100();
            prop_assert!(formula.of(&prefill(isl + more)) >= formula.of(&prefill(isl)));
        }
    }
}
