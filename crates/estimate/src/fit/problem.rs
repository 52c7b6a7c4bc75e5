//! Loss and derivatives over a set of rows.

use super::design::Design;
use super::prior;
use crate::calibration::{Coefficient, Constants};
use crate::compiled::Compiled;
use crate::compose::Answer;
use crate::setup::Job;

/// Log error at which the loss turns from square to linear.
const TURN: f64 = 0.12;
/// Step of the log derivative.
const STEP: f64 = 1e-3;

/// The three quantities: first token, between tokens, throughput.
pub(super) const QUANTITIES: usize = 3;

/// One measured row.
#[derive(Debug, Clone)]
pub(super) struct Observation {
    /// The deployment; its own constants are not used.
    pub(super) compiled: Compiled,
    /// The load.
    pub(super) job: Job,
    /// Logs of what was measured.
    pub(super) measured: [Option<f64>; QUANTITIES],
    /// Weights of the three.
    pub(super) weights: [f64; QUANTITIES],
}

/// Rows and their parameters.
#[derive(Debug)]
pub(super) struct Problem {
    /// The rows.
    pub(super) rows: Vec<Observation>,
    /// Their parameters.
    pub(super) design: Design,
}

/// One quantity of one row, linearised.
#[derive(Debug, Clone)]
pub(super) struct Line {
    /// The row.
    pub(super) row: usize,
    /// Log error.
    pub(super) error: f64,
    /// Weight of its square.
    pub(super) weight: f64,
    /// Derivative by log coefficient.
    pub(super) slopes: [f64; Coefficient::ALL.len()],
}

impl Problem {
    /// Constants of a row under log parameters.
    pub(super) fn constants(&self, row: usize, parameters: &[f64]) -> Constants {
        let mut logs = Constants::filled(0.0);
        for (coefficient, place) in self.design.of_row(row) {
            logs[*coefficient] += parameters[*place];
        }
        let mut constants = Constants::filled(1.0);
        for coefficient in Coefficient::ALL {
            constants[coefficient] = prior::base(coefficient).0 * logs[coefficient].exp();
        }
        constants.believable()
    }

    /// Log predictions of a row.
    pub(super) fn predict(&self, row: usize, constants: &Constants) -> [f64; QUANTITIES] {
        let row = &self.rows[row];
        let answer = Answer::of(&row.compiled, constants, row.job);
        let output = answer.requests_per_s(&row.job) * row.job.osl;
        [answer.ttft_s.ln(), answer.tpot_s.ln(), output.ln()]
    }

    /// Loss over `rows`, priors included.
    pub(super) fn loss(&self, rows: &[usize], parameters: &[f64]) -> f64 {
        let mut loss = 0.0;
        for &row in rows {
            let predicted = self.predict(row, &self.constants(row, parameters));
            let observation = &self.rows[row];
            for (k, measured) in observation.measured.iter().enumerate() {
                let Some(measured) = measured else { continue };
                let scaled = (predicted[k] - measured) / TURN;
                loss += observation.weights[k] * (scaled.hypot(1.0) - 1.0);
            }
        }
        let prior = self.design.parameters.iter().zip(parameters);
        loss + prior.map(|(p, value)| 0.5 * p.precision * value * value).sum::<f64>()
    }

    /// Every measured quantity of `rows`, linearised at `parameters`.
    pub(super) fn linearise(&self, rows: &[usize], parameters: &[f64]) -> Vec<Line> {
        let mut lines = Vec::with_capacity(rows.len() * 2);
        for &row in rows {
            let constants = self.constants(row, parameters);
            let predicted = self.predict(row, &constants);
            let slopes = self.slopes(row, &constants, predicted);
            let observation = &self.rows[row];
            for (k, measured) in observation.measured.iter().enumerate() {
                let Some(measured) = measured else { continue };
                let error = predicted[k] - measured;
                let robust = (error / TURN).hypot(1.0);
                let weight = observation.weights[k] / (TURN * TURN * robust);
                lines.push(Line { row, error, weight, slopes: slopes[k] });
            }
        }
        lines
    }

    fn slopes(
        &self,
        row: usize,
        constants: &Constants,
        at: [f64; QUANTITIES],
    ) -> [[f64; Coefficient::ALL.len()]; QUANTITIES] {
        let mut slopes = [[0.0; Coefficient::ALL.len()]; QUANTITIES];
        for coefficient in Coefficient::ALL {
            let mut moved = *constants;
            moved[coefficient] *= STEP.exp();
            let beyond = self.predict(row, &moved.believable());
            for k in 0..QUANTITIES {
                slopes[k][coefficient as usize] = (beyond[k] - at[k]) / STEP;
            }
        }
        slopes
    }
}
