//! A table of configurations to a table of estimates.

use super::{Reason, Resolver, RowConfig};
use crate::calibration::Calibration;
use crate::compiled::Compiled;
use crate::estimate::Estimate;

/// Columns of the answer.
const HEADER: [&str; 6] =
    ["row_id", "ttft_ms", "tpot_ms", "output_tok_per_s", "total_tok_per_s", "status"];

/// A table that cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum RowsError {
    /// Not CSV.
    #[error("not a table: {0}")]
    Csv(#[from] csv::Error),
    /// The answer is not text, which only a bug can cause.
    #[error("answer is not text: {0}")]
    Text(#[from] std::string::FromUtf8Error),
}

/// The answer to every row of `text`, and how many rows have one.
pub fn estimate_rows(
    text: &str,
    resolver: &mut Resolver<'_>,
    calibration: &Calibration,
) -> Result<(String, usize), RowsError> {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
    let rows = reader.deserialize().collect::<Result<Vec<RowConfig>, _>>()?;
    resolver.load(rows.iter());
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(HEADER)?;
    let mut answered = 0;
    for row in &rows {
        let record = match answer(row, resolver, calibration) {
            Ok(estimate) => {
                answered += 1;
                figures(&row.row_id, &estimate)
            }
            Err(reason) => refusal(&row.row_id, &reason),
        };
        writer.write_record(&record)?;
    }
    let bytes = writer.into_inner().map_err(|e| csv::Error::from(e.into_error()))?;
    Ok((String::from_utf8(bytes)?, answered))
}

fn answer(
    row: &RowConfig,
    resolver: &Resolver<'_>,
    calibration: &Calibration,
) -> Result<Estimate, Reason> {
    let question = resolver.question(row)?;
    Ok(Compiled::new(&question.setup, calibration)?.estimate(question.job))
}

fn figures(row_id: &str, estimate: &Estimate) -> [String; 6] {
    let print = |value: f64| format!("{value:.4}");
    [
        row_id.to_owned(),
        print(estimate.ttft.get()),
        estimate.tpot.map(|tpot| print(tpot.get())).unwrap_or_default(),
        print(estimate.output.get()),
        print(estimate.total.get()),
        "ok".to_owned(),
    ]
}

fn refusal(row_id: &str, reason: &Reason) -> [String; 6] {
    let none = String::new;
    let status = format!("{}: {reason}", reason.code());
    [row_id.to_owned(), none(), none(), none(), none(), status]
}
