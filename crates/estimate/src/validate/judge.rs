//! Which rows an estimator is judged on.

use crate::rows::{MeasuredRow, Question, Reason, Resolver};

/// A row that counts.
#[derive(Debug)]
pub struct Judged<'a> {
    /// The measurement.
    pub row: &'a MeasuredRow,
    /// Its question, or why the estimator refuses although the row counts.
    pub question: Result<Question<'a>, Reason>,
}

/// A row that does not count.
#[derive(Debug)]
pub struct Skipped<'a> {
    /// The measurement.
    pub row: &'a MeasuredRow,
    /// Why.
    pub reason: Reason,
}

/// Rows that count and rows that do not.
#[derive(Debug, Default)]
pub struct Judgement<'a> {
    /// Quality ok, aggregated, with accelerator, widths, lengths and a known model.
    pub judged: Vec<Judged<'a>>,
    /// The others.
    pub skipped: Vec<Skipped<'a>>,
}

/// Sorts `rows` into those that count and those that do not.
pub fn judge<'a>(rows: &'a [MeasuredRow], resolver: &'a Resolver<'_>) -> Judgement<'a> {
    let mut judgement = Judgement::default();
    for row in rows {
        let question = resolver.question(&row.config);
        match reason(row, question.as_ref().err()) {
            Some(reason) => judgement.skipped.push(Skipped { row, reason }),
            None => judgement.judged.push(Judged { row, question }),
        }
    }
    judgement
}

/// Why a row does not count. Only what a row fails to state excuses the estimator; a refusal of a
/// stated configuration is a gap in coverage.
fn reason(row: &MeasuredRow, refusal: Option<&Reason>) -> Option<Reason> {
    if row.quality != "ok" {
        return Some(Reason::Quality(row.quality.clone()));
    }
    match refusal? {
        Reason::Refused(_) | Reason::UnknownPrecision(_) | Reason::UnknownGpu(_) => None,
        excuse => Some(excuse.clone()),
    }
}
