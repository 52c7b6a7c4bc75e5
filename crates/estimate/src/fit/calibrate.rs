//! Measured rows to a calibration, and how wrong such calibrations are on rows left out.

use super::design::Design;
use super::newton::minimise;
use super::prior;
use super::problem::{Observation, Problem, QUANTITIES};
use crate::calibration::{Calibration, Constants, Levels, Regime, Trait};
use crate::compiled::Compiled;
use crate::rows::Measured;
use crate::setup::Job;
use crate::validate::{Judged, Judgement, Predicted};
use farebox_core::Milliseconds;
use std::collections::{BTreeMap, BTreeSet};
use std::panic::resume_unwind;
use std::thread;

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

impl LeaveOut {
    /// Traits that can say something about what is left out: without an accelerator's own rows, its
    /// datasheet and what all accelerators share.
    const fn kept(self) -> fn(Trait) -> bool {
        match self {
            Self::Group => |_| true,
            Self::Gpu => |of| !of.names_gpu(),
        }
    }
}

/// Fits the constants to all judged rows: once with effects of each accelerator, once without any
/// for those that nobody measured.
pub fn calibrate(judgement: &Judgement<'_>) -> Result<Calibration, FitError> {
    let own = fitted(judgement, LeaveOut::Group)?;
    let elsewhere = fitted(judgement, LeaveOut::Gpu)?;
    let gpus = judgement.judged.iter().map(|judged| judged.row.config.gpu_id.clone()).collect();
    Ok(own.with_elsewhere(gpus, elsewhere))
}

/// Constants with the effects that can say something about what would be left out.
fn fitted(judgement: &Judgement<'_>, leave_out: LeaveOut) -> Result<Calibration, FitError> {
    let (problem, places) = problem(judgement, leave_out.kept())?;
    let all: Vec<usize> = (0..problem.rows.len()).collect();
    let start = vec![0.0; problem.design.parameters.len()];
    let fitted = minimise(&problem, &all, start, STEPS);
    let group = |&place: &usize| judgement.judged[place].row.group.as_str();
    let groups: BTreeSet<&str> = places.iter().map(group).collect();
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
    let (problem, places) = problem(judgement, leave_out.kept())?;
    let parts = parts(judgement, &places, leave_out);
    let bundles: Vec<Vec<&[usize]>> = (0..BUNDLES.min(parts.len()))
        .map(|first| parts.iter().skip(first).step_by(BUNDLES).map(Vec::as_slice).collect())
        .collect();
    let mut predicted = vec![None; judgement.judged.len()];
    thread::scope(|scope| {
        let fits: Vec<_> =
            bundles.iter().map(|bundle| scope.spawn(|| of_bundle(&problem, bundle))).collect();
        for fit in fits {
            for (row, answer) in fit.join().unwrap_or_else(|panic| resume_unwind(panic)) {
                predicted[places[row]] = Some(answer);
            }
        }
    });
    Ok(predicted)
}

/// Predictions of the rows of some parts, each part by a fit that never saw it.
fn of_bundle(problem: &Problem, parts: &[&[usize]]) -> Vec<(usize, Predicted)> {
    let out: Vec<usize> = parts.iter().copied().flatten().copied().collect();
    let nothing = vec![0.0; problem.design.parameters.len()];
    let start = minimise(problem, &without(problem, &out), nothing, STEPS);
    let mut predicted = Vec::with_capacity(out.len());
    for part in parts {
        let fitted = minimise(problem, &without(problem, part), start.clone(), PART_STEPS);
        predicted.extend(part.iter().map(|&row| (row, predict(problem, row, &fitted))));
    }
    predicted
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
        tpot_ms: estimate.tpot.map(Milliseconds::get),
        output_tok_per_s: estimate.output.get(),
        total_tok_per_s: estimate.total.get(),
    }
}

/// The rows that can be fitted, and the place of each among the judged.
fn problem(
    judgement: &Judgement<'_>,
    kept: fn(Trait) -> bool,
) -> Result<(Problem, Vec<usize>), FitError> {
    let sizes = sizes(&judgement.judged);
    let (mut rows, mut levels, mut places) = (Vec::new(), Vec::new(), Vec::new());
    for (place, judged) in judgement.judged.iter().enumerate() {
        let Ok(question) = &judged.question else { continue };
        let bare = [Constants::filled(1.0); 3];
        let Ok(compiled) = Compiled::with_constants(&question.setup, bare) else { continue };
        let measured = logs(&judged.row.measured, question.job);
        let weights = sizes[judged.row.group.as_str()].map(|n| n.max(1.0).sqrt().recip());
        let weights = std::array::from_fn(|k| weights[k] * prior::EMPHASIS[k]);
        levels.push(Levels::of(&question.setup, Regime::of(question.job.load)));
        rows.push(Observation { compiled, job: question.job, measured, weights });
        places.push(place);
    }
    if rows.is_empty() {
        return Err(FitError::NoRows);
    }
    Ok((Problem { design: Design::new(&levels, kept), rows }, places))
}

/// Logs of what was measured, in seconds and tokens per second.
fn logs(measured: &Measured, job: Job) -> [Option<f64>; QUANTITIES] {
    let seconds = |ms: f64| (ms / 1e3).ln();
    [
        measured.ttft_ms.map(seconds),
        measured.tpot_ms.map(seconds),
        output(measured, job).map(f64::ln),
    ]
}

/// Output tokens per second; where only all tokens were counted, the output's share of them.
fn output(measured: &Measured, job: Job) -> Option<f64> {
    let share = job.osl / (job.isl + job.osl);
    measured.output_tok_per_s.or_else(|| Some(measured.total_tok_per_s? * share))
}

/// Measured rows of each group, by quantity.
fn sizes<'a>(judged: &[Judged<'a>]) -> BTreeMap<&'a str, [f64; QUANTITIES]> {
    let mut sizes: BTreeMap<&str, [f64; QUANTITIES]> = BTreeMap::new();
    for row in judged {
        let counts = sizes.entry(row.row.group.as_str()).or_default();
        for (count, measured) in counts.iter_mut().zip(counted(&row.row.measured)) {
            *count += f64::from(u8::from(measured));
        }
    }
    sizes
}

/// Which quantities were measured.
fn counted(measured: &Measured) -> [bool; QUANTITIES] {
    let rate = measured.output_tok_per_s.or(measured.total_tok_per_s);
    [measured.ttft_ms, measured.tpot_ms, rate].map(|figure| figure.is_some())
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
