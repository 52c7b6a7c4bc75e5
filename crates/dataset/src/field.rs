//! Where in a row a value is: `usage.prompt_tokens`, `choices.0.message.content`.

use crate::error::DatasetError;
use serde_json::Value;
use std::fmt;

/// A dotted path; a number is a place in a list.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FieldPath(String);

impl FieldPath {
    /// The path as typed; names without dots are the common case.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Its names, outermost first.
    pub(crate) fn parts(&self) -> Vec<&str> {
        self.0.split('.').collect()
    }

    /// As typed.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What is there in `row`; null counts as nothing. A field whose own name has dots is found
    /// under its whole name.
    pub(crate) fn find<'v>(&self, row: &'v Value) -> Option<&'v Value> {
        let whole = row.get(&self.0);
        let found = whole.or_else(|| {
            self.0.split('.').try_fold(row, |at, part| match at {
                Value::Array(list) => list.get(part.parse::<usize>().ok()?),
                at => at.get(part),
            })
        });
        found.filter(|value| !value.is_null())
    }

    /// Whether one of `names` is its outermost name.
    pub(crate) fn begins_in(&self, names: &[String]) -> bool {
        let first = self.0.split('.').next().unwrap_or_default();
        names.iter().any(|name| name == first || *name == self.0)
    }
}

impl fmt::Display for FieldPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// `--field-map`: where prompt, answer and perhaps the time are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldMap {
    /// A text, a list of messages, or a number of tokens.
    pub prompt: FieldPath,
    /// A text or a number of tokens.
    pub response: FieldPath,
    /// When it was sent.
    pub time: Option<FieldPath>,
}

impl std::str::FromStr for FieldMap {
    type Err = DatasetError;

    fn from_str(text: &str) -> Result<Self, DatasetError> {
        let parts: Vec<&str> = text.split(',').map(str::trim).collect();
        if parts.iter().any(|part| part.is_empty()) {
            return Err(DatasetError::FieldMap(text.to_owned()));
        }
        let path = |part: &str| FieldPath::new(part);
        match parts.as_slice() {
            [prompt, response] => {
                Ok(Self { prompt: path(prompt), response: path(response), time: None })
            }
            [prompt, response, time] => {
                let time = Some(path(time));
                Ok(Self { prompt: path(prompt), response: path(response), time })
            }
            _ => Err(DatasetError::FieldMap(text.to_owned())),
        }
    }
}

/// The names of a row's fields, objects one level deep, for messages.
pub(crate) fn names(row: &Value) -> Vec<String> {
    let Some(fields) = row.as_object() else { return Vec::new() };
    let inner = |name: &String, value: &Value| match value {
        Value::Object(inner) => inner.keys().map(|key| format!("{name}.{key}")).collect(),
        _ => vec![name.clone()],
    };
    fields.iter().flat_map(|(name, value)| inner(name, value)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn paths_lead_through_objects_and_lists() {
        let row = json!({"a": {"b": [{"c": 1}, {"c": 2}]}, "x.y": 3, "n": null});
        let find = |path: &str| FieldPath::new(path).find(&row).cloned();
        assert_eq!(find("a.b.1.c"), Some(json!(2)));
        assert_eq!(find("x.y"), Some(json!(3)));
        assert_eq!((find("n"), find("a.z"), find("a.b.9.c")), (None, None, None));
        assert_eq!(names(&row), ["a.b", "n", "x.y"]);
    }

    #[test]
    fn a_map_has_two_or_three_fields() {
        let map: FieldMap = "q.text, a,t".parse().unwrap();
        assert_eq!((map.prompt.as_str(), map.response.as_str()), ("q.text", "a"));
        assert_eq!(map.time, Some(FieldPath::new("t")));
        for bad in ["", "a", "a,", "a,b,c,d"] {
            assert!(bad.parse::<FieldMap>().is_err(), "{bad}");
        }
    }
}
