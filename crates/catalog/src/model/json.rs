//! JSON as Python writes it: the words `Infinity` and `NaN` stand where numbers belong.

use serde_json::{Map, Value};

use crate::model::error::ConfigError;

/// Longest configuration read; the longest published ones are below 200 KB.
const LIMIT_BYTES: usize = 8 << 20;

/// Words that Python's writer uses for numbers which JSON lacks.
const NON_NUMBERS: [&str; 3] = ["-Infinity", "Infinity", "NaN"];

/// Reads the object at the top of a configuration; non-finite numbers read as null.
pub(super) fn read_object(text: &str) -> Result<Map<String, Value>, ConfigError> {
    if text.len() > LIMIT_BYTES {
        return Err(ConfigError::TooLong { bytes: text.len(), limit: LIMIT_BYTES });
    }
    let text = without_non_numbers(text);
    let value: Value = serde_json::from_str(&text).map_err(|error| ConfigError::Json {
        message: bare(&error),
        line: error.line(),
        column: error.column(),
    })?;
    match value {
        Value::Object(map) => Ok(map),
        other => Err(ConfigError::WrongType {
            field: "config.json".to_owned(),
            expected: "an object",
            found: shortened(&other),
        }),
    }
}

/// A value in few enough characters for a message.
pub(super) fn shortened(value: &Value) -> String {
    let text = match value {
        Value::Array(list) => format!("a list of {}", list.len()),
        Value::Object(map) => format!("an object of {} fields", map.len()),
        other => other.to_string(),
    };
    match text.char_indices().nth(40) {
        Some((cut, _)) => format!("{}...", &text[..cut]),
        None => text,
    }
}

fn without_non_numbers(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['"', '-', 'I', 'N']) {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        if let Some(word) = NON_NUMBERS.into_iter().find(|word| from.starts_with(word)) {
            out.push_str("null");
            rest = &from[word.len()..];
        } else {
            let length = if from.starts_with('"') { string_length(from) } else { 1 };
            out.push_str(&from[..length]);
            rest = &from[length..];
        }
    }
    out.push_str(rest);
    out
}

/// Bytes of the string literal that `text` starts with, quotes included.
fn string_length(text: &str) -> usize {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// What the reader says without the place, which stands beside it.
fn bare(error: &serde_json::Error) -> String {
    let message = error.to_string();
    message.rsplit_once(" at line ").map_or(message.clone(), |(what, _)| what.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn non_numbers_outside_strings_read_as_null() {
        let map = read_object(r#"{"a": [0.0, Infinity, -Infinity], "b": "NaN \" Infinity"}"#);
        let map = map.unwrap();
        assert_eq!(map["a"][1], Value::Null);
        assert_eq!(map["b"], "NaN \" Infinity");
    }

    #[test]
    fn truncated_and_deep_texts_are_refused() {
        assert!(matches!(read_object(r#"{"a": 1"#), Err(ConfigError::Json { .. })));
        assert!(matches!(read_object(&"[".repeat(100_000)), Err(ConfigError::Json { .. })));
        assert!(matches!(read_object("[1]"), Err(ConfigError::WrongType { .. })));
    }
}
