//! What a token of either kind costs a machine in time, from loads that mix them differently.
//!
//! At one load a machine is busy all the time: with `i` and `o` tokens per second and costs `a` and
//! `b` in seconds per token, `a i + b o = 1`. Several mixes of input and output at the same load
//! give as many equations, solved by least squares for non-negative costs (Lawson and Hanson,
//! "Solving Least Squares Problems", 1974, chapter 23). The intervals are those of ordinary least
//! squares (Draper and Smith, "Applied Regression Analysis", 3rd edition, section 5.1), with Student's t of as many
//! degrees of freedom as there are mixes beyond two, cut off at zero.
//!
//! What a token costs depends on what else is in the batch, so only points of one load are fitted
//! together.

use crate::curve::{Load, LoadCurve, LoadPoint, PhaseTimes};
use crate::stats::Interval;
use crate::stats::special::t_quantile;

/// Mixes that are this alike say nothing about their parts: the share by which the determinant
/// falls short of that of independent columns.
const ALIKE: f64 = 1e-3;

/// Seconds of the machine for a token.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cost {
    /// The estimate, zero or more.
    pub seconds: f64,
    /// Its interval; none from only two mixes, which fit without a rest.
    pub interval: Option<Interval>,
}

/// What tokens cost.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TokenCosts {
    /// An input token.
    pub input: Cost,
    /// An output token.
    pub output: Cost,
}

/// Why phases cannot be told apart.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FitError {
    /// Another machine or model has other costs.
    #[error("`{other}` is not the deployment of `{curve}`")]
    OtherDeployment {
        /// The curve that is to be told apart.
        curve: String,
        /// The curve that was to help.
        other: String,
    },
    /// No load was measured with two mixes.
    #[error("no load of `{0}` was measured with another mix of input and output as well")]
    OneMix(String),
}

/// The costs that explain rates of input and output tokens, each pair of another mix at the same
/// load. None from fewer than two mixes that differ.
pub fn token_costs(mixes: &[(f64, f64)]) -> Option<TokenCosts> {
    let sum = |of: fn(f64, f64) -> f64| mixes.iter().map(|(i, o)| of(*i, *o)).sum::<f64>();
    let (ii, io, oo) = (sum(|i, _| i * i), sum(|i, o| i * o), sum(|_, o| o * o));
    let (i, o) = (sum(|i, _| i), sum(|_, o| o));
    let determinant = ii * oo - io * io;
    let differ = determinant > ALIKE * ii * oo;
    if !differ || !determinant.is_finite() {
        return None;
    }
    let free = ((oo * i - io * o) / determinant, (ii * o - io * i) / determinant);
    let (input, output) = match free {
        (a, b) if a >= 0.0 && b >= 0.0 => (a, b),
        (a, _) if a < 0.0 => (0.0, o / oo),
        _ => (i / ii, 0.0),
    };
    let rest: f64 = mixes.iter().map(|(i, o)| (1.0 - free.0 * i - free.1 * o).powi(2)).sum();
    let beyond = mixes.len() as f64 - 2.0;
    let interval = |at: f64, inverse: f64| {
        let half = t_quantile(0.975, beyond) * (rest / beyond * inverse / determinant).sqrt();
        (beyond > 0.0).then(|| Interval::new((at - half).max(0.0), (at + half).max(0.0))).flatten()
    };
    Some(TokenCosts {
        input: Cost { seconds: input, interval: interval(free.0, oo) },
        output: Cost { seconds: output, interval: interval(free.1, ii) },
    })
}

/// Splits the windows of `curve` by the costs that it and `others`, of the same deployment under
/// other mixes, have in common at each load (`basis: least-squares`). What the server itself
/// reported stays; the loads at which it did are given back.
pub fn attach_fitted_phases(
    curve: &mut LoadCurve,
    others: &[LoadCurve],
) -> Result<Vec<Load>, FitError> {
    if let Some(other) = others.iter().find(|other| !is_same(other, curve)) {
        let (curve, other) = (curve.name.clone(), other.name.clone());
        return Err(FitError::OtherDeployment { curve, other });
    }
    let (mut told_apart, mut reported) = (false, Vec::new());
    for point in &mut curve.points {
        let at_load = |p: &&LoadPoint| p.offered.load() == point.offered.load();
        let mut mixes = vec![rates(point)];
        for other in others.iter().flat_map(|curve| &curve.points).filter(at_load) {
            // A curve may be among its own helpers.
            if !mixes.contains(&rates(other)) {
                mixes.push(rates(other));
            }
        }
        let Some(costs) = token_costs(&mixes) else { continue };
        told_apart = true;
        if point.phase.as_ref().is_none_or(|phase| phase.basis != "server") {
            split(point, costs);
        } else {
            reported.push(point.offered.load());
        }
    }
    if told_apart { Ok(reported) } else { Err(FitError::OneMix(curve.name.clone())) }
}

