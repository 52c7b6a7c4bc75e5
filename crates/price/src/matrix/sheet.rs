//! The document of a matrix: `matrix.json`.

use super::best::{Best, best};
use super::tier::CellTier;
use farebox_core::verdict::Severity;
use serde::{Deserialize, Serialize};

/// The schema tag of a matrix document.
pub const MATRIX_SCHEMA: &str = "farebox.matrix/1";

/// A matrix, as far as it has come.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MatrixSheet {
    /// Always [`MATRIX_SCHEMA`].
    pub schema: String,
    /// What people call it.
    pub name: String,
    /// How far it has come.
    pub state: MatrixState,
    /// Version of Farebox.
    pub farebox_version: String,
    /// The promises in the grammar of `--slo`.
    pub slos: Vec<String>,
    /// How often a server was started, over all runs of this matrix.
    pub servers_started: u32,
    /// The cells in the order in which they are run.
    pub cells: Vec<CellRow>,
    /// The best cell of each workload at each promise.
    pub best: Vec<Best>,
    /// Cells of earlier runs that the matrix asks for no more and whose directories are still
    /// there, as they were last. They compete with none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub no_longer_asked: Vec<CellRow>,
}

/// How far a matrix has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MatrixState {
    /// Under way, or killed.
    Running,
    /// Every cell has been tried.
    Complete,
    /// Stopped by Ctrl-C, or some cells were not asked for.
    Partial,
}

/// One cell.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CellRow {
    /// Its name.
    pub name: String,
    /// What the matrix calls the engine.
    pub engine: String,
    /// Which engine it is.
    pub kind: String,
    /// The precision.
    pub precision: String,
    /// The checkpoint, where one is named.
    pub model: Option<String>,
    /// Accelerators per replica.
    pub tp: u32,
    /// Name of the traffic; empty where there is only one.
    pub traffic: String,
    /// Name of the load set; empty where there is only one.
    pub loads: String,
    /// What is asked, for cells that can be compared.
    pub workload: String,
    /// How far it has come.
    pub state: CellState,
    /// Why it failed or is skipped.
    pub reason: Option<String>,
    /// Its run directory, seen from that of the matrix.
    pub dir: String,
    /// Its curve, seen from the directory of the matrix; none until there is one.
    pub curve: Option<String>,
    /// The measurement's own verdict.
    pub verdict: Option<Severity>,
    /// The last lines of its server's log, where that ended by itself.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub log_tail: Vec<String>,
    /// What is started for it, as a command line; the address of what is up already.
    pub server: String,
    /// What is asked of that, as flags of `farebox bench`.
    pub asked: Vec<String>,
    /// What it comes to at each promise.
    pub tiers: Vec<CellTier>,
}

/// How far a cell has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CellState {
    /// Not run yet.
    Pending,
    /// Under way, or killed.
    Running,
    /// Measured whole.
    Done,
    /// Tried in vain.
    Failed,
    /// It cannot be.
    Skipped,
}

impl MatrixSheet {
    /// Finds the best anew.
    pub fn rank(&mut self) {
        self.best = best(&self.cells);
    }

    /// What is known of the cell `name`, asked for or not.
    pub fn find(&self, name: &str) -> Option<&CellRow> {
        self.cells.iter().chain(&self.no_longer_asked).find(|cell| cell.name == name)
    }

    /// How many cells are in a state.
    pub fn count(&self, state: CellState) -> usize {
        self.cells.iter().filter(|cell| cell.state == state).count()
    }
}

impl CellRow {
    /// Whether its figures may be held against those of others.
    pub fn counts(&self) -> bool {
        self.state == CellState::Done && self.verdict != Some(Severity::Invalid)
    }
}
