//! `--dry-run`: every command that would be run, as one would type it.

use super::args::RunArgs;
use crate::cli::Global;
use crate::error::CliError;
use crate::exit::Exit;
use crate::output;
use farebox_experiment::matrix::{self, Cell, Matrix, Start};
use farebox_launch::quoted;
use farebox_price::matrix::{CellRow, CellState};
use farebox_report::{Format, render_matrix};
use std::fmt::Write;
use std::path::Path;

/// Prints the commands; as JSON the matrix before its first cell.
pub(super) fn run(
    (matrix, cells): (&Matrix, &[Cell]),
    root: &Path,
    args: &RunArgs,
    global: Global,
) -> Result<Exit, CliError> {
    let rows = matrix::rows::rows(matrix, cells);
    if global.format == Format::Json {
        let sheet = matrix::rows::sheet(matrix, rows);
        output::data(&render_matrix(&sheet, Format::Json).map_err(CliError::failed)?)?;
        return Ok(Exit::Done);
    }
    let is_meant = |row: &CellRow| args.only.as_ref().is_none_or(|only| only.matches(&row.name));
    let mut text = String::new();
    let mut served = None;
    for (cell, row) in cells.iter().zip(&rows).filter(|(_, row)| is_meant(row)) {
        if row.state == CellState::Skipped {
            let reason = row.reason.as_deref().unwrap_or_default();
            line(&mut text, &format!("# {}: skipped: {reason}", row.name));
            continue;
        }
        if served != Some(&cell.server) {
            served = Some(&cell.server);
            line(&mut text, &server(matrix, cell, row));
        }
        line(&mut text, &shell(&bench(matrix, cell, row, root)));
    }
    output::data(&text)?;
    Ok(Exit::Done)
}

fn line(text: &mut String, line: &str) {
    // Writing to a String cannot fail.
    let _ = writeln!(text, "{line}");
}

fn server(matrix: &Matrix, cell: &Cell, row: &CellRow) -> String {
    let words = &row.server;
    match matrix.engines[cell.server.engine].start {
        Start::Url(_) => format!("# up already: {words}"),
        Start::Simulated(_) => format!("# in this process: {words}"),
        Start::Launched { .. } => words.clone(),
    }
}

/// The measurement of a cell as a command of its own.
fn bench(matrix: &Matrix, cell: &Cell, row: &CellRow, root: &Path) -> Vec<String> {
    let engine = &matrix.engines[cell.server.engine];
    let url = match &engine.start {
        Start::Url(url) => url.clone(),
        _ => "http://127.0.0.1:8000".to_owned(),
    };
    let mut words = vec!["farebox".to_owned(), "bench".to_owned()];
    words.extend(cell.model.clone());
    words.extend(["--base-url", &url, "--engine", engine.kind.name()].map(str::to_owned));
    words.extend(row.asked.iter().cloned());
    words.extend(matrix.slos.iter().flat_map(|slo| ["--slo".to_owned(), slo.to_string()]));
    let rental = engine.price.as_ref().and_then(|price| price.rental(cell.server.tp));
    if let Some(rental) = rental {
        words.extend([
            "--price-per-hour".to_owned(),
            rental.usd_per_hour_total.get().to_string(),
            "--gpus-per-box".to_owned(),
            rental.gpus_billed.to_string(),
        ]);
    }
    if !cell.flags.says("tariff") {
        words.extend(["--gpus-used".to_owned(), cell.server.tp.to_string()]);
    }
    words.extend(["--out".to_owned(), root.join(&row.dir).display().to_string()]);
    words
}

/// Words as a shell reads them.
fn shell(words: &[String]) -> String {
    words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ")
}
