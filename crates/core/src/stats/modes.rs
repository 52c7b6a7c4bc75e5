//! Whether samples are of two kinds.
//!
//! Hartigan & Hartigan, "The Dip Test of Unimodality", Annals of Statistics 13 (1985): the largest
//! distance between the samples' distribution function and the nearest one with a single mode. It
//! is computed by their algorithm (AS 217, Applied Statistics 34, 1985), on values with their
//! counts so that ties are no modes of their own.
//!
//! Limits: with many samples the slightest lump is significant, and latencies of a server that
//! works in steps are lumpy. So the dip must be large too, and the two kinds at least a factor of
//! two apart, before anything is said.

use crate::stats::Samples;
use crate::stats::batches::mean;
use serde::{Deserialize, Serialize};

/// `sqrt(n) x dip` that a uniform distribution, the hardest unimodal one, exceeds less than once
/// in a thousand times.
const CRITICAL: f64 = 0.73;
/// Dips below this are lumps, not kinds.
const LARGE: f64 = 0.04;
/// Means of the two kinds, the higher over the lower, at least.
const APART: f64 = 2.0;
/// Samples below which nothing is said.
const FEWEST: usize = 40;

/// Two kinds of latencies.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct TwoModes {
    /// How many are of the lower kind.
    pub lower_n: u64,
    /// Their mean.
    pub lower_ms: f64,
    /// How many are of the higher kind.
    pub higher_n: u64,
    /// Their mean.
    pub higher_ms: f64,
}

/// The two kinds that `samples` are of; none where one will do.
pub fn two_modes(samples: &Samples) -> Option<TwoModes> {
    let n = samples.n();
    let dip = dip(samples);
    if n < FEWEST || dip < LARGE || dip * (n as f64).sqrt() < CRITICAL {
        return None;
    }
    let (lower, higher) = samples.sorted().split_at(split(samples.sorted()));
    let modes = TwoModes {
        lower_n: lower.len() as u64,
        lower_ms: mean(lower),
        higher_n: higher.len() as u64,
        higher_ms: mean(higher),
    };
    (modes.lower_ms > 0.0 && modes.higher_ms >= APART * modes.lower_ms).then_some(modes)
}

/// Where to cut sorted values in two so that both parts vary least: Fisher, "On Grouping for
/// Maximum Homogeneity", JASA 53 (1958), for two groups.
fn split(sorted: &[f64]) -> usize {
    let (n, total) = (sorted.len() as f64, sorted.iter().sum::<f64>());
    let (mut sum, mut best) = (0.0, (f64::NEG_INFINITY, 1));
    for (index, value) in sorted.iter().enumerate().take(sorted.len() - 1) {
        sum += value;
        let below = index as f64 + 1.0;
        let between = sum * sum / below + (total - sum).powi(2) / (n - below);
        if between > best.0 {
            best = (between, index + 1);
        }
    }
    best.1
}

/// The dip, 0 to 0.25; 0 where all samples are alike.
pub fn dip(samples: &Samples) -> f64 {
    let mut steps = Steps::of(samples);
    let mut largest = 0.0_f64;
    while steps.x.len() > 1 {
        let (minorant, low_touches) = hull(&steps.x, &steps.before);
        let (majorant, high_touches) = upper_hull(&steps.x, &steps.after);
        let gap = |at: usize| (majorant[at] - minorant[at]).abs();
        let widest = |touches: &[usize]| touches.iter().map(|t| gap(*t)).fold(0.0, f64::max);
        let (left_gap, right_gap) = (widest(&low_touches), widest(&high_touches));
        let (from, to) = if right_gap > left_gap {
            let to = last_where(&high_touches, |t| gap(t) >= right_gap);
            (last_where(&low_touches, |t| t <= to), to)
        } else {
            let from = first_where(&low_touches, |t| gap(t) >= left_gap);
            (from, first_where(&high_touches, |t| t >= from))
        };
        let outside = (0..=from)
            .map(|i| (minorant[i] - steps.after[i]).abs())
            .chain((to..steps.x.len()).map(|i| (majorant[i] - steps.before[i]).abs()));
        let outside = outside.fold(0.0, f64::max);
        if left_gap.max(right_gap) <= largest {
            break;
        }
        largest = largest.max(outside);
        if from == 0 && to + 1 == steps.x.len() {
            break;
        }
        steps = steps.between(from, to);
    }
    largest / 2.0
}

fn last_where(touches: &[usize], wanted: impl Fn(usize) -> bool) -> usize {
    touches.iter().rev().copied().find(|t| wanted(*t)).unwrap_or_default()
}

