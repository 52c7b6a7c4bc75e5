//! Parquet: the fields that are needed, a row group at a time.

use super::broken;
use super::raw::{Numbered, RawRow};
use crate::error::DatasetError;
use crate::field::FieldPath;
use parquet::basic::ConvertedType;
use parquet::errors::ParquetError;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::reader::RowIter;
use parquet::schema::types::{Type, TypePtr};
use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// The rows of a file.
pub(crate) struct ParquetRows {
    name: String,
    schema: TypePtr,
    /// None once the reader has failed.
    rows: Option<RowIter<'static>>,
    expected: u64,
    row: u64,
}

impl ParquetRows {
    pub(super) fn open(name: String, file: File) -> Result<Self, DatasetError> {
        let opened = caught(|| SerializedFileReader::new(file));
        let reader = opened.map_err(|reason| broken(&name, 0, &reason))?;
        let metadata = reader.metadata().file_metadata();
        let schema = metadata.schema_descr().root_schema_ptr();
        let expected = u64::try_from(metadata.num_rows()).unwrap_or_default();
        if expected == 0 {
            return Err(DatasetError::Empty { input: name });
        }
        let rows = RowIter::from_file_into(Box::new(reader));
        Ok(Self { name, schema, rows: Some(rows), expected, row: 0 })
    }

    pub(super) fn fields(&self) -> Vec<String> {
        self.schema.get_fields().iter().map(|field| field.name().to_owned()).collect()
    }

    /// Reads no other columns than these from now on. A path that leads nowhere is left out.
    pub(super) fn project(&mut self, fields: &[FieldPath]) -> Result<(), DatasetError> {
        let paths: Vec<Vec<&str>> = fields.iter().map(FieldPath::parts).collect();
        let Some(kept) = narrowed(&self.schema, &paths) else { return Ok(()) };
        let Some(rows) = self.rows.take() else { return Ok(()) };
        let rows = caught(|| rows.project(Some(kept)));
        self.rows = Some(rows.map_err(|reason| broken(&self.name, 0, &reason))?);
        Ok(())
    }

    pub(super) fn next(&mut self) -> Result<Option<Numbered>, DatasetError> {
        let Some(rows) = &mut self.rows else { return Ok(None) };
        let next = caught(|| rows.next().transpose());
        match next {
            Ok(Some(row)) => {
                self.row += 1;
                Ok(Some(Numbered { number: self.row, row: Ok(RawRow::Columns(row)) }))
            }
            Ok(None) if self.row < self.expected => {
                let reason = format!("{} rows were promised", self.expected);
                Err(broken(&self.name, self.row, &reason))
            }
            Ok(None) => Ok(None),
            Err(reason) => {
                self.rows = None;
                Err(broken(&self.name, self.row, &reason))
            }
        }
    }
}

/// What the Parquet reader says, be it in words or in a panic, which damaged pages can cause.
fn caught<T>(read: impl FnOnce() -> Result<T, ParquetError>) -> Result<T, String> {
    match catch_unwind(AssertUnwindSafe(read)) {
        Ok(result) => result.map_err(|error| brief(&error.to_string())),
        Err(_) => Err("a damaged page".to_owned()),
    }
}

/// Characters that are kept of what the reader says.
const LONGEST: usize = 160;

/// One line of it: of a damaged file the reader may repeat whole pages.
fn brief(said: &str) -> String {
    let clean = |c: char| if c.is_control() || c == char::REPLACEMENT_CHARACTER { ' ' } else { c };
    let words: String = said.chars().take(4 * LONGEST).map(clean).collect();
    let line = words.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{} ...", &line[..end]),
        None => line,
    }
}

/// `schema` with nothing but the fields that `paths` lead to or through, `None` if that is none.
fn narrowed(schema: &Type, paths: &[Vec<&str>]) -> Option<Type> {
    let fields: Vec<TypePtr> = schema
        .get_fields()
        .iter()
        .filter_map(|field| {
            let leading = paths.iter().filter(|path| path.first() == Some(&field.name()));
            kept(field, &leading.map(|path| path[1..].to_vec()).collect::<Vec<_>>())
        })
        .collect();
    if fields.is_empty() {
        return None;
    }
    with_fields(schema, fields)
}

/// `field` with what the rests of the paths that lead to it need, `None` where none leads here.
fn kept(field: &TypePtr, below: &[Vec<&str>]) -> Option<TypePtr> {
    if below.is_empty() {
        return None;
    }
    if field.is_primitive() || below.iter().any(Vec::is_empty) {
        return Some(field.clone());
    }
    let narrow = |group: &Type| narrowed(group, below).map(Arc::new);
    if field.get_basic_info().converted_type() != ConvertedType::LIST {
        return narrow(field);
    }
    // A list is a group of a repeated group of its element; paths spell neither level.
    let repeated = field.get_fields().first()?;
    let inner = match repeated {
        group if group.is_primitive() => group.clone(),
        group if group.get_fields().len() > 1 => narrow(group)?,
        group => match &group.get_fields()[0] {
            element if element.is_primitive() => group.clone(),
            element => Arc::new(with_fields(group, vec![narrow(element)?])?),
        },
    };
    with_fields(field, vec![inner]).map(Arc::new)
}

/// `group` with other fields.
fn with_fields(group: &Type, fields: Vec<TypePtr>) -> Option<Type> {
    let info = group.get_basic_info();
    let builder = Type::group_type_builder(group.name()).with_fields(fields);
    if group.is_schema() {
        return builder.build().ok();
    }
    let builder = builder.with_repetition(info.repetition());
    let builder = builder.with_converted_type(info.converted_type());
    builder.with_logical_type(info.logical_type_ref().cloned()).build().ok()
}

#[cfg(test)]
mod tests {
    use super::brief;

    #[test]
    fn a_reader_that_repeats_the_file_is_cut_short() {
        assert_eq!(brief("EOF: no\nfooter"), "EOF: no footer");
        let bytes = format!("bad page [{}]", "\u{0}\u{fffd}\u{1}7, ".repeat(9000));
        let said = brief(&bytes);
        assert!(said.starts_with("bad page [ 7, 7") && said.len() < 200, "{said}");
        assert!(said.ends_with(" ...") && !said.contains(char::is_control), "{said}");
    }
}
