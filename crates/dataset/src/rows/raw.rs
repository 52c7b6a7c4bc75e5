//! A row as its container gave it, parsed on whichever thread counts it.

use crate::skip::Skip;
use ::parquet::record::{Field, Row};
use serde_json::{Map, Number, Value};
use std::sync::Arc;

/// One row and its place.
#[derive(Debug)]
pub struct Numbered {
    /// From 1; in text files the line it begins on.
    pub number: u64,
    /// What is there, or why nothing can be made of it.
    pub row: Result<RawRow, Skip>,
}

/// What is there.
#[derive(Debug)]
pub enum RawRow {
    /// The bytes of one JSON value.
    Json(Vec<u8>),
    /// Fields under a header.
    Csv(Arc<[String]>, csv::StringRecord),
    /// Fields out of columns.
    Columns(Row),
}

impl RawRow {
    /// Bytes it holds, about, so that batches are of a size.
    pub(crate) fn weight(&self) -> usize {
        match self {
            Self::Json(bytes) => bytes.len(),
            Self::Csv(_, record) => record.as_slice().len(),
            Self::Columns(row) => row.get_column_iter().map(|(_, field)| weight(field)).sum(),
        }
    }

    /// As a JSON object, or why not.
    pub(crate) fn into_value(self) -> Result<Value, Skip> {
        match self {
            Self::Json(bytes) => {
                let text = std::str::from_utf8(&bytes).map_err(|_| Skip::NotUtf8)?;
                serde_json::from_str(text).map_err(|_| Skip::NotJson)
            }
            Self::Csv(header, record) => {
                let text = |cell: &str| match cell {
                    "" => Value::Null,
                    cell => Value::String(cell.to_owned()),
                };
                let cells = record.iter().map(text);
                Ok(Value::Object(header.iter().cloned().zip(cells).collect()))
            }
            Self::Columns(row) => Ok(object(row)),
        }
    }
}

fn weight(field: &Field) -> usize {
    match field {
        Field::Str(text) => text.len(),
        Field::Group(row) => row.get_column_iter().map(|(_, field)| weight(field)).sum(),
        Field::ListInternal(list) => list.elements().iter().map(weight).sum(),
        _ => 8,
    }
}

fn object(row: Row) -> Value {
    let fields = row.into_columns().into_iter().map(|(name, field)| (name, value(field)));
    Value::Object(fields.collect::<Map<_, _>>())
}

fn value(field: Field) -> Value {
    match field {
        Field::Str(text) => Value::String(text),
        Field::Group(row) => object(row),
        // The elements are behind a shared slice, so their text is copied once.
        Field::ListInternal(list) => {
            Value::Array(list.elements().iter().cloned().map(value).collect())
        }
        Field::TimestampMillis(ms) => moment(i128::from(ms) * 1_000_000),
        Field::TimestampMicros(us) => moment(i128::from(us) * 1_000),
        Field::Double(number) => Number::from_f64(number).map_or(Value::Null, Value::Number),
        Field::Long(number) => Value::from(number),
        Field::Int(number) => Value::from(number),
        Field::Bool(is) => Value::from(is),
        Field::Float(number) => {
            Number::from_f64(f64::from(number)).map_or(Value::Null, Value::Number)
        }
        Field::Short(number) => Value::from(number),
        Field::Byte(number) => Value::from(number),
        Field::ULong(number) => Value::from(number),
        Field::UInt(number) => Value::from(number),
        Field::UShort(number) => Value::from(number),
        Field::UByte(number) => Value::from(number),
        Field::Bytes(bytes) => {
            bytes.as_utf8().map_or(Value::Null, |text| Value::String(text.to_owned()))
        }
        // Nothing that a length or a text could be read from.
        _ => Value::Null,
    }
}

fn moment(nanoseconds: i128) -> Value {
    jiff::Timestamp::from_nanosecond(nanoseconds)
        .map_or(Value::Null, |at| Value::String(at.to_string()))
}
