//! The minimum of a problem: damped Gauss-Newton steps, each solved by conjugate gradients.

use super::problem::{Line, Problem};
use crate::calibration::Coefficient;

/// Longest move of one log parameter in one step.
const LONGEST: f64 = 0.7;
/// Conjugate-gradient steps at most.
const INNER: usize = 4000;
/// Residual, relative to the gradient, at which a step is good enough.
const INNER_GOAL: f64 = 1e-7;
/// Gain of a step, relative to the loss, below which the minimum is reached.
const GAIN: f64 = 1e-6;

/// Log parameters at the minimum over `rows`, from `start`, in at most `steps` steps.
pub(super) fn minimise(
    problem: &Problem,
    rows: &[usize],
    start: Vec<f64>,
    steps: usize,
) -> Vec<f64> {
    let mut at = start;
    let mut loss = problem.loss(rows, &at);
    for _ in 0..steps {
        let system = System::new(problem, &problem.linearise(rows, &at), &at);
        let direction = system.solve();
        let Some((next, lower)) = descend(problem, rows, (&at, loss), &direction) else { break };
        let done = loss - lower < GAIN * loss;
        at = next;
        loss = lower;
        if done {
            break;
        }
    }
    at
}

/// The first of ever shorter moves that lowers the loss.
fn descend(
    problem: &Problem,
    rows: &[usize],
    (at, loss): (&[f64], f64),
    direction: &[f64],
) -> Option<(Vec<f64>, f64)> {
    let mut scale = 1.0;
    for _ in 0..6 {
        let moved = |(x, d): (&f64, &f64)| x + (scale * d).clamp(-LONGEST, LONGEST);
        let next: Vec<f64> = at.iter().zip(direction).map(moved).collect();
        let lower = problem.loss(rows, &next);
        if lower < loss {
            return Some((next, lower));
        }
        scale *= 0.4;
    }
    None
}

/// Coefficients of a deployment.
const N: usize = Coefficient::ALL.len();

/// The normal equations `(J'WJ + P) d = -(J'We + P p)`. Rows of one deployment see the same sums of
/// parameters, so their lines are folded into one small matrix each.
struct System<'a> {
    problem: &'a Problem,
    blocks: Vec<Block>,
    gradient: Vec<f64>,
    diagonal: Vec<f64>,
}

/// `J'WJ` and `J'We` of one deployment, by log coefficient.
#[derive(Clone)]
struct Block {
    curvature: [[f64; N]; N],
    pull: [f64; N],
}

impl Block {
    const EMPTY: Self = Self { curvature: [[0.0; N]; N], pull: [0.0; N] };

    fn add(&mut self, line: &Line) {
        for (i, slope) in line.slopes.iter().enumerate() {
            let weighted = line.weight * slope;
            self.pull[i] += weighted * line.error;
            for (cell, other) in self.curvature[i].iter_mut().zip(&line.slopes) {
                *cell += weighted * other;
            }
        }
    }
}

impl<'a> System<'a> {
    fn new(problem: &'a Problem, lines: &[Line], at: &[f64]) -> Self {
        let design = &problem.design;
        let mut blocks = vec![Block::EMPTY; design.patterns.len()];
        for line in lines {
            blocks[design.pattern[line.row]].add(line);
        }
        let parameters = &design.parameters;
        let mut gradient: Vec<f64> =
            parameters.iter().zip(at).map(|(p, value)| p.precision * value).collect();
        let mut diagonal: Vec<f64> = parameters.iter().map(|p| p.precision).collect();
        for (block, pattern) in blocks.iter().zip(&design.patterns) {
            for (coefficient, place) in pattern {
                let i = *coefficient as usize;
                gradient[*place] += block.pull[i];
                diagonal[*place] += block.curvature[i][i];
            }
        }
        Self { problem, blocks, gradient, diagonal }
    }

    /// The step, by conjugate gradients preconditioned with the diagonal.
    fn solve(&self) -> Vec<f64> {
        let mut step = vec![0.0; self.gradient.len()];
        let mut residual: Vec<f64> = self.gradient.iter().map(|g| -g).collect();
        let mut scaled = self.scale(&residual);
        let mut direction = scaled.clone();
        let mut size = dot(&residual, &scaled);
        let goal = size * INNER_GOAL * INNER_GOAL;
        for _ in 0..INNER {
            if size <= goal {
                break;
            }
            let image = self.apply(&direction);
            let length = size / dot(&direction, &image);
            add(&mut step, length, &direction);
            add(&mut residual, -length, &image);
            scaled = self.scale(&residual);
            let next = dot(&residual, &scaled);
            let turn = next / size;
            size = next;
            for (d, s) in direction.iter_mut().zip(&scaled) {
                *d = s + turn * *d;
            }
        }
        step
    }

    fn scale(&self, vector: &[f64]) -> Vec<f64> {
        vector.iter().zip(&self.diagonal).map(|(v, d)| v / d).collect()
    }

    /// `(J'WJ + P) v`.
    fn apply(&self, vector: &[f64]) -> Vec<f64> {
        let design = &self.problem.design;
        let mut image: Vec<f64> =
            design.parameters.iter().zip(vector).map(|(p, v)| p.precision * v).collect();
        for (block, pattern) in self.blocks.iter().zip(&design.patterns) {
            let mut sums = [0.0; N];
            for (coefficient, place) in pattern {
                sums[*coefficient as usize] += vector[*place];
            }
            let pulls = block.curvature.map(|row| dot(&row, &sums));
            for (coefficient, place) in pattern {
                image[*place] += pulls[*coefficient as usize];
            }
        }
        image
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn add(to: &mut [f64], factor: f64, vector: &[f64]) {
    for (t, v) in to.iter_mut().zip(vector) {
        *t += factor * v;
    }
}
