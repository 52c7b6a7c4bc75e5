//! A matrix as it is written down.

use super::cells::Cell;
use super::server;
use super::spec::Matrix;
use super::store::dir_of;
use farebox_core::LoadCurve;
use farebox_core::verdict::Severity;
use farebox_price::CellTier;
use farebox_price::matrix::{CellRow, CellState, MATRIX_SCHEMA, MatrixSheet, MatrixState};

/// The rows of a matrix before anything is run.
pub fn rows(matrix: &Matrix, cells: &[Cell]) -> Vec<CellRow> {
    cells.iter().map(|cell| row(matrix, cell)).collect()
}

fn row(matrix: &Matrix, cell: &Cell) -> CellRow {
    let engine = &matrix.engines[cell.server.engine];
    let state = if cell.skip.is_some() { CellState::Skipped } else { CellState::Pending };
    CellRow {
        name: cell.name.clone(),
        engine: engine.name.clone(),
        kind: engine.kind.name().to_owned(),
        precision: cell.server.precision.clone(),
        model: cell.model.clone(),
        tp: cell.server.tp,
        traffic: cell.traffic.clone(),
        loads: cell.loads.clone(),
        workload: cell.workload(),
        state,
        reason: cell.skip.clone(),
        dir: dir_of(&cell.name),
        curve: None,
        verdict: None,
        server: server::shown(matrix, cell),
        log_tail: Vec::new(),
        asked: cell.asked(),
        tiers: Vec::new(),
    }
}

/// A matrix before its first cell.
pub fn sheet(matrix: &Matrix, rows: Vec<CellRow>) -> MatrixSheet {
    MatrixSheet {
        schema: MATRIX_SCHEMA.to_owned(),
        name: matrix.name.clone(),
        state: MatrixState::Running,
        farebox_version: env!("CARGO_PKG_VERSION").to_owned(),
        slos: matrix.slos.iter().map(ToString::to_string).collect(),
        servers_started: 0,
        cells: rows,
        best: Vec::new(),
        no_longer_asked: Vec::new(),
    }
}

/// Writes into `row` what measuring `cell` brought, priced as the matrix says.
pub fn measured(
    row: &mut CellRow,
    (matrix, cell): (&Matrix, &Cell),
    curve: &LoadCurve,
    verdict: Option<Severity>,
) {
    let price = matrix.engines[cell.server.engine].price.as_ref();
    let settings = price.and_then(|price| price.settings(cell.server.tp));
    row.tiers = CellTier::all(curve, &matrix.slos, settings.as_ref());
    row.curve = Some(match row.dir.as_str() {
        "." => "curve.json".to_owned(),
        dir => format!("{dir}/curve.json"),
    });
    row.state = CellState::Done;
    row.verdict = verdict;
}
