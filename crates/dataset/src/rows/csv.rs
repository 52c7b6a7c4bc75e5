//! CSV and TSV under a header.

use super::broken;
use super::raw::{Numbered, RawRow};
use crate::error::DatasetError;
use crate::skip::Skip;
use csv::{ErrorKind, Reader, ReaderBuilder, StringRecord};
use std::io::BufRead;
use std::sync::Arc;

/// The rows below a header.
pub(crate) struct CsvRows {
    name: String,
    reader: Reader<Box<dyn BufRead + Send>>,
    header: Arc<[String]>,
    row: u64,
}

impl CsvRows {
    pub(super) fn open(
        name: String,
        mut text: Box<dyn BufRead + Send>,
    ) -> Result<Self, DatasetError> {
        let start = text.fill_buf().map_err(|error| broken(&name, 0, &error))?;
        let line = start.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let tabs = line.contains(&b'\t') && !line.contains(&b',');
        let delimiter = if tabs { b'\t' } else { b',' };
        let mut reader = ReaderBuilder::new().delimiter(delimiter).from_reader(text);
        let header = reader.headers().map_err(|error| broken(&name, 0, &error))?;
        let header: Arc<[String]> = header.iter().map(|name| name.trim().to_owned()).collect();
        Ok(Self { name, reader, header, row: 1 })
    }

    pub(super) fn fields(&self) -> Vec<String> {
        self.header.to_vec()
    }

    /// The next row, numbered by the line that it begins on.
    pub(super) fn next(&mut self) -> Result<Option<Numbered>, DatasetError> {
        let mut record = StringRecord::new();
        let read = self.reader.read_record(&mut record);
        let line = record.position().map_or(self.row + 1, csv::Position::line);
        let row = match read {
            Ok(false) => return Ok(None),
            Ok(true) => Ok(RawRow::Csv(self.header.clone(), record)),
            Err(error) => match error.kind() {
                ErrorKind::Utf8 { .. } => Err(Skip::NotUtf8),
                ErrorKind::UnequalLengths { .. } => Err(Skip::FieldCount),
                _ => return Err(broken(&self.name, self.row, &error)),
            },
        };
        self.row = line;
        Ok(Some(Numbered { number: line, row }))
    }
}
