//! What came out of a measurement; read apart from the configuration.

use super::{RowConfig, RowsError};
use serde::Deserialize;

/// A measured row: the question and what came out.
#[derive(Debug, Clone, PartialEq)]
pub struct MeasuredRow {
    /// The configuration.
    pub config: RowConfig,
    /// What came out.
    pub measured: Measured,
    /// Source, network and accelerator: rows that share them are left out together.
    pub group: String,
    /// `ok`, or what is wrong with the source.
    pub quality: String,
}

/// What came out; absent where nobody says.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Measured {
    /// Time to first token, milliseconds: the mean, else the median.
    pub ttft_ms: Option<f64>,
    /// Time between tokens, milliseconds: the mean, else the median.
    pub tpot_ms: Option<f64>,
    /// Output tokens per second.
    pub output_tok_per_s: Option<f64>,
    /// All tokens per second.
    pub total_tok_per_s: Option<f64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Columns {
    group: String,
    quality: String,
    ttft_ms_mean: String,
    ttft_ms_p50: String,
    tpot_ms_mean: String,
    tpot_ms_p50: String,
    output_tok_s_total: String,
    total_tok_s: String,
}

/// Reads a table of measurements.
pub fn read_measured(text: &str) -> Result<Vec<MeasuredRow>, RowsError> {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
    let headers = reader.headers()?.clone();
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record?;
        let columns: Columns = record.deserialize(Some(&headers))?;
        rows.push(MeasuredRow {
            config: record.deserialize(Some(&headers))?,
            measured: columns.measured(),
            group: columns.group,
            quality: columns.quality,
        });
    }
    Ok(rows)
}

impl Columns {
    fn measured(&self) -> Measured {
        Measured {
            ttft_ms: figure(&self.ttft_ms_mean).or_else(|| figure(&self.ttft_ms_p50)),
            tpot_ms: figure(&self.tpot_ms_mean).or_else(|| figure(&self.tpot_ms_p50)),
            output_tok_per_s: figure(&self.output_tok_s_total),
            total_tok_per_s: figure(&self.total_tok_s),
        }
    }
}

/// A positive figure; anything else was not measured.
fn figure(text: &str) -> Option<f64> {
    text.trim().parse().ok().filter(|value: &f64| value.is_finite() && *value > 0.0)
}
