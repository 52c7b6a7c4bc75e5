//! `farebox export`: runs for other programs.

use crate::cli::Global;
use crate::error::CliError;
use crate::exit::Exit;
use crate::output;
use clap::{Args, ValueEnum};
use farebox_core::{LoadCurve, Recording};
use farebox_experiment::run_dir::replace_file;
use farebox_experiment::{TelemetryError, load, observe};
use farebox_report::{Exported, Format, render_export};
use std::path::{Path, PathBuf};

/// Write runs in a form that other programs read.
///
/// As CSV: one row per load point under `row=point`, and one per run under `row=run` with how full
/// the KV cache was (mean and highest) and how much accelerator memory was taken at most.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ExportArgs {
    /// Run directories, curve.json files, or result files of other tools
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<PathBuf>,
    /// Into which form
    #[arg(long, value_enum)]
    to: ExportTo,
    /// Where to write it [default: stdout]
    #[arg(short, long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// A form that other programs read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ExportTo {
    /// Comma-separated values with full precision
    Csv,
}

const EXAMPLES: &str = "\
Examples:
  farebox export runs/vllm --to csv
  farebox export runs/vllm runs/tgi --to csv -o both.csv";

/// Writes what is at the paths.
pub(crate) fn run(args: &ExportArgs, global: Global) -> Result<Exit, CliError> {
    if args.out.is_none() {
        global.prints("export --to csv", &[Format::Human, Format::Csv])?;
    }
    let mut runs: Vec<(LoadCurve, Recording)> = Vec::new();
    for path in &args.paths {
        let recording = reported(path)?;
        runs.extend(load(path)?.curves.into_iter().map(|curve| (curve, recording.clone())));
    }
    let each = runs.iter().map(|(curve, recording)| Exported { curve, recording });
    let ExportTo::Csv = args.to;
    let text = render_export(&each.collect::<Vec<_>>()).map_err(CliError::failed)?;
    let Some(file) = &args.out else {
        output::data(&text)?;
        return Ok(Exit::Done);
    };
    replace_file(file, text.as_bytes())
        .map_err(|error| CliError::usage(format_args!("--out: {}: {error}", file.display())))?;
    output::files(&[file], global.format)?;
    Ok(Exit::Done)
}

/// What the machine reported; nothing where nobody asked it.
fn reported(path: &Path) -> Result<Recording, CliError> {
    if !path.is_dir() {
        return Ok(Recording::default());
    }
    match observe(path) {
        Ok(observed) => Ok(observed.recording),
        Err(TelemetryError::None { .. }) => Ok(Recording::default()),
        Err(error) => Err(error.into()),
    }
}
