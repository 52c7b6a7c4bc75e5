//! How long requests are: generators of input and output lengths.

mod joint;
mod marginal;
mod truncated;

pub use joint::Joint;
pub use marginal::Marginal;

use crate::profile::Traffic;
use crate::weighted::Weighted;
use rand_pcg::Pcg64;
use std::num::NonZeroU32;
use std::sync::Arc;

/// The lengths of one request, in tokens, at least one each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Length {
    /// Input tokens.
    pub isl: u32,
    /// Output tokens.
    pub osl: u32,
}

impl Length {
    /// Lengths of at least one token: a server takes no empty prompt and gives no empty answer.
    pub fn new(isl: u32, osl: u32) -> Self {
        Self { isl: isl.max(1), osl: osl.max(1) }
    }
}

/// Where the lengths of requests come from.
#[derive(Debug, Clone, PartialEq)]
pub enum Lengths {
    /// Input and output drawn apart.
    Apart {
        /// Input tokens.
        isl: Marginal,
        /// Output tokens.
        osl: Marginal,
    },
    /// Drawn together from a profile.
    Joint(Joint),
    /// Several kinds of requests.
    Mixture(Mixture),
    /// These, in their order, again from the start when they are used up; never empty.
    InOrder(Arc<[Length]>),
    /// Others, each divided by the same number: for a quick look at long traffic.
    Scaled {
        /// What is divided.
        lengths: Arc<Self>,
        /// By what.
        divisor: NonZeroU32,
    },
}

impl Lengths {
    /// Every request as long as the next.
    pub fn fixed(isl: u32, osl: u32) -> Self {
        Self::Apart { isl: Marginal::Fixed(isl.max(1)), osl: Marginal::Fixed(osl.max(1)) }
    }

    /// As in this profile; none where it has no cells.
    pub fn of(traffic: &Traffic) -> Option<Self> {
        Joint::of(traffic).map(Self::Joint)
    }

    /// The same, each length divided by `divisor`.
    #[must_use]
    pub fn scaled(self, divisor: NonZeroU32) -> Self {
        Self::Scaled { lengths: Arc::new(self), divisor }
    }

    /// Several kinds, each as often as its weight says; none where no weight is above zero.
    pub fn mixture(kinds: Vec<(f64, Self)>) -> Option<Self> {
        let weights = Weighted::new(kinds.iter().map(|(weight, _)| *weight))?;
        Some(Self::Mixture(Mixture { kinds, weights }))
    }

    /// Draws the lengths of request `index`.
    pub(crate) fn draw(&self, index: u64, random: &mut Pcg64) -> Length {
        match self {
            Self::Apart { isl, osl } => Length::new(isl.draw(random), osl.draw(random)),
            Self::Joint(joint) => joint.draw(random),
            Self::Mixture(mixture) => {
                mixture.kinds[mixture.weights.pick(random)].1.draw(index, random)
            }
            Self::InOrder(lengths) => lengths[(index % lengths.len() as u64) as usize],
            Self::Scaled { lengths, divisor } => {
                let Length { isl, osl } = lengths.draw(index, random);
                let part = |tokens: u32| (tokens + divisor.get() / 2) / divisor.get();
                Length::new(part(isl), part(osl))
            }
        }
    }

    /// Mean input and output lengths, before rounding and clamping to one token.
    pub fn means(&self) -> (f64, f64) {
        match self {
            Self::Apart { isl, osl } => (isl.mean(), osl.mean()),
            Self::Joint(joint) => joint.means(),
            Self::Mixture(mixture) => mixture.means(),
            Self::InOrder(lengths) => {
                let n = lengths.len() as f64;
                let sum =
                    |of: fn(&Length) -> u32| lengths.iter().map(|l| f64::from(of(l))).sum::<f64>();
                (sum(|l| l.isl) / n, sum(|l| l.osl) / n)
            }
            Self::Scaled { lengths, divisor } => {
                let (isl, osl) = lengths.means();
                (isl / f64::from(divisor.get()), osl / f64::from(divisor.get()))
            }
        }
    }
}

/// Several kinds of requests with their weights.
#[derive(Debug, Clone, PartialEq)]
pub struct Mixture {
    kinds: Vec<(f64, Lengths)>,
    weights: Weighted,
}

impl Mixture {
    fn means(&self) -> (f64, f64) {
        let total: f64 = self.kinds.iter().map(|(weight, _)| weight).sum();
        self.kinds.iter().fold((0.0, 0.0), |(isl, osl), (weight, kind)| {
            let (of_isl, of_osl) = kind.means();
            (isl + of_isl * weight / total, osl + of_osl * weight / total)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Choice, random};

    #[test]
    fn scaled_lengths_are_the_same_draws_divided() {
        let eighth = NonZeroU32::new(8).unwrap();
        let whole = Lengths::Apart {
            isl: Marginal::LogNormal { mean: 2433.0, sd: 5706.0 },
            osl: Marginal::Uniform { low: 1, high: 800 },
        };
        let scaled = whole.clone().scaled(eighth);
        assert_eq!(scaled.means(), (whole.means().0 / 8.0, whole.means().1 / 8.0));
        let mut of_whole = random(7, Choice::Lengths);
        let mut of_scaled = random(7, Choice::Lengths);
        for index in 0..1000 {
            let (whole, scaled) =
                (whole.draw(index, &mut of_whole), scaled.draw(index, &mut of_scaled));
            let close = |whole: u32, scaled: u32| {
                scaled == 1 || (f64::from(whole) / 8.0 - f64::from(scaled)).abs() <= 0.5
            };
            assert!(
                close(whole.isl, scaled.isl) && close(whole.osl, scaled.osl),
                "{whole:?} {scaled:?}"
            );
            assert!(scaled.isl > 0 && scaled.osl > 0);
        }
    }
}
