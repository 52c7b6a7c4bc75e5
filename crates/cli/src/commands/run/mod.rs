//! `farebox run`: engines, precisions and widths against each other.
//!
//! [`args`] is what can be typed, [`one`] makes a matrix of flags, [`plans`] turns cells into
//! measurements; [`conduct`] runs them and [`present`] shows what came of it.

mod args;
mod checkpoints;
mod conduct;
mod dry;
mod one;
mod plans;
mod present;
mod setup;

pub(crate) use args::RunArgs;
pub(crate) use conduct::launcher;
pub(crate) use plans::Plans;

use crate::args::catalogue::CatalogueArgs;
use crate::args::gpu;
use crate::args::server::is_here;
use crate::cli::Global;
use crate::error::CliError;
use crate::exit::Exit;
use crate::output;
use farebox_experiment::matrix::{self, Cell, Glob, Matrix, Start};
use farebox_measure::BaseUrl;
use farebox_report::Format;
use std::fs;
use std::path::{Path, PathBuf};

/// A matrix to begin with.
const EXAMPLE: &str = include_str!("example.toml");

/// Does what was asked with a matrix.
pub(crate) fn run(args: &RunArgs, global: Global) -> Result<Exit, CliError> {
    if args.init {
        global.prints("run --init", &[Format::Human])?;
        output::data(EXAMPLE)?;
        return Ok(Exit::Done);
    }
    if let Some(venv) = &args.setup {
        global.prints("run --setup", &[Format::Human])?;
        return setup::run(venv, global);
    }
    if args.dry_run {
        global.prints("run --dry-run", &[Format::Human, Format::Json])?;
    }
    let (matrix, file) = read(args)?;
    let cells = matrix::cells(&matrix);
    check_only(args.only.as_ref(), &cells)?;
    let plans = Plans::of(&matrix, &cells, &file, global)?;
    let root = args.out.clone().unwrap_or_else(|| PathBuf::from("runs").join(&matrix.name));
    if args.dry_run {
        return dry::run((&matrix, &cells), &root, args, global);
    }
    let conducted = conduct::conduct((&matrix, &cells), &root, args, &plans)?;
    present::present(&conducted, &matrix, &root, global)
}

/// A pattern that matches nothing is a slip of the finger.
fn check_only(only: Option<&Glob>, cells: &[Cell]) -> Result<(), CliError> {
    let is_met = |only: &Glob| cells.iter().any(|cell| only.matches(&cell.name));
    if only.is_none_or(is_met) {
        return Ok(());
    }
    let names: Vec<&str> = cells.iter().map(|cell| cell.name.as_str()).collect();
    Err(CliError::usage("--only: no cell of this matrix is called so")
        .hint(format_args!("there are {}", names.join(", "))))
}

/// The matrix of the file, or that of the flags, and what its errors point to.
fn read(args: &RunArgs) -> Result<(Matrix, String), CliError> {
    match (&args.matrix, args.one.engine) {
        (Some(file), _) => {
            let (mut matrix, name) = (read_file(file)?, file.display().to_string());
            // What else stands there is for the record.
            if matrix.gpu.as_deref() == Some(gpu::AUTO) {
                find_gpu(&mut matrix, &format!("{name}: gpu"))?;
            }
            Ok((matrix, name))
        }
        (None, Some(engine)) => {
            let mut matrix = one::matrix(args, engine)?;
            find_gpu(&mut matrix, "--gpu")?;
            Ok((matrix, String::new()))
        }
        (None, None) => Err(CliError::usage("which matrix? a TOML file or --engine is missing")
            .hint("farebox run --init > matrix.toml writes one to begin with")),
    }
}

/// Puts the catalogue's id in place of the accelerator's name; errors begin with `whose`.
fn find_gpu(matrix: &mut Matrix, whose: &str) -> Result<(), CliError> {
    let Some(name) = matrix.gpu.clone() else { return Ok(()) };
    let away = matrix.engines.iter().find_map(|engine| match &engine.start {
        Start::Url(url) => BaseUrl::parse(url).ok().filter(|base| !is_here(base)),
        _ => None,
    });
    if let (gpu::AUTO, Some(base)) = (name.as_str(), away) {
        return Err(gpu::not_here(&base).of_flag(whose));
    }
    let found = gpu::id_and_count(&name, &CatalogueArgs::default().open()?);
    matrix.gpu = Some(found.map_err(|error| error.of_flag(whose))?.0);
    Ok(())
}

fn read_file(file: &Path) -> Result<Matrix, CliError> {
    one::refuse_beside_a_file()?;
    let name = file.display();
    let text = fs::read_to_string(file)
        .map_err(|error| CliError::usage(format_args!("{name}: {error}")))?;
    Ok(Matrix::read(&name.to_string(), &text)?)
}
