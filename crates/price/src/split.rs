//! How a machine's cost is spread over input and output tokens.
//!
//! Symbols: `c` dollars per second of the machine, `i` and `o` input and output tokens per second,
//! `f` the share of the machine's time that is prefill. Prices here are per token.
//!
//! | rule | input | output | `i` x input + `o` x output |
//! |---|---|---|---|
//! | `time` | `c f / i` | `c (1 - f) / o` | `c` |
//! | `blended` | `c / (i + o)` | the same | `c` |
//! | `ratio:R` | `c / (i + R o)` | `R` times that | `c` |
//! | `double-count` | `c / i` | `c / o` | `2 c` |

use crate::allocation::Allocation;
use crate::machine::Machine;
use crate::note::Refusal;
use crate::utilisation::Utilisation;
use farebox_core::{LoadPoint, UsdPerMtok};

/// What is paid and what is sold for it, each per second.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Costs {
    pub(crate) usd: f64,
    pub(crate) input_tokens: f64,
    pub(crate) output_tokens: f64,
}

/// The prices of both token kinds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Split {
    pub(crate) input: UsdPerMtok,
    pub(crate) output: UsdPerMtok,
}

/// An allocation with what it needs from one load point.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Rule {
    ByTime { prefill_share: f64, basis: String },
    ByRatio { output_ratio: f64, named: Allocation },
    Twice,
}

impl Costs {
    /// What `machine` sells when each of its replicas runs at `point` for a share `sold` of the
    /// time. Fails where nothing is served or a rate is no number.
    pub(crate) fn of(
        point: &LoadPoint,
        machine: &Machine,
        sold: Utilisation,
    ) -> Result<Self, Refusal> {
        let all = |rate: f64| rate * f64::from(machine.replicas) * sold.get();
        let (input, output) = (all(point.input_tok_per_s.get()), all(point.output_tok_per_s.get()));
        let real = |rate: f64| rate.is_finite() && rate >= 0.0;
        if !real(input) || !real(output) {
            return Err(Refusal::OutOfRange);
        }
        if input + output <= 0.0 {
            return Err(Refusal::NoTokens);
        }
        Ok(Self { usd: machine.usd_per_s, input_tokens: input, output_tokens: output })
    }

    /// The whole cost over all tokens.
    pub(crate) fn blended(self) -> Result<UsdPerMtok, Refusal> {
        per_mtok(self.usd / (self.input_tokens + self.output_tokens))
    }

    /// Revenue at the prices of `split` over cost.
    pub(crate) fn recovery(self, split: Split) -> f64 {
        let input = self.input_tokens * split.input.get();
        let output = self.output_tokens * split.output.get();
        (input + output) / 1e6 / self.usd
    }
}

impl Rule {
    /// What `asked` comes to at `point`: without phase times, `time` becomes `blended`.
    pub(crate) fn at(point: &LoadPoint, asked: Allocation) -> Self {
        let blended = Self::ByRatio { output_ratio: 1.0, named: Allocation::Blended };
        match asked {
            Allocation::Blended => blended,
            Allocation::Ratio(ratio) => Self::ByRatio { output_ratio: ratio.get(), named: asked },
            Allocation::DoubleCount => Self::Twice,
            Allocation::Time => match &point.phase {
                Some(phase) if phase.prefill_share() > 0.0 && phase.prefill_share() < 1.0 => {
                    let prefill_share = phase.prefill_share();
                    Self::ByTime { prefill_share, basis: phase.basis.clone() }
                }
                _ => blended,
            },
        }
    }

    /// The allocation that this is.
    pub(crate) fn allocation(&self) -> Allocation {
        match self {
            Self::ByTime { .. } => Allocation::Time,
            Self::ByRatio { named, .. } => *named,
            Self::Twice => Allocation::DoubleCount,
        }
    }

    /// How its phase times were found, if it uses any.
    pub(crate) fn basis(&self) -> Option<&str> {
        match self {
            Self::ByTime { basis, .. } => Some(basis),
            Self::ByRatio { .. } | Self::Twice => None,
        }
    }

    /// The prices. Fails where a token kind that was not seen would need a price of its own, and
    /// where a price is no number.
    pub(crate) fn split(&self, costs: Costs) -> Result<Split, Refusal> {
        let Costs { usd: c, input_tokens: i, output_tokens: o } = costs;
        if self.allocation() != Allocation::Blended {
            self.needs("input", i)?;
            self.needs("output", o)?;
        }
        let (input, output) = match self {
            Self::ByTime { prefill_share: f, .. } => (c * f / i, c * (1.0 - f) / o),
            Self::ByRatio { output_ratio, .. } => {
                let input = c / (i + output_ratio * o);
                (input, output_ratio * input)
            }
            Self::Twice => (c / i, c / o),
        };
        Ok(Split { input: per_mtok(input)?, output: per_mtok(output)? })
    }

    fn needs(&self, missing: &'static str, rate: f64) -> Result<(), Refusal> {
        if rate > 0.0 {
            return Ok(());
        }
        Err(Refusal::OneKindOnly { missing, allocation: self.allocation() })
    }
}

/// Dollars per token as dollars per million, if that is a real price.
fn per_mtok(usd_per_token: f64) -> Result<UsdPerMtok, Refusal> {
    UsdPerMtok::positive(usd_per_token * 1e6).ok_or(Refusal::OutOfRange)
}
