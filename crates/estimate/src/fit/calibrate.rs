//! Measured rows to a calibration, and how wrong such calibrations are on rows left out.

use super::design::Design;
use super::newton::minimise;
use super::prior;
use super::problem::{Observation, Problem, QUANTITIES};
use crate::calibration::{Calibration, Constants, Levels, Regime};
use crate::compiled::Compiled;
use crate::rows::Measured;
use crate::validate::{Judged, Judgement, Predicted};
use std::collections::BTreeMap;

/// Steps of the fit on all rows.
const STEPS: usize = 40;
/// Steps of a fit with one part left out, from the minimum with its bundle left out.
const PART_STEPS: usize = 6;
/// Bundles of parts.
const BUNDLES: usize = 8;
/// Effects smaller than this are not worth a line.
const NEGLIGIBLE: f64 = 1e-3;

/// Rows that nothing can be fitted to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FitError {
    /// No row has both a question and a measurement.
    #[error("no row can be fitted")]
    NoRows,
}

/// What is left out of a fit at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeaveOut {
    /// One group: source, network and accelerator.
    Group,
    /// One accelerator.
    Gpu,
}

/// Fits the constants to all judged rows.
pub fn calibrate(judgement: &Judgement<'_>) -> Result<Calibration, FitError> {
    let (problem, places) = problem(judgement)?;
    let all: Vec<usize> = (0..problem.rows.len()).collect();
    let start = vec![0.0; problem.design.parameters.len()];
    let fitted = minimise(&problem, &all, start, STEPS);
    let mut groups: Vec<&str> =
        places.iter().map(|&place| judgement.judged[place].row.group.as_str()).collect();
    groups.sort_unstable();
    groups.dedup();
    Ok(document(&problem, &fitted, groups.len() as u64))
}

/// Predictions of every judged row by constants fitted without its group or accelerator; none for
/// rows that are refused.
///
/// No fit ever starts from a point that has seen what it leaves out: parts are first left out a
/// bundle at a time, from nothing, and each part's own fit starts from its bundle's.
pub fn out_of_fold(
    judgement: &Judgement<'_>,
    leave_out: LeaveOut,
) -> Result<Vec<Option<Predicted>>, FitError> {
    let (problem, places) = problem(judgement)?;
    let parts = parts(judgement, &places, leave_out);
    let mut predicted = vec![None; judgement.judged.len()];
    for bundle in 0..BUNDLES.min(parts.len()) {
        let bundled = || parts.iter().skip(bundle).step_by(BUNDLES);
        let out: Vec<usize> = bundled().flatten().copied().collect();
        let nothing = vec![0.0; problem.design.parameters.len()];
        let start = minimise(&problem, &without(&problem, &out), nothing, STEPS);
        for part in bundled() {
            let rest = without(&problem, part);
            let fitted = minimise(&problem, &rest, start.clone(), PART_STEPS);
            for &row in part {
                predicted[places[row]] = Some(predict(&problem, row, &fitted));
            }
        }
    }
    Ok(predicted)
}

/// Rows by what they are left out with, in order of its name.
fn parts(judgement: &Judgement<'_>, places: &[usize], leave_out: LeaveOut) -> Vec<Vec<usize>> {
    let mut parts: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (row, &place) in places.iter().enumerate() {
        let measured = judgement.judged[place].row;
        let key = match leave_out {
            LeaveOut::Group => &measured.group,
            LeaveOut::Gpu => &measured.config.gpu_id,
        };
        parts.entry(key).or_default().push(row);
    }
    parts.into_values().collect()
}

/// All rows but `out`.
fn without(problem: &Problem, out: &[usize]) -> Vec<usize> {
    (0..problem.rows.len()).filter(|row| !out.contains(row)).collect()
}

fn predict(problem: &Problem, row: usize, parameters: &[f64]) -> Predicted {
    let constants = problem.constants(row, parameters);
    let observation = &problem.rows[row];
    let compiled = Compiled { constants: [constants; 3], ..observation.compiled.clone() };
    let estimate = compiled.estimate(observation.job);
    Predicted {
        ttft_ms: estimate.ttft.get(),
        tpot_ms: estimate.tpot.get(),
        output_tok_per_s: estimate.output.get(),
        total_tok_per_s: estimate.total.get(),
    }
}

/// The rows that can be fitted, and the place of each among the judged.
fn problem(judgement: &Judgement<'_>) -> Result<(Problem, Vec<usize>), FitError> {
    let sizes = sizes(&judgement.judged);
    let (mut rows, mut levels, mut places) = (Vec::new(), Vec::new(), Vec::new());
    for (place, judged) in judgement.judged.iter().enumerate() {
        let Ok(question) = &judged.question else { continue };
        let bare = [Constants::filled(1.0); 3];
        let Ok(compiled) = Compiled::with_constants(&question.setup, bare) else { continue };
        let measured = logs(&judged.row.measured);
        let weights = sizes[judged.row.group.as_str()].map(|n| n.max(1.0).sqrt().recip());
        let weights = std::array::from_fn(|k| weights[k] * prior::EMPHASIS[k]);
        levels.push(Levels::of(&question.setup, Regime::of(question.job.load)));
        rows.push(Observation { compiled, job: question.job, measured, weights });
        places.push(place);
    }
    if rows.is_empty() {
        return Err(FitError::NoRows);
    }
    Ok((Problem { design: Design::new(&levels), rows }, places))
}

/// Logs of what was measured, in seconds and tokens per second.
fn logs(measured: &Measured) -> [Option<f64>; QUANTITIES] {
    let seconds = |ms: f64| (ms / 1e3).ln();
    [
        measured.ttft_ms.map(seconds),
        measured.tpot_ms.map(seconds),
        measured.output_tok_per_s.map(f64::ln),
    ]
}

/// Measured rows of each group, by quantity.
fn sizes<'a>(judged: &[Judged<'a>]) -> BTreeMap<&'a str, [f64; QUANTITIES]> {
    let mut sizes: BTreeMap<&str, [f64; QUANTITIES]> = BTreeMap::new();
    for row in judged {
        let counts = sizes.entry(row.row.group.as_str()).or_default();
        for (count, measured) in counts.iter_mut().zip(logs(&row.row.measured)) {
            *count += f64::from(u8::from(measured.is_some()));
        }
    }
    sizes
}

/// The parameters as a document, rounded so that a last bit of a logarithm changes no byte.
fn document(problem: &Problem, parameters: &[f64], groups: u64) -> Calibration {
    let mut bases = Constants::filled(1.0);
    for (parameter, value) in problem.design.parameters.iter().zip(parameters) {
        if parameter.level.is_none() {
            let base = prior::base(parameter.coefficient).0 * value.exp();
            bases[parameter.coefficient] = significant(base);
        }
    }
    let mut calibration = Calibration::bare(&bases);
    for (parameter, value) in problem.design.parameters.iter().zip(parameters) {
        let Some((of, level)) = &parameter.level else { continue };
        if value.abs() >= NEGLIGIBLE {
            let rounded = (value * 1e3).round() / 1e3;
            calibration.set_effect((parameter.coefficient, *of), level, rounded);
        }
    }
    calibration.rows = problem.rows.len() as u64;
    calibration.groups = groups;
    calibration
}

/// Four significant digits.
fn significant(value: f64) -> f64 {
    format!("{value:.3e}").parse().unwrap_or(value)
}
