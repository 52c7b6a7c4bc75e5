//! Shapes of rows: which fields are what, told from their names.

mod entry;
mod known;
mod lengths;
mod logged;
mod pair;
mod talk;

pub use entry::{Content, Entry, Lengths, Message, Role};
pub use known::Known;

use crate::field::{FieldMap, FieldPath};
use crate::rows::Cells;
use crate::skip::Skip;
use crate::time::{Moment, Unit, moment};
use lengths::LengthFields;
use logged::LogFields;
use pair::PairFields;
use serde_json::Value;
use std::hash::{DefaultHasher, Hash, Hasher};
use talk::TalkFields;

/// Which fields of a row are what.
#[derive(Debug, Clone, PartialEq)]
pub struct Shape {
    known: Known,
    fields: Fields,
    time: Option<FieldPath>,
    unit: Unit,
    session: Option<FieldPath>,
}

#[derive(Debug, Clone, PartialEq)]
enum Fields {
    Lengths(LengthFields),
    Talk(TalkFields),
    Pair(PairFields),
    Log(LogFields),
}

impl Shape {
    /// The shape that `--field-map` describes; numbers and messages are told row by row.
    pub fn mapped(map: &FieldMap, cells: Cells) -> Self {
        let (prompt, response) = (map.prompt.clone(), map.response.clone());
        let fields = Fields::Pair(PairFields { system: None, prompt, response, cells });
        let time = map.time.clone();
        Self { known: Known::FieldMap, fields, time, unit: Unit::BySize, session: None }
    }

    /// Its name.
    pub fn known(&self) -> Known {
        self.known
    }

    /// The fields that a row must have.
    pub(crate) fn required(&self) -> Vec<FieldPath> {
        match &self.fields {
            Fields::Lengths(fields) => vec![fields.isl.clone(), fields.osl.clone()],
            Fields::Talk(fields) => vec![fields.list.clone()],
            Fields::Pair(fields) => vec![fields.prompt.clone(), fields.response.clone()],
            Fields::Log(_) => Vec::new(),
        }
    }

    /// Every field that is looked at, for containers that can leave the others unread.
    pub(crate) fn wanted(&self) -> Vec<FieldPath> {
        let mut wanted = match &self.fields {
            Fields::Lengths(fields) => fields.wanted(),
            Fields::Talk(fields) => fields.wanted(),
            Fields::Pair(fields) => fields.wanted(),
            Fields::Log(fields) => fields.wanted(),
        };
        wanted.extend(self.time.clone().into_iter().chain(self.session.clone()));
        wanted
    }

    /// What `row` says, or why it says nothing.
    pub fn read(&self, mut row: Value) -> Result<Entry, Skip> {
        let at = self.time_of(&row)?;
        let session = self.session.as_ref().and_then(|path| session_of(path.find(&row)?));
        let content = match &self.fields {
            Fields::Lengths(fields) => Content::Lengths(fields.read(&row)?),
            Fields::Talk(fields) => Content::Talk(fields.read(&mut row)?),
            Fields::Log(_) => LogFields::read(&row)?,
            Fields::Pair(fields) => fields.read(&row)?,
        };
        Ok(Entry { at, session, content })
    }

    fn time_of(&self, row: &Value) -> Result<Option<Moment>, Skip> {
        let Some(value) = self.time.as_ref().and_then(|path| path.find(row)) else {
            return Ok(None);
        };
        moment(value, self.unit).map(Some).ok_or(Skip::BadTime)
    }
}

/// Any name becomes a number; equal names the same one, in every run.
fn session_of(value: &Value) -> Option<u64> {
    match value {
        Value::Number(number) => number.as_u64(),
        Value::String(text) if text.parse::<u64>().is_ok() => text.parse().ok(),
        Value::String(text) => {
            // SipHash with fixed keys: what `DefaultHasher::new` promises to be.
            let mut hasher = DefaultHasher::new();
            text.hash(&mut hasher);
            Some(hasher.finish())
        }
        _ => None,
    }
}
