//! JSONL: a JSON value per line.

use super::raw::{Numbered, RawRow};
use super::{LONGEST_ROW, broken};
use crate::error::DatasetError;
use crate::skip::Skip;
use std::io::BufRead;

/// The lines of a text, each at most [`LONGEST_ROW`] bytes long.
pub(crate) struct Lines {
    name: String,
    text: Box<dyn BufRead + Send>,
    line: u64,
}

/// How a line ended.
enum Line {
    Whole(Vec<u8>),
    TooLong,
    End,
}

impl Lines {
    pub(super) fn new(name: String, text: Box<dyn BufRead + Send>) -> Self {
        Self { name, text, line: 0 }
    }

    /// The next line that is not blank.
    pub(super) fn next(&mut self) -> Result<Option<Numbered>, DatasetError> {
        loop {
            let row = match self.line()? {
                Line::End => return Ok(None),
                Line::Whole(line) if line.trim_ascii().is_empty() => continue,
                Line::Whole(line) => Ok(RawRow::Json(line)),
                Line::TooLong => Err(Skip::TooLong),
            };
            return Ok(Some(Numbered { number: self.line, row }));
        }
    }

    fn line(&mut self) -> Result<Line, DatasetError> {
        let mut line = Vec::new();
        let mut length = 0_usize;
        loop {
            let buffer = match self.text.fill_buf() {
                Ok(buffer) => buffer,
                Err(error) => return Err(broken(&self.name, self.line, &error)),
            };
            if buffer.is_empty() && length == 0 {
                return Ok(Line::End);
            }
            let newline = memchr::memchr(b'\n', buffer);
            let end = newline.unwrap_or(buffer.len());
            length += end + usize::from(newline.is_some());
            // What is too long is read on to its end, but not kept.
            if length <= LONGEST_ROW {
                line.extend_from_slice(&buffer[..end]);
            } else {
                line = Vec::new();
            }
            let last = newline.is_some() || buffer.is_empty();
            let used = end + usize::from(newline.is_some());
            self.text.consume(used);
            if last {
                self.line += 1;
                return Ok(if length > LONGEST_ROW { Line::TooLong } else { Line::Whole(line) });
            }
        }
    }
}
