//! `farebox catalog import`: newer prices, distrusted, compared, and taken over.

use super::{lists, print_grid, today};
use crate::args::catalogue::CatalogueArgs;
use crate::error::CliError;
use crate::output;
use clap::Args;
use farebox_catalog::import::{Accepted, Baseline, PriceDiff, PriceFormat, accept, compare, read};
use farebox_catalog::{AsOf, Catalogue};
use farebox_experiment::run_dir::replace_file;
use farebox_report::Format;
use serde::Serialize;
use std::fs;
use std::path::{Path, PathBuf};

/// Take over newer prices from a LiteLLM, genai-prices or CSV file.
///
/// Shows the difference and writes what changed into the user's catalogue folder. A file that lost
/// more than a fifth of its entries, or whose unit changed, is refused whole.
#[derive(Debug, Args)]
pub(super) struct ImportArgs {
    /// The file with newer prices
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Show the difference and write nothing
    #[arg(long)]
    dry_run: bool,
}

/// What is told of an import.
#[derive(Serialize)]
struct Told<'a> {
    #[serde(flatten)]
    diff: &'a PriceDiff,
    /// Entries of the file that were not taken.
    left_out: &'a [String],
    /// Files that were written.
    written: Vec<String>,
}

/// Compares, shows, and writes.
pub(super) fn run(
    args: &ImportArgs,
    own: &CatalogueArgs,
    catalogue: &Catalogue,
    format: Format,
) -> Result<(), CliError> {
    let name = args.file.display();
    let refused = |error: &dyn std::fmt::Display| CliError::usage(format_args!("{name}: {error}"));
    let text = fs::read_to_string(&args.file).map_err(|error| refused(&error))?;
    let kind = PriceFormat::guess(&text);
    let baseline = if kind.is_of_machines(&text) {
        Baseline::of_offers(catalogue.offers().map_err(CliError::usage)?)
    } else {
        Baseline::of_hosted(catalogue.hosted().map_err(CliError::usage)?, kind)
    };
    let newer = read(&text, kind, today(), baseline.prices()).map_err(|error| refused(&error))?;
    let diff = compare(&baseline, &newer)
        .map_err(|error| CliError::usage(format_args!("{name} is refused: it {error}")))?;
    let as_of: AsOf = today().to_string().parse().map_err(CliError::failed)?;
    let source = args.file.file_name().unwrap_or_default().to_string_lossy();
    let accepted = accept(&diff, &newer, catalogue, (as_of, &format!("imported from {source}")))
        .map_err(|error| refused(&error))?;
    let written = if args.dry_run { Vec::new() } else { write(&accepted, own)? };
    match format {
        Format::Json => {
            let (diff, left_out) = (&diff, &accepted.left_out[..]);
            let told = Told { diff, left_out, written: shown(&written) };
            output::data(&output::json("farebox.catalog_import/1", &told)?)
        }
        _ => print_grid(&lists::difference(&diff), format),
    }?;
    tell(args, &accepted, &written);
    Ok(())
}

/// Writes the accepted files, each whole.
fn write(accepted: &Accepted, own: &CatalogueArgs) -> Result<Vec<PathBuf>, CliError> {
    let folder = own.folder().ok_or_else(|| {
        CliError::usage("nowhere to write to: neither HOME nor XDG_CONFIG_HOME is set")
            .hint("--catalog DIR names a folder, --dry-run writes nothing")
    })?;
    let put = |path: &Path, text: &str| {
        path.parent().map_or(Ok(()), fs::create_dir_all)?;
        replace_file(path, text.as_bytes())
    };
    let mut written = Vec::new();
    for file in &accepted.files {
        let path = folder.join(&file.path);
        put(&path, &file.text)
            .map_err(|error| CliError::failed(format_args!("{}: {error}", path.display())))?;
        written.push(path);
    }
    Ok(written)
}

fn shown(paths: &[PathBuf]) -> Vec<String> {
    paths.iter().map(|path| path.display().to_string()).collect()
}

fn tell(args: &ImportArgs, accepted: &Accepted, written: &[PathBuf]) {
    let (taken, left) = (accepted.taken, accepted.left_out.len());
    let prices = if taken == 1 { "entry" } else { "entries" };
    match (args.dry_run, written) {
        (true, _) => output::note(format_args!("{taken} {prices} would be written; nothing was")),
        (false, []) => output::note("nothing to write: the prices at hand are these"),
        (false, files) => {
            let files = shown(files).join(", ");
            output::note(format_args!("{taken} {prices} written to {files}"));
        }
    }
    if left > 0 {
        output::note(format_args!(
            "{left} left out: no believable price, a machine of unknown size, or a name too near \
             to another"
        ));
    }
}
