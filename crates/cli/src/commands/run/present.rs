//! What came of a matrix: one table, one picture, and how it ended.

use super::conduct::Conducted;
use crate::cli::Global;
use crate::commands::plot;
use crate::error::CliError;
use crate::exit::Exit;
use crate::output;
use farebox_core::LoadCurve;
use farebox_experiment::load;
use farebox_experiment::matrix::Matrix;
use farebox_price::PriceSettings;
use farebox_price::matrix::{CellRow, CellState, MatrixSheet};
use farebox_report::{Format, render_matrix};
use std::path::Path;

/// Prints the table, draws the picture, and tells by the exit code what it was worth.
pub(super) fn present(
    conducted: &Conducted,
    matrix: &Matrix,
    root: &Path,
    global: Global,
) -> Result<Exit, CliError> {
    let sheet = &conducted.sheet;
    output::data(&render_matrix(sheet, global.format).map_err(CliError::failed)?)?;
    let picture = picture(sheet, matrix, root)?;
    if global.format == Format::Human {
        output::data(&format!("\nmatrix: {}\n", root.join("matrix.json").display()))?;
        if let Some(picture) = picture {
            output::data(&format!("plot:   {picture}\n"))?;
        }
    }
    if conducted.interrupted {
        let (done, of) = (sheet.count(CellState::Done), sheet.cells.len());
        return Err(CliError::failed(format_args!("interrupted: {done} of {of} cells are done"))
            .hint("the same command goes on from here"));
    }
    exit(sheet, root)
}

/// The curves of all cells in one picture.
fn picture(sheet: &MatrixSheet, matrix: &Matrix, root: &Path) -> Result<Option<String>, CliError> {
    let done: Vec<&CellRow> =
        sheet.cells.iter().filter(|cell| cell.state == CellState::Done).collect();
    let mut curves: Vec<LoadCurve> = Vec::new();
    for cell in &done {
        let loaded = load(&root.join(&cell.dir))?.curves.into_iter();
        curves.extend(loaded.map(|curve| LoadCurve { name: short_name(cell, &done), ..curve }));
    }
    if curves.iter().all(|curve| curve.points.is_empty()) {
        return Ok(None);
    }
    let file = root.join("matrix.svg");
    plot::draw(&file, &curves, &matrix.slos, price(matrix).as_ref())?;
    Ok(Some(file.display().to_string()))
}

/// The parts of a cell's name in which `cells` differ.
fn short_name(cell: &CellRow, cells: &[&CellRow]) -> String {
    let parts: [fn(&CellRow) -> String; 5] = [
        |cell| cell.engine.clone(),
        |cell| cell.precision.clone(),
        |cell| format!("tp {}", cell.tp),
        |cell| cell.traffic.clone(),
        |cell| cell.loads.clone(),
    ];
    let differ = parts.iter().filter(|part| cells.iter().any(|other| part(other) != part(cell)));
    let name = differ.map(|part| part(cell)).collect::<Vec<_>>().join(", ");
    if name.is_empty() { cell.name.clone() } else { name }
}

/// The price of all engines, where it is the same for all: a picture has one axis of cost.
fn price(matrix: &Matrix) -> Option<PriceSettings> {
    let first = matrix.engines.first()?.price.as_ref()?;
    let is_same = matrix.engines.iter().all(|engine| engine.price.as_ref() == Some(first));
    // Without a box, the bill follows the width.
    let bill = |tp: &u32| Some(first.rental(*tp)?.usd_per_hour_total.get());
    let is_one = matrix.tp.iter().all(|tp| bill(tp) == bill(&matrix.tp[0]));
    let tp = matrix.tp.first().copied().unwrap_or(1);
    first.settings(tp).filter(|_| is_same && is_one)
}

fn exit(sheet: &MatrixSheet, root: &Path) -> Result<Exit, CliError> {
    let (done, failed) = (sheet.count(CellState::Done), sheet.count(CellState::Failed));
    if done == 0 && failed > 0 {
        return Err(CliError::failed("no cell could be measured")
            .hint(format_args!("{}/matrix.json has the reason of each", root.display())));
    }
    let is_invalid = |cell: &CellRow| cell.state == CellState::Done && !cell.counts();
    let invalid = sheet.cells.iter().filter(|cell| is_invalid(cell)).count();
    Ok(if done > 0 && invalid == done { Exit::Invalid } else { Exit::Done })
}
