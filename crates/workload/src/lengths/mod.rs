//! How long requests are: generators of input and output lengths.

mod joint;
mod marginal;
mod truncated;

pub use joint::Joint;
pub use marginal::Marginal;

use crate::profile::Traffic;
use crate::weighted::Weighted;
use rand_pcg::Pcg64;
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
