//! Rows that are conversations.

use super::entry::{Message, Role};
use crate::field::FieldPath;
use crate::skip::Skip;
use crate::time::{Unit, moment};
use serde_json::{Map, Value};

/// Where the messages are.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct TalkFields {
    pub(super) list: FieldPath,
}

/// What messages call who speaks, what is said and when.
const ROLES: [&str; 3] = ["role", "from", "author"];
const TEXTS: [&str; 4] = ["content", "value", "text", "message"];
const TIMES: [&str; 2] = ["timestamp", "created_at"];

impl TalkFields {
    /// The list, with no more of each message than is read.
    pub(super) fn wanted(&self) -> Vec<FieldPath> {
        let inner = ROLES.iter().chain(&TEXTS).chain(&TIMES);
        inner.map(|name| FieldPath::new(format!("{}.{name}", self.list))).collect()
    }

    pub(super) fn read(&self, row: &mut Value) -> Result<Vec<Message>, Skip> {
        let missing = || Skip::MissingField(self.list.as_str().to_owned());
        // The text is taken, not copied: it is nearly all of the row.
        let list = match row.get_mut(self.list.as_str()) {
            Some(list) => list.take(),
            None => self.list.find(row).cloned().ok_or_else(missing)?,
        };
        match list {
            Value::Null => Err(missing()),
            Value::Array(list) => list.into_iter().map(|item| message(item, &self.list)).collect(),
            _ => Err(Skip::WrongType(self.list.as_str().to_owned())),
        }
    }
}

/// The messages of a list that is kept.
pub(super) fn messages(value: &Value, path: &FieldPath) -> Result<Vec<Message>, Skip> {
    let list = value.as_array().ok_or_else(|| Skip::WrongType(path.as_str().to_owned()))?;
    list.iter().cloned().map(|item| message(item, path)).collect()
}

fn message(item: Value, path: &FieldPath) -> Result<Message, Skip> {
    let Value::Object(mut fields) = item else {
        return Err(Skip::WrongType(path.as_str().to_owned()));
    };
    let missing = |name: &str| Skip::MissingField(format!("{path}.{name}"));
    let role = first(&ROLES, &fields).ok_or_else(|| missing("role"))?;
    let role = fields[role].as_str().and_then(Role::named);
    let role = role.ok_or_else(|| Skip::WrongType(format!("{path}.role")))?;
    let at = first(&TIMES, &fields).and_then(|name| moment(&fields[name], Unit::BySize));
    // A call of a tool has no content of its own.
    let content = match first(&TEXTS, &fields).and_then(|name| fields.get_mut(name)) {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => std::mem::take(text),
        Some(other) => text(other).ok_or_else(|| Skip::WrongType(format!("{path}.content")))?,
    };
    Ok(Message { role, content, at })
}

fn first<'n>(names: &[&'n str], fields: &Map<String, Value>) -> Option<&'n str> {
    names.iter().find(|name| fields.contains_key(**name)).copied()
}

/// A text, or the texts of content parts; pictures and sounds are left out.
pub(super) fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Array(parts) => {
            let known = |part: &&Value| part.get("type").is_some() && part.get("role").is_none();
            let parts: Vec<&Value> = parts.iter().filter(known).collect();
            let texts = parts.iter().filter_map(|part| part.get("text")?.as_str());
            (!parts.is_empty()).then(|| texts.collect())
        }
        _ => None,
    }
}
