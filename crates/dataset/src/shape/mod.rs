//! Shapes of rows: which fields are what, told from their names.

mod entry;
mod known;
mod lengths;
mod logged;
mod talk;

pub use entry::{Content, Entry, Lengths, Message, Role};
pub use known::Known;

use crate::field::{FieldMap, FieldPath};
use crate::skip::Skip;
use crate::time::{Moment, Unit, moment};
use lengths::LengthFields;
use logged::LogFields;
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
    Pair { system: Option<FieldPath>, prompt: FieldPath, response: FieldPath },
    Log(LogFields),
}

impl Shape {
    /// The shape that `--field-map` describes; numbers and messages are told row by row.
    pub fn mapped(map: &FieldMap) -> Self {
        let (prompt, response) = (map.prompt.clone(), map.response.clone());
        let fields = Fields::Pair { system: None, prompt, response };
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
            Fields::Pair { prompt, response, .. } => vec![prompt.clone(), response.clone()],
            Fields::Log(_) => Vec::new(),
        }
    }

    /// Every field that is looked at, for containers that can leave the others unread.
    pub(crate) fn wanted(&self) -> Vec<FieldPath> {
        let mut wanted = match &self.fields {
            Fields::Lengths(fields) => fields.wanted(),
            Fields::Talk(fields) => fields.wanted(),
            Fields::Pair { system, .. } => self.required().into_iter().chain(system.clone()).collect(),
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
            Fields::Log(fields) => fields.read(&row)?,
            Fields::Pair { system, prompt, response } => {
                pair(&row, system.as_ref(), prompt, response)?
            }
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
        Value::String(text) => {
            // SipHash with fixed keys: what `DefaultHasher::new` promises to be.
            let mut hasher = DefaultHasher::new();
            text.hash(&mut hasher);
            Some(hasher.finish())
        }
        _ => None,
    }
}

fn pair(
    row: &Value,
    system: Option<&FieldPath>,
    prompt: &FieldPath,
    response: &FieldPath,
) -> Result<Content, Skip> {
    let there = |path: &FieldPath| {
        path.find(row).ok_or_else(|| Skip::MissingField(path.as_str().to_owned()))
    };
    let (asked, answered) = (there(prompt)?, there(response)?);
    if let (Some(isl), Some(osl)) = (lengths::tokens(asked), lengths::tokens(answered)) {
        return Ok(Content::Lengths(Lengths { isl, osl, ..Lengths::default() }));
    }
    let mut messages = Vec::with_capacity(3);
    let instructions = system.and_then(|path| path.find(row)).and_then(Value::as_str);
    if let Some(text) = instructions.filter(|text| !text.is_empty()) {
        messages.push(Message::new(Role::System, text));
    }
    match talk::text(asked) {
        Some(text) => messages.push(Message::new(Role::User, text)),
        None => messages.extend(talk::messages(asked, prompt)?),
    }
    let wrong = || Skip::WrongType(response.as_str().to_owned());
    messages.push(Message::new(Role::Assistant, talk::text(answered).ok_or_else(wrong)?));
    Ok(Content::Talk(messages))
}
