//! The document `farebox.matrix/1`: cells, what each costs at each promise, and the best of them.
//!
//! Reading order: [`sheet`] (the document), `tier` (one cell at one promise), `best` (which cell
//! wins, among those that were asked the same).

mod best;
mod sheet;
mod tier;

pub use best::{Best, Winner, best};
pub use sheet::{CellRow, CellState, MATRIX_SCHEMA, MatrixSheet, MatrixState};
pub use tier::CellTier;
