//! `farebox compare`: runs side by side, with intervals and a test.

use crate::cli::Global;
use crate::error::CliError;
use crate::exit::Exit;
use crate::output;
use clap::Args;
use farebox_core::LoadCurve;
use farebox_core::compare::compare;
use farebox_experiment::load;
use farebox_report::render_comparison;
use std::path::PathBuf;

/// Hold runs against each other, load by load.
///
/// Every figure of the runs over that of the first, with its 95 % interval, and whether it differs
/// by more than chance and by enough to matter (--min-effect): Welch's test on the logarithms of batch means, corrected over the loads
/// (Holm). Latencies of one run are not independent, so their samples are never tested one by one.
/// Runs that were asked something else are refused, unless you say --anyway.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct CompareArgs {
    /// Run directories or curve.json files; the first is the baseline
    #[arg(value_name = "PATH", required = true, num_args = 2..)]
    paths: Vec<PathBuf>,
    /// Compare runs of different workloads all the same
    #[arg(long)]
    anyway: bool,
    /// The smallest difference that matters: less is never called better or worse
    #[arg(long, default_value = "1%", value_name = "SHARE", value_parser = effect, allow_negative_numbers = true)]
    min_effect: f64,
}

const EXAMPLES: &str = "\
Examples:
  farebox compare runs/before runs/after
  farebox compare runs/vllm runs/sglang runs/trtllm --format markdown
  farebox compare a/curve.json b/curve.json --format csv
  farebox compare runs/before runs/after --min-effect 3%

Exit codes: 0 done, 2 bad usage, no load in common, or different workloads.";

/// `1%` or `0.01`.
fn effect(text: &str) -> Result<f64, String> {
    let of_percent = |percent: &str| percent.trim().parse::<f64>().map(|percent| percent / 100.0);
    match text.strip_suffix('%').map_or_else(|| text.parse(), of_percent) {
        Ok(effect) if (0.0..=1.0).contains(&effect) => Ok(effect),
        _ => Err(format!("`{text}` is no share: from 0 to 100%, such as 1% or 0.01")),
    }
}

/// Compares what is at the paths.
pub(crate) fn run(args: &CompareArgs, global: Global) -> Result<Exit, CliError> {
    let mut curves: Vec<LoadCurve> = Vec::new();
    for path in &args.paths {
        let loaded = load(path)?;
        for mut curve in loaded.curves {
            // Two runs of one name could not be told apart.
            if curves.iter().any(|known| known.name == curve.name) {
                curve.name = path.display().to_string();
            }
            curves.push(curve);
        }
    }
    let comparison = compare(&curves, args.min_effect).map_err(CliError::usage)?;
    if let Some(difference) = comparison.differences.first().filter(|_| !args.anyway) {
        let message = format!("these runs answer different questions: {difference}");
        return Err(CliError::usage(message).hint("--anyway compares them all the same"));
    }
    for difference in &comparison.differences {
        output::note(format_args!("warning: not the same question: {difference}"));
    }
    let text = render_comparison(&comparison, global.format).map_err(CliError::failed)?;
    output::data(&text)?;
    Ok(Exit::Done)
}
