//! Rows out of files, whatever the container: one at a time, numbered, in order.

mod csv;
mod elements;
mod input;
mod lines;
mod parquet;
mod raw;

pub use input::Input;
pub use raw::{Numbered, RawRow};

use crate::error::DatasetError;
use crate::field::FieldPath;
use input::{Opened, open};
use std::io::BufRead;

/// Longest row accepted, in bytes. One that is longer is skipped without being held in memory.
pub const LONGEST_ROW: usize = 64 * 1024 * 1024;

/// Whether a container tells numbers from texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cells {
    /// It does.
    Typed,
    /// All its values are text: CSV.
    Untyped,
}

/// The rows of one input.
pub(crate) enum Rows {
    /// One JSON value per line.
    Lines(lines::Lines),
    /// Elements of a JSON array, or objects one after another.
    Elements(elements::Elements),
    /// Comma- or tab-separated values under a header.
    Csv(csv::CsvRows),
    /// Columns.
    Parquet(Box<parquet::ParquetRows>),
}

impl Rows {
    /// Opens `input` and finds out what it is from its first bytes, never from its name.
    pub(crate) fn open(input: &Input) -> Result<Self, DatasetError> {
        match open(input)? {
            Opened::Parquet(file) => {
                Ok(Self::Parquet(Box::new(parquet::ParquetRows::open(input.name(), file)?)))
            }
            Opened::Text(mut text) => {
                let name = input.name();
                let first = first_byte(&mut text, &name)?;
                match first {
                    b'[' => Ok(Self::Elements(elements::Elements::of_array(name, text))),
                    b'{' if first_line_is_whole(&mut text, &name)? => {
                        Ok(Self::Lines(lines::Lines::new(name, text)))
                    }
                    b'{' => Ok(Self::Elements(elements::Elements::of_objects(name, text))),
                    _ => Ok(Self::Csv(csv::CsvRows::open(name, text)?)),
                }
            }
        }
    }

    /// The fields that a header or a schema declares, `None` where only rows tell.
    pub(crate) fn declared(&self) -> Option<Vec<String>> {
        match self {
            Self::Csv(rows) => Some(rows.fields()),
            Self::Parquet(rows) => Some(rows.fields()),
            Self::Lines(_) | Self::Elements(_) => None,
        }
    }

    /// Whether its values have types.
    pub(crate) fn cells(&self) -> Cells {
        if let Self::Csv(_) = self { Cells::Untyped } else { Cells::Typed }
    }

    /// Reads no more than these fields, where the container can tell them apart.
    pub(crate) fn project(&mut self, fields: &[FieldPath]) -> Result<(), DatasetError> {
        match self {
            Self::Parquet(rows) => rows.project(fields),
            _ => Ok(()),
        }
    }

    /// The next row, `None` at the end.
    pub(crate) fn next(&mut self) -> Result<Option<Numbered>, DatasetError> {
        match self {
            Self::Lines(rows) => rows.next(),
            Self::Elements(rows) => rows.next(),
            Self::Csv(rows) => rows.next(),
            Self::Parquet(rows) => rows.next(),
        }
    }
}

/// The first byte that is no space, left unread.
fn first_byte(text: &mut dyn BufRead, name: &str) -> Result<u8, DatasetError> {
    loop {
        let buffer = text.fill_buf().map_err(|error| broken(name, 0, &error))?;
        if buffer.is_empty() {
            return Err(DatasetError::Empty { input: name.to_owned() });
        }
        if let Some(at) = buffer.iter().position(|byte| !byte.is_ascii_whitespace()) {
            let byte = buffer[at];
            // Blank lines above a CSV header are nothing; JSON does not mind either.
            text.consume(at);
            return Ok(byte);
        }
        let length = buffer.len();
        text.consume(length);
    }
}

/// Whether the buffered beginning has a whole JSON object on its first line, as JSONL has.
fn first_line_is_whole(text: &mut dyn BufRead, name: &str) -> Result<bool, DatasetError> {
    let buffer = text.fill_buf().map_err(|error| broken(name, 0, &error))?;
    let line = memchr::memchr(b'\n', buffer).map_or(buffer, |end| &buffer[..end]);
    // A line that fills the buffer is JSONL too: pretty-printed JSON has short lines.
    if line.len() == buffer.len() && buffer.len() >= input::BUFFER {
        return Ok(true);
    }
    Ok(line.trim_ascii_end().ends_with(b"}") && balanced(line))
}

/// Whether every brace outside strings is closed: true for a damaged line too, which is then
/// skipped with its reason instead of spoiling what follows.
fn balanced(line: &[u8]) -> bool {
    let (mut depth, mut in_string, mut escaped) = (0_i64, false, false);
    for byte in line {
        match (in_string, byte) {
            (true, _) if escaped => escaped = false,
            (true, b'\\') => escaped = true,
            (_, b'"') => in_string = !in_string,
            (false, b'{') => depth += 1,
            (false, b'}') => depth -= 1,
            _ => {}
        }
    }
    depth == 0
}

pub(crate) fn broken(name: &str, row: u64, reason: &dyn std::fmt::Display) -> DatasetError {
    DatasetError::Broken { input: name.to_owned(), row, reason: reason.to_string() }
}
