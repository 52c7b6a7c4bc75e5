//! Typed access to the fields of a configuration; each refusal names the field.

use serde_json::{Map, Value};

use crate::model::error::ConfigError;
use crate::model::json::shortened;
use crate::model::size::{MOST_DIMENSION, MOST_LAYERS, Size, size};

/// The fields of the language model, and of the wrapper around it if there is one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fields<'a> {
    inner: &'a Map<String, Value>,
    outer: Option<&'a Map<String, Value>>,
}

impl<'a> Fields<'a> {
    /// Fields of a whole file: a wrapper's language model is found under `text_config` and such.
    pub(super) fn of_file(file: &'a Map<String, Value>) -> Self {
        let nested = ["text_config", "llm_config", "language_config", "thinker_config"]
            .into_iter()
            .find_map(|name| file.get(name).and_then(Value::as_object));
        match nested {
            // An omni model nests once more: thinker, then text.
            Some(inner) => match inner.get("text_config").and_then(Value::as_object) {
                Some(text) => Self { inner: text, outer: Some(inner) },
                None => Self { inner, outer: Some(file) },
            },
            None => Self { inner: file, outer: None },
        }
    }

    /// Fields of an object alone.
    pub(super) fn of_object(object: &'a Map<String, Value>) -> Self {
        Self { inner: object, outer: None }
    }

    /// Fields of an object within.
    pub(super) fn object(&self, name: &str) -> Result<Option<Fields<'a>>, ConfigError> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::Object(inner)) => Ok(Some(Fields { inner, outer: None })),
            Some(other) => Err(wrong_type(name, "an object", other)),
        }
    }

    /// A field that the wrapper may hold in place of the language model.
    pub(super) fn anywhere(&self, name: &str) -> Option<&'a Value> {
        self.get(name).or_else(|| present(self.outer?, name))
    }

    /// The value of a field; null counts as absent.
    pub(super) fn get(&self, name: &str) -> Option<&'a Value> {
        present(self.inner, name)
    }

    /// A dimension under the first of several names that is present.
    pub(super) fn maybe(&self, names: &[&str]) -> Result<Option<Size>, ConfigError> {
        let Some((name, value)) = self.first(names) else { return Ok(None) };
        whole(name, value, 0, MOST_DIMENSION).map(|n| Some(size(n)))
    }

    /// A dimension of at least 1 that must be present.
    pub(super) fn need(&self, names: &[&str]) -> Result<Size, ConfigError> {
        let Some((name, value)) = self.first(names) else { return Err(missing(names)) };
        whole(name, value, 1, MOST_DIMENSION).map(size)
    }

    /// A dimension of at least 1, or a class default.
    pub(super) fn need_or(&self, names: &[&str], default: u64) -> Result<Size, ConfigError> {
        if self.first(names).is_some() { self.need(names) } else { Ok(size(default)) }
    }

    /// A dimension, or a class default.
    pub(super) fn or(&self, names: &[&str], default: u64) -> Result<Size, ConfigError> {
        Ok(self.maybe(names)?.unwrap_or(size(default)))
    }

    /// The number of layers.
    pub(super) fn layer_count(&self, names: &[&str]) -> Result<usize, ConfigError> {
        let Some((name, value)) = self.first(names) else { return Err(missing(names)) };
        // Bounded by `MOST_LAYERS`, so it fits.
        whole(name, value, 1, MOST_LAYERS).map(|n| n as usize)
    }

    /// A number of tokens; may be larger than a dimension.
    pub(super) fn tokens(&self, names: &[&str]) -> Result<Option<u64>, ConfigError> {
        let Some((name, value)) = self.first(names) else { return Ok(None) };
        whole(name, value, 0, 1 << 40).map(Some)
    }

    /// A switch, or a class default.
    pub(super) fn flag(&self, name: &str, default: bool) -> Result<bool, ConfigError> {
        match self.get(name) {
            None => Ok(default),
            Some(Value::Bool(on)) => Ok(*on),
            Some(other) => Err(wrong_type(name, "true or false", other)),
        }
    }

    /// A word.
    pub(super) fn word(&self, name: &str) -> Result<Option<&'a str>, ConfigError> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::String(word)) => Ok(Some(word)),
            Some(other) => Err(wrong_type(name, "a word", other)),
        }
    }

    /// A list of words.
    pub(super) fn words(&self, name: &str) -> Result<Option<Vec<&'a str>>, ConfigError> {
        let Some(list) = self.list(name)? else { return Ok(None) };
        let word = |value: &'a Value| {
            value.as_str().ok_or_else(|| wrong_type(name, "a list of words", value))
        };
        list.iter().map(word).collect::<Result<_, _>>().map(Some)
    }

    /// A list of whole numbers.
    pub(super) fn numbers(&self, name: &str) -> Result<Option<Vec<u64>>, ConfigError> {
        let Some(list) = self.list(name)? else { return Ok(None) };
        let number = |value| whole(name, value, 0, MOST_DIMENSION);
        list.iter().map(number).collect::<Result<_, _>>().map(Some)
    }

    /// A list of anything.
    pub(super) fn list(&self, name: &str) -> Result<Option<&'a Vec<Value>>, ConfigError> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::Array(list)) if list.len() as u64 <= MOST_DIMENSION => Ok(Some(list)),
            Some(other) => Err(wrong_type(name, "a list", other)),
        }
    }

    fn first<'n>(&self, names: &[&'n str]) -> Option<(&'n str, &'a Value)> {
        names.iter().find_map(|name| Some((*name, self.get(name)?)))
    }
}

/// A field of an unexpected type.
pub(super) fn wrong_type(field: &str, expected: &'static str, found: &Value) -> ConfigError {
    ConfigError::WrongType { field: field.to_owned(), expected, found: shortened(found) }
}

/// Fields that contradict each other.
pub(super) fn inconsistent(field: &str, problem: impl Into<String>) -> ConfigError {
    ConfigError::Inconsistent { field: field.to_owned(), problem: problem.into() }
}

fn missing(names: &[&str]) -> ConfigError {
    ConfigError::Missing { field: names.first().copied().unwrap_or_default().to_owned() }
}

fn present<'a>(map: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    map.get(name).filter(|value| !value.is_null())
}

/// A whole number between bounds.
fn whole(field: &str, value: &Value, min: u64, max: u64) -> Result<u64, ConfigError> {
    let Value::Number(number) = value else {
        return Err(wrong_type(field, "a whole number", value));
    };
    let read = number.as_u64().or_else(|| {
        let float = number.as_f64()?;
        ((0.0..1e15).contains(&float) && float.fract() == 0.0).then_some(float as u64)
    });
    let out_of_range =
        || ConfigError::OutOfRange { field: field.to_owned(), value: shortened(value), min, max };
    match read {
        Some(n) if (min..=max).contains(&n) => Ok(n),
        None if number.as_f64().is_some_and(|f| f.fract() != 0.0) => {
            Err(wrong_type(field, "a whole number", value))
        }
        _ => Err(out_of_range()),
    }
}
