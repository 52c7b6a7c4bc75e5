//! `farebox calibrate`: measurements to constants.

use super::validate::{print, with_judgement};
use crate::args::catalogue::CatalogueArgs;
use crate::cli::Global;
use crate::error::CliError;
use crate::exit::Exit;
use crate::output;
use clap::{Args, ValueEnum};
use farebox_calculator::GpuChoice;
use farebox_core::deployment::Pool;
use farebox_estimate::Accuracy;
use farebox_estimate::fit::{LeaveOut, calibrate, out_of_fold};
use farebox_estimate::validate::Report;
use farebox_report::Format;
use std::fs;
use std::path::PathBuf;

/// Fit the estimator's constants to measurements, or show how well such fits carry over.
///
/// Without --cross-validate or --leave-out the constants are written to stdout, for --calibration.
/// With one of them each part is predicted by constants that never saw it.
#[derive(Debug, Clone, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct CalibrateArgs {
    /// Measurements: tables of one configuration per row, or runs of `farebox bench`
    #[arg(value_name = "FILE|RUN", required = true)]
    files: Vec<PathBuf>,
    /// The accelerator of runs that do not name theirs
    #[arg(long, value_name = "GPU")]
    gpu: Option<String>,
    /// Their tensor-parallel width
    #[arg(long, value_name = "N", default_value_t = 1, requires = "gpu", value_parser = clap::value_parser!(u32).range(1..=4096), allow_negative_numbers = true)]
    tp: u32,
    /// Predict each group by constants fitted to the others
    #[arg(long, value_enum, value_name = "BY")]
    cross_validate: Option<Fold>,
    /// Predict each accelerator by constants fitted to the others
    #[arg(long, value_enum, value_name = "BY", conflicts_with = "cross_validate")]
    leave_out: Option<Part>,
    /// Also write the errors to expect, as estimates quote them
    #[arg(long, value_name = "FILE", requires = "cross_validate")]
    accuracy: Option<PathBuf>,
    #[command(flatten)]
    catalogue: CatalogueArgs,
}

const EXAMPLES: &str = "\
Examples:
  farebox calibrate measured.csv > mine.json
  farebox estimate Qwen/Qwen3-8B --gpu l4 --calibration mine.json
  farebox calibrate measured.csv runs/a runs/b --gpu l4 > mine.json
  farebox calibrate measured.csv --cross-validate group \\
      --accuracy expected.json
  farebox calibrate measured.csv --leave-out gpu --format json";

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Fold {
    /// Source, network and accelerator
    Group,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// Accelerator
    Gpu,
}

/// Fits.
pub(crate) fn run(args: &CalibrateArgs, global: Global) -> Result<Exit, CliError> {
    if args.cross_validate.is_none() && args.leave_out.is_none() {
        global.prints("calibrate", &[Format::Human, Format::Json])?;
    }
    let catalogue = args.catalogue.open()?;
    let leave_out = match (args.cross_validate, args.leave_out) {
        (Some(Fold::Group), _) => Some(LeaveOut::Group),
        (None, Some(Part::Gpu)) => Some(LeaveOut::Gpu),
        (None, None) => None,
    };
    let unnamed = match &args.gpu {
        None => None,
        Some(name) => {
            let gpu = GpuChoice::Named(name.clone()).find(&catalogue)?;
            Some(Pool { gpu: Some(gpu.id), ..Pool::tensor_parallel(args.tp) })
        }
    };
    with_judgement(&args.files, unnamed.as_ref(), &catalogue, |judgement| {
        output::note(format_args!("fitting {} rows ...", judgement.judged.len()));
        let Some(leave_out) = leave_out else {
            let constants = calibrate(judgement).map_err(CliError::usage)?;
            output::data(&constants.to_json().map_err(CliError::failed)?)?;
            return Ok(Exit::Done);
        };
        let predicted = out_of_fold(judgement, leave_out).map_err(CliError::usage)?;
        let report = Report::new(judgement, &predicted);
        if let Some(file) = &args.accuracy {
            let json = Accuracy::of(&report).to_json().map_err(CliError::failed)?;
            fs::write(file, json).map_err(|error| {
                CliError::failed(format_args!("--accuracy: {}: {error}", file.display()))
            })?;
        }
        print(&report, global.format)
    })
}
