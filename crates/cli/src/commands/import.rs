//! `farebox import`: results of other tools as documents of ours.

use crate::cli::Global;
use crate::error::CliError;
use crate::exit::Exit;
use crate::output;
use clap::Args;
use farebox_experiment::load;
use farebox_experiment::run_dir::replace_file;
use farebox_experiment::telemetry::{observe_series, write_samples};
use std::path::{Path, PathBuf};

/// Turn result files of other tools into curves and telemetry.
///
/// Reads the `*.summary.csv` of `vllm bench sweep serve`, the pricing seed's JSON lines, and series
/// of KV cache or GPU memory over time. Curves are written as NAME.curve.json, series as
/// NAME.telemetry.jsonl; `price`, `compare` and `plot` read both, and the files they came from too.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ImportArgs {
    /// Result files
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// The directory to write into; it is made if need be, and nothing in it is replaced
    #[arg(short, long, value_name = "DIR")]
    out: PathBuf,
}

const EXAMPLES: &str = "\
Examples:
  farebox import results/*.summary.csv --out imported
  farebox import vllm_kv_reasoning.json --out imported";

/// A file to be written.
struct Document {
    path: PathBuf,
    bytes: Vec<u8>,
}

/// Reads every file, then writes what they became.
pub(crate) fn run(args: &ImportArgs, global: Global) -> Result<Exit, CliError> {
    let mut documents = Vec::new();
    for file in &args.files {
        documents.extend(read(file, &args.out)?);
    }
    if let Some(taken) = documents.iter().find(|document| document.path.exists()) {
        let message = format!("--out: {} exists already", taken.path.display());
        return Err(CliError::usage(message).hint("choose another directory"));
    }
    let failed =
        |path: &Path, error| CliError::usage(format_args!("--out: {}: {error}", path.display()));
    std::fs::create_dir_all(&args.out).map_err(|error| failed(&args.out, error))?;
    for Document { path, bytes } in &documents {
        replace_file(path, bytes).map_err(|error| failed(path, error))?;
    }
    let written: Vec<&Path> = documents.iter().map(|document| document.path.as_path()).collect();
    output::files(&written, global.format)?;
    Ok(Exit::Done)
}

fn read(file: &Path, out: &Path) -> Result<Vec<Document>, CliError> {
    if let Some(series) = observe_series(file)? {
        let mut bytes = Vec::new();
        write_samples(&mut bytes, &series.samples).map_err(CliError::failed)?;
        let path = out.join(file_name(&series.name, "telemetry.jsonl"));
        return Ok(vec![Document { path, bytes }]);
    }
    let curves = load(file)?.curves;
    let document = |curve: &farebox_core::LoadCurve| {
        let mut bytes = serde_json::to_vec_pretty(curve).map_err(CliError::failed)?;
        bytes.push(b'\n');
        Ok(Document { path: out.join(file_name(&curve.name, "curve.json")), bytes })
    };
    curves.iter().map(document).collect()
}

/// A name that is one on every system.
fn file_name(name: &str, kind: &str) -> String {
    let legal = |c: char| c.is_alphanumeric() || "._-=".contains(c);
    let name: String = name.chars().map(|c| if legal(c) { c } else { '-' }).collect();
    format!("{name}.{kind}")
}
