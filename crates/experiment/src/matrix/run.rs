//! Cell after cell: start what serves it, measure it, write down what came of it.

use super::cells::{Cell, ServerKey};
use super::course::Course;
use super::glob::Glob;
use super::server::Server;
use super::spec::Matrix;
use super::store::StoreError;
use crate::bench::BenchPlan;
use crate::event::Listener;
use farebox_launch::Launcher;
use farebox_price::matrix::{CellRow, MatrixSheet};
use std::path::Path;
use tokio::sync::watch;

/// Who runs a matrix: makes the plans of its cells and hears how it goes.
pub trait Front {
    /// How `cell` is measured against the server at `base_url`, into `out`.
    fn plan(&self, cell: &Cell, base_url: &str, out: &Path) -> Result<BenchPlan, String>;

    /// Who listens to that measurement.
    fn listener(&self, plan: &BenchPlan) -> Listener;

    /// Something happened.
    fn hear(&self, event: MatrixEvent<'_>);
}

/// Something happened in a matrix.
#[derive(Debug, Clone, Copy)]
pub enum MatrixEvent<'a> {
    /// A cell was measured by an earlier run and is not run again.
    Kept(&'a CellRow),
    /// What an earlier run left of a cell was moved there.
    SetAside(&'a CellRow, &'a Path),
    /// These were measured by an earlier run and are asked for no more; they stay where they are.
    NoLongerAsked(&'a [CellRow]),
    /// What serves the next cell is started.
    Starting(&'a CellRow),
    /// It is ready, and reached there.
    Ready(&'a str),
    /// A cell begins: which one, from 1, of how many.
    Cell(&'a CellRow, usize, usize),
    /// A cell is over, well or not.
    Ended(&'a CellRow),
}

/// How to go about a matrix.
#[derive(Debug, Clone)]
pub struct Way {
    /// Starts what is started.
    pub launcher: Launcher,
    /// Only these cells; none for all.
    pub only: Option<Glob>,
    /// Whether a cell that was measured otherwise is moved aside and measured again.
    pub force: bool,
}

/// Runs what is left of a matrix into the directory at `root`. Once `stop` holds true, the cell
/// under way is cut short and none is begun.
pub async fn run(
    (matrix, cells): (&Matrix, &[Cell]),
    root: &Path,
    way: &Way,
    front: &impl Front,
    stop: watch::Receiver<bool>,
) -> Result<MatrixSheet, StoreError> {
    let mut course = Course::open((matrix, cells), root, way, front, stop)?;
    course.write()?;
    let mut serving: Option<(ServerKey, Server)> = None;
    for index in 0..cells.len() {
        if course.stopped() {
            break;
        }
        if course.is_due(index) {
            serving = Box::pin(course.cell(index, serving)).await?;
        }
    }
    if let Some((_, server)) = serving {
        server.stop().await;
    }
    course.close()
}