/// The same model on the same machine; settings that an engine finds for itself may differ a little.
fn is_same(one: &LoadCurve, other: &LoadCurve) -> bool {
    let (a, b) = (&one.deployment, &other.deployment);
    a.model == b.model && a.engine == b.engine && a.pools == b.pools
}

fn rates(point: &LoadPoint) -> (f64, f64) {
    (point.input_tok_per_s.get(), point.output_tok_per_s.get())
}

fn split(point: &mut LoadPoint, costs: TokenCosts) {
    let (i, o) = rates(point);
    let share = costs.input.seconds * i / (costs.input.seconds * i + costs.output.seconds * o);
    let window_s = point.window_s.unwrap_or(1.0);
    point.phase = (share > 0.0 && share < 1.0).then(|| PhaseTimes {
        prefill_s: share * window_s,
        decode_s: (1.0 - share) * window_s,
        basis: "least-squares".to_owned(),
    });
    let spread = costs.input.interval.and_then(|cost| {
        Interval::new((cost.low * i).min(1.0) * window_s, (cost.high * i).min(1.0) * window_s)
    });
    if let Some(spread) = spread {
        point.intervals.get_or_insert_default().insert("phase.prefill_s".to_owned(), spread);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rand_core::SeedableRng;
    use rand_distr::{Distribution, Normal};
    use rand_pcg::Pcg64;

    /// Rates of a machine with these costs that takes `ratio` input tokens for one output token.
    fn mix(input_s: f64, output_s: f64, ratio: f64) -> (f64, f64) {
        let output = 1.0 / (input_s * ratio + output_s);
        (ratio * output, output)
    }

    proptest! {
        /// Whatever the costs are, mixes that differ give them back.
        #[test]
        fn known_costs_are_found(input_s in 1e-6..1e-3_f64, output_s in 1e-4..1e-1_f64,
                                 first in 0.1..4.0_f64, grows in 2.0..8.0_f64, n in 2..6_i32) {
            // In units of the ratio at which both kinds take the same time.
            let even = output_s / input_s;
            let mixes: Vec<(f64, f64)> =
                (0..n).map(|k| mix(input_s, output_s, even * first * grows.powi(k) / 8.0)).collect();
            let costs = token_costs(&mixes).unwrap();
            prop_assert!((costs.input.seconds / input_s - 1.0).abs() < 1e-6, "{costs:?}");
            prop_assert!((costs.output.seconds / output_s - 1.0).abs() < 1e-6, "{costs:?}");
            prop_assert_eq!(costs.input.interval.is_some(), n > 2);
        }

        /// No cost is below zero, and none is made of mixes that are all alike.
        #[test]
        fn costs_are_never_negative(rates in prop::collection::vec((1.0..1e5_f64, 1.0..1e4_f64), 2..6)) {
            if let Some(costs) = token_costs(&rates) {
                prop_assert!(costs.input.seconds >= 0.0 && costs.output.seconds >= 0.0);
            }
            let alike: Vec<(f64, f64)> = (1..5).map(|k| (f64::from(k), f64::from(k))).collect();
            prop_assert_eq!(token_costs(&alike), None);
        }
    }

    #[test]
    fn intervals_hold_the_truth_about_as_often_as_they_say() {
        let (input_s, output_s) = (1e-4, 5e-3);
        let noise = Normal::new(1.0, 0.02).unwrap();
        let mut random = Pcg64::seed_from_u64(7);
        let (mut input, mut output) = (0, 0);
        for _ in 0..1000 {
            let noisy = |ratio: &f64| {
                let (i, o) = mix(input_s, output_s, *ratio);
                let slower: f64 = noise.sample(&mut random);
                (i * slower, o * slower)
            };
            let mixes: Vec<(f64, f64)> =
                [5.0, 20.0, 50.0, 100.0, 200.0].iter().map(noisy).collect();
            let costs = token_costs(&mixes).unwrap();
            input += u32::from(costs.input.interval.unwrap().holds(input_s));
            output += u32::from(costs.output.interval.unwrap().holds(output_s));
        }
        for held in [input, output] {
            assert!((920..=980).contains(&held), "{held} of 1000");
        }
    }
}
