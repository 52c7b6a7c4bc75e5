//! Where a series of observations becomes steady.
//!
//! MSER-5: average neighbours by fives, then cut where the standard error of what remains is
//! smallest (White, "An Effective Truncation Heuristic for Bias Reduction in Simulation Output",
//! Simulation 69, 1997; White & Franklin, "Stationarity Tests and MSER-5", Winter Simulation
//! Conference 2008). Its authors distrust a cut in the second half: such a series has not settled.
//!
//! A minimum exists in pure noise too, and cutting there would choose the calmer part of a run. So
//! a cut is made only where what goes differs from what stays, by more than three standard errors
//! of batch means.

use crate::stats::batches::{BatchMeans, mean};

/// Observations that are averaged first.
const FIVE: usize = 5;
/// Averages below which nothing can be told.
const FEWEST: usize = 10;
/// Standard errors between what is cut and what stays.
const APART: f64 = 3.0;

/// What was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settling {
    /// It is steady after this many observations; 0 from the start.
    After(usize),
    /// It was still moving in its second half.
    Never,
}

/// Where `in_order` becomes steady; none of fewer than 50 observations.
pub fn mser5(in_order: &[f64]) -> Option<Settling> {
    let fives: Vec<f64> = in_order.chunks_exact(FIVE).map(mean).collect();
    if fives.len() < FEWEST {
        return None;
    }
    let cut = smallest_error(&fives);
    if cut == 0 || !differs(in_order, cut * FIVE) {
        return Some(Settling::After(0));
    }
    Some(if cut > fives.len() / 2 { Settling::Never } else { Settling::After(cut * FIVE) })
}

/// The cut that minimises `sum((z - mean)^2) / n^2` over what remains; the last five averages are
/// no candidates, for a few of them agree by chance.
fn smallest_error(fives: &[f64]) -> usize {
    let (mut sum, mut squares) = (0.0, 0.0);
    let mut best = (f64::INFINITY, 0);
    let center = mean(fives);
    for (cut, value) in fives.iter().map(|z| z - center).enumerate().rev() {
        sum += value;
        squares += value * value;
        let n = (fives.len() - cut) as f64;
        let error = (squares - sum * sum / n).max(0.0) / (n * n);
        if fives.len() - cut > FIVE && error <= best.0 {
            best = (error, cut);
        }
    }
    best.1
}

fn differs(in_order: &[f64], cut: usize) -> bool {
    let (gone, kept) = in_order.split_at(cut);
    let Some(batches) = BatchMeans::of(kept) else { return false };
    let share = kept.len() as f64 / gone.len() as f64;
    let error = batches.standard_error() * (1.0 + share).sqrt();
    (mean(gone) - mean(kept)).abs() > APART * error
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand_core::SeedableRng;
    use rand_distr::{Distribution, StandardNormal};
    use rand_pcg::Pcg64;

    fn noise(seed: u64, n: usize) -> Vec<f64> {
        let mut random = Pcg64::seed_from_u64(seed);
        (0..n).map(|_| StandardNormal.sample(&mut random)).collect()
    }

    #[test]
    fn a_start_that_is_slower_is_cut_off_and_noise_is_not() {
        let steady = noise(1, 500);
        assert_eq!(mser5(&steady), Some(Settling::After(0)));
        let slow_start: Vec<f64> =
            steady.iter().enumerate().map(|(i, z)| z + 20.0 * (-(i as f64) / 20.0).exp()).collect();
        let Some(Settling::After(cut)) = mser5(&slow_start) else { panic!("it settles") };
        assert!((40..=140).contains(&cut), "{cut}");
        let rising: Vec<f64> =
            steady.iter().enumerate().map(|(i, z)| z + i as f64 / 10.0).collect();
        assert_eq!(mser5(&rising), Some(Settling::Never));
        assert_eq!(mser5(&steady[..49]), None);
        assert_eq!(mser5(&[7.0; 100]), Some(Settling::After(0)));
    }

    #[test]
    fn pure_noise_is_hardly_ever_cut() {
        let cut = (0..400).filter(|seed| mser5(&noise(*seed, 300)) != Some(Settling::After(0)));
        assert!(cut.count() <= 8);
    }
}
