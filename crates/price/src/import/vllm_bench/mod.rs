//! Rows of `vllm bench serve` as `vllm bench sweep serve` collects them in `*.summary.csv`: a row
//! per run, several runs per load.
//!
//! Reading order: [`row`] (one line of the file), [`run`] (what it means), [`curve`](mod@curve)
//! (loads to points), [`aggregate`](mod@aggregate) (means over runs, as people publish them) and
//! [`cited`] (which statistic a published figure is).
//!
//! Three things follow from how that tool measures:
//!
//! - Throughputs are totals over the wall time of the whole run, so ramp and drain are inside:
//!   `steady` is false.
//! - No more requests are in flight than there are: 128 in flight of 100 requests are 100.
//! - A row holds means, medians and some percentiles of its own run. The percentile of several
//!   runs together lies between the lowest and the highest of theirs; the highest is taken, so a
//!   promise is never kept by luck.

pub mod aggregate;
pub mod cited;
pub mod curve;
pub mod row;
pub mod run;

pub use aggregate::{Aggregate, aggregate};
pub use cited::{Cited, cited};
pub use curve::curves;
pub use run::Run;

use row::{Fault, rows};

/// Why a file cannot be read.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum SummaryError {
    /// There is no run in it.
    #[error("the file holds no run")]
    Empty,
    /// The table itself is damaged.
    #[error("{0}")]
    Csv(String),
    /// A line is wrong.
    #[error("line {line}: {fault}")]
    Line {
        /// Counted from 1, the head included.
        line: u64,
        /// What is wrong with it.
        fault: Fault,
    },
}

/// Whether `text` is such a file, judged by its head.
pub fn looks_like(text: &str) -> bool {
    let head = text.lines().next().unwrap_or_default();
    let has = |name: &str| head.split(',').any(|column| column.trim_matches('"') == name);
    has("mean_ttft_ms") && has("output_throughput") && has("total_output_tokens")
}

/// The runs of `text`, in its order.
pub fn read(text: &str) -> Result<Vec<Run>, SummaryError> {
    let runs: Vec<Run> = rows(text)?
        .iter()
        .map(|row| Run::of(row).map_err(|fault| SummaryError::Line { line: row.line, fault }))
        .collect::<Result<_, _>>()?;
    if runs.is_empty() { Err(SummaryError::Empty) } else { Ok(runs) }
}
