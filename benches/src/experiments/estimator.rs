//! How quick the estimator is: a sweep over the catalogue, one question, and the whole process.

use crate::children::run as child;
use crate::error::BenchError;
use crate::farebox::program;
use crate::say;
use crate::spread::Spread;
use crate::table::Table;
use farebox_catalog::Catalogue;
use farebox_catalog::accelerator::Accelerators;
use farebox_catalog::model::{ModelCatalog, ModelSpec, Precision};
use farebox_estimate::{Calibration, Compiled, Job, Load, Setup};
use std::hint::black_box;
use std::process::Command;
use std::time::Instant;

const WIDTHS: [u32; 4] = [1, 2, 4, 8];
const PRECISIONS: [Option<Precision>; 3] = [None, Some(Precision::Fp8), Some(Precision::W4a16)];
/// Batches of the sweep: 1, 2, 3 ... , as a search for the load line asks for.
const BATCHES: u32 = 256;
/// How often one question is asked, and how often the process is started.
const QUESTIONS: usize = 1000;
const STARTS: usize = 25;

pub(super) fn run(rounds: usize) -> Result<String, BenchError> {
    let models: Vec<ModelSpec> = {
        let catalogue = ModelCatalog::embedded();
        catalogue.ids().filter_map(|id| catalogue.find(id).ok()).collect()
    };
    let mut sweeps = Vec::new();
    for round in 1..=rounds {
        say(&format!("estimator: sweep, round {round}"));
        sweeps.push(Sweep::over(&models));
    }
    let of = |value: fn(&Sweep) -> f64| Spread::of(sweeps.iter().map(value));
    let mut table = Table::new(&["what", "figure"]);
    let mut row = |what: &str, figure: String| table.row([what.to_owned(), figure]);
    row("estimates of the sweep", format!("{:.0}", of(|s| s.estimates as f64).median));
    row("deployments among them", format!("{:.0}", of(|s| s.deployments as f64).median));
    row("estimates per second, one core", format!("{:.0}", of(Sweep::per_s)));
    row(
        "µs to work out a deployment",
        format!("{:.1}", of(|s| s.compile_s / s.deployments as f64 * 1e6)),
    );
    row(
        "µs to estimate it under one load",
        format!("{:.3}", of(|s| s.ask_s / s.estimates as f64 * 1e6)),
    );
    row(
        "µs of one question, deployment and load",
        format!("{:.1}", Spread::of(questions(&models))),
    );
    row("ms of `farebox estimate`, start to finish", format!("{:.1}", starts()?));
    Ok(format!(
        "Every accelerator of the catalogue x every model x TP {WIDTHS:?} x precision as stored, \
         fp8 and w4a16 x batch 1 to {BATCHES}, 2048 tokens in and 1024 out; a combination that is \
         refused counts as none. One thread; reading the catalogue is left out of the first six \
         rows and part of the last, whose process prints the estimate of a 70B model as JSON.\n\n\
         {table}"
    ))
}

/// What one sweep took.
struct Sweep {
    deployments: usize,
    estimates: usize,
    compile_s: f64,
    ask_s: f64,
}

impl Sweep {
    fn over(models: &[ModelSpec]) -> Self {
        let calibration = Calibration::embedded();
        let jobs: Vec<Job> = (1..=BATCHES)
            .filter_map(|batch| Job::new(2048.0, 1024.0, Load::Closed(f64::from(batch))).ok())
            .collect();
        let mut sweep = Self { deployments: 0, estimates: 0, compile_s: 0.0, ask_s: 0.0 };
        for setup in setups(models) {
            let started = Instant::now();
            let compiled = Compiled::new(&setup, calibration);
            sweep.compile_s += started.elapsed().as_secs_f64();
            let Ok(compiled) = compiled else { continue };
            let started = Instant::now();
            for job in &jobs {
                black_box(compiled.estimate(black_box(*job)));
            }
            sweep.ask_s += started.elapsed().as_secs_f64();
            sweep.deployments += 1;
            sweep.estimates += jobs.len();
        }
        sweep
    }

    fn per_s(&self) -> f64 {
        self.estimates as f64 / (self.compile_s + self.ask_s)
    }
}

fn setups(models: &[ModelSpec]) -> impl Iterator<Item = Setup<'_>> {
    let accelerators =
        Catalogue::embedded().accelerators().into_iter().flat_map(Accelerators::iter);
    accelerators.flat_map(move |gpu| {
        models.iter().flat_map(move |model| {
            WIDTHS.into_iter().flat_map(move |tp| {
                PRECISIONS
                    .into_iter()
                    .map(move |precision| Setup { precision, ..Setup::new(model, gpu).tensor(tp) })
            })
        })
    })
}

/// Microseconds of one question each, a new deployment every time.
fn questions(models: &[ModelSpec]) -> Vec<f64> {
    let calibration = Calibration::embedded();
    let job = Job::new(2048.0, 1024.0, Load::Closed(64.0));
    let Ok(job) = job else { return Vec::new() };
    let ask = |setup: Setup<'_>| {
        let started = Instant::now();
        let answer = Compiled::new(&setup, calibration).map(|compiled| compiled.estimate(job));
        black_box(answer).ok().map(|_| started.elapsed().as_secs_f64() * 1e6)
    };
    setups(models).filter_map(ask).step_by(37).take(QUESTIONS).collect()
}

/// Milliseconds of the whole process.
fn starts() -> Result<Spread, BenchError> {
    let mut took = Vec::new();
    for _ in 0..STARTS {
        let mut command = Command::new(program()?);
        command.args(["estimate", "meta-llama/Llama-3.3-70B-Instruct", "--gpu", "h100-sxm"]);
        command.args(["--tp", "4", "--precision", "fp8", "--offline", "--format", "json"]);
        let started = Instant::now();
        child("farebox estimate", command)?;
        took.push(started.elapsed().as_secs_f64() * 1e3);
    }
    Ok(Spread::of(took))
}
