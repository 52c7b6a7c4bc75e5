//! One line of a table, its fields by the names in the head.

use super::SummaryError;

/// A line of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Counted from 1, the head included.
    pub line: u64,
    fields: Vec<(String, String)>,
}

/// What is wrong with a line.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Fault {
    /// A column that is needed is not there, or empty.
    #[error("`{0}` is missing")]
    Missing(&'static str),
    /// Not a number, or not one that a measurement gives.
    #[error("`{field}` is `{text}`: it must be a number {rule}")]
    Number {
        /// The column.
        field: String,
        /// What stands there.
        text: String,
        /// Which ones are allowed.
        rule: &'static str,
    },
}

/// The lines of `text` below its head.
pub(super) fn rows(text: &str) -> Result<Vec<Row>, SummaryError> {
    let damaged = |error: csv::Error| SummaryError::Csv(error.to_string());
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let head = reader.headers().map_err(damaged)?.clone();
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(damaged)?;
        let line = record.position().map_or(0, csv::Position::line);
        let pairs = head.iter().zip(&record);
        let fields = pairs.map(|(name, value)| (name.to_owned(), value.trim().to_owned()));
        rows.push(Row { line, fields: fields.collect() });
    }
    Ok(rows)
}

impl Row {
    /// The fields that are not empty.
    pub(super) fn fields(&self) -> impl Iterator<Item = (&str, &str)> {
        let filled = self.fields.iter().filter(|(_, value)| !value.is_empty());
        filled.map(|(name, value)| (name.as_str(), value.as_str()))
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.fields().find(|(field, _)| *field == name).map(|(_, value)| value)
    }

    /// A number of zero or more; none where nothing stands there. `inf` is one.
    pub(super) fn number(&self, name: &str) -> Result<Option<f64>, Fault> {
        self.text(name).map(|text| number(name, text)).transpose()
    }

    /// A number above zero that must be there.
    pub(super) fn positive(&self, name: &'static str) -> Result<f64, Fault> {
        let text = self.text(name).ok_or(Fault::Missing(name))?;
        let value = number(name, text)?;
        if value > 0.0 && value.is_finite() {
            return Ok(value);
        }
        Err(Fault::Number { field: name.to_owned(), text: text.to_owned(), rule: "above 0" })
    }
}

pub(super) fn number(name: &str, text: &str) -> Result<f64, Fault> {
    let value = text.parse().ok().filter(|value: &f64| *value >= 0.0);
    value.ok_or_else(|| Fault::Number {
        field: name.to_owned(),
        text: text.to_owned(),
        rule: "from 0 on",
    })
}
