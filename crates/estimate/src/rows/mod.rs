//! Tables of configurations: read the columns that describe one, estimate, write a table.
//!
//! Columns that say who measured, what came out or anything in prose never reach the estimator.
//! Reading order: `config` (a row as asked), `reason` (why a row has no estimate), `question` (a
//! row as an estimator's question), `table` (a file to a file), `measured` (what came out, for
//! those who compare), `run` (the same from a load curve).

mod config;
mod measured;
mod question;
mod reason;
mod run;
mod table;

pub use config::RowConfig;
pub use measured::{Measured, MeasuredRow, read_measured};
pub use question::{Question, Resolver};
pub use reason::Reason;
pub use run::rows_of_curve;
pub use table::{RowsError, estimate_rows};
