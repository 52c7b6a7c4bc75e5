//! Rows of published traces, one parser per shape: text in, [`Observed`] out. [`parse`] tells the
//! shape of a whole text by its first row.

mod azure;
mod burst_gpt;
mod lengths;
mod mooncake;
mod text;

pub use azure::azure_row;
pub use burst_gpt::BurstGptColumns;
pub use lengths::lengths_line;
pub use mooncake::{MOONCAKE_BLOCK_TOKENS, mooncake_line};
pub use text::{TraceError, parse};

use crate::observed::Observed;

/// A row that is not what its trace should hold.
#[derive(Debug, thiserror::Error)]
pub enum RowError {
    /// Not JSON, or not with the fields that it needs.
    #[error("row {row}: {source}")]
    Json {
        /// Which row, from 1.
        row: usize,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// A column that the header or the row does not have.
    #[error("row {row}: no column `{column}`")]
    Missing {
        /// Which row, from 1.
        row: usize,
        /// The column.
        column: &'static str,
    },
    /// A field that does not say what it should.
    #[error("row {row}: `{column}` is `{given}`, not {wanted}")]
    Field {
        /// Which row, from 1.
        row: usize,
        /// The column.
        column: &'static str,
        /// What it holds.
        given: String,
        /// What it should hold.
        wanted: &'static str,
    },
}

/// Longest field repeated in an error.
const SHOWN: usize = 60;

fn bad(row: usize, column: &'static str, given: &str, wanted: &'static str) -> RowError {
    RowError::Field { row, column, given: given.chars().take(SHOWN).collect(), wanted }
}

fn count(row: usize, column: &'static str, given: &str) -> Result<u32, RowError> {
    given.trim().parse().map_err(|_| bad(row, column, given, "a number of tokens"))
}

/// Nanoseconds since 1970 of a point in time that falls into 1678 to 2262.
fn unix_ns(timestamp: jiff::Timestamp) -> Option<i64> {
    i64::try_from(timestamp.as_nanosecond()).ok()
}