fn first_where(touches: &[usize], wanted: impl Fn(usize) -> bool) -> usize {
    touches.iter().copied().find(|t| wanted(*t)).unwrap_or_default()
}

/// The distribution function: distinct values, and its height before and after each.
struct Steps {
    x: Vec<f64>,
    before: Vec<f64>,
    after: Vec<f64>,
}

impl Steps {
    fn of(samples: &Samples) -> Self {
        let (mut steps, n) =
            (Self { x: vec![], before: vec![], after: vec![] }, samples.n() as f64);
        for (index, value) in samples.sorted().iter().enumerate() {
            let height = (index + 1) as f64 / n;
            if steps.x.last() == Some(value) {
                if let Some(last) = steps.after.last_mut() {
                    *last = height;
                }
            } else {
                steps.x.push(*value);
                steps.before.push(index as f64 / n);
                steps.after.push(height);
            }
        }
        steps
    }

    fn between(&self, from: usize, to: usize) -> Self {
        let part = |values: &[f64]| values[from..=to].to_vec();
        Self { x: part(&self.x), before: part(&self.before), after: part(&self.after) }
    }
}

/// The greatest convex function below the points, at each of them, and where it touches them.
fn hull(x: &[f64], y: &[f64]) -> (Vec<f64>, Vec<usize>) {
    let mut touches: Vec<usize> = Vec::new();
    let slope = |a: usize, b: usize| (y[b] - y[a]) / (x[b] - x[a]);
    for point in 0..x.len() {
        while let [.., before, last] = touches[..] {
            if slope(before, last) < slope(last, point) {
                break;
            }
            touches.pop();
        }
        touches.push(point);
    }
    let mut heights = vec![y[0]];
    for pair in touches.windows(2) {
        let rise = slope(pair[0], pair[1]);
        heights.extend((pair[0] + 1..=pair[1]).map(|i| y[pair[0]] + rise * (x[i] - x[pair[0]])));
    }
    (heights, touches)
}

/// The least concave function above the points.
fn upper_hull(x: &[f64], y: &[f64]) -> (Vec<f64>, Vec<usize>) {
    let negated: Vec<f64> = y.iter().map(|height| -height).collect();
    let (heights, touches) = hull(x, &negated);
    (heights.into_iter().map(|height| -height).collect(), touches)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand_core::{Rng, SeedableRng};
    use rand_pcg::Pcg64;

    fn samples(values: impl IntoIterator<Item = f64>) -> Samples {
        values.into_iter().collect()
    }

    fn uniform(random: &mut Pcg64) -> f64 {
        (random.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    #[test]
    fn known_dips_come_out() {
        // Evenly spaced values are as unimodal as n values can be: 1 / 2n. Two heaps of equal
        // size reach the largest dip there is, 1/4.
        let even = dip(&samples((0..50).map(f64::from)));
        assert!((even - 0.01).abs() < 1e-9, "{even}");
        let heaps = dip(&samples((0..100).map(|i| if i % 2 == 0 { 1.0 } else { 9.0 })));
        assert!((heaps - 0.25).abs() < 1e-9, "{heaps}");
        assert!(dip(&samples([3.0; 20])).abs() < 1e-12);
        // What the authors' code says, as R and Python package it (diptest 0.9).
        let uneven = dip(&samples([0.1, 0.15, 0.2, 0.5, 0.55, 0.9, 0.92, 0.93, 0.97]));
        assert!((uneven - 0.131_944_444).abs() < 1e-8, "{uneven}");
    }

    #[test]
    fn the_critical_value_is_exceeded_once_in_a_thousand() {
        let mut random = Pcg64::seed_from_u64(11);
        let mut scaled: Vec<f64> = (0..2000)
            .map(|_| dip(&samples((0..400).map(|_| uniform(&mut random)))) * 20.0)
            .collect();
        scaled.sort_by(f64::total_cmp);
        assert!((0.49..0.56).contains(&scaled[1900]), "95 %: {}", scaled[1900]);
        assert!(scaled.iter().filter(|s| **s > CRITICAL).count() <= 4, "{}", scaled[1997]);
    }

    #[test]
    fn two_kinds_are_told_from_one_that_is_skewed() {
        let mut random = Pcg64::seed_from_u64(5);
        let exponential = samples((0..500).map(|_| -uniform(&mut random).ln()));
        assert_eq!(two_modes(&exponential), None);
        let mixed = samples((0..300).map(|i| {
            let (center, spread) = if i % 3 == 0 { (400.0, 80.0) } else { (50.0, 10.0) };
            center + spread * (uniform(&mut random) - 0.5)
        }));
        let modes = two_modes(&mixed).unwrap();
        assert_eq!((modes.lower_n, modes.higher_n), (200, 100));
    }
}
