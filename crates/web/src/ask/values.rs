//! What was asked: names and texts, each checked against the table.

use super::parameter::{self, Parameter, Scope};
use crate::error::WebError;
use serde_json::Value;
use url::form_urlencoded;

/// What was asked, in the order in which it was typed. Empty fields of a form are left out.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Values(Vec<(&'static str, String)>);

impl Values {
    /// The values of a query, as in an address or a form.
    pub(crate) fn of_query(query: &str, scope: Scope) -> Result<Self, WebError> {
        let mut values = Self::default();
        for (name, text) in form_urlencoded::parse(query.as_bytes()) {
            values.add(&name, &text, scope)?;
        }
        Ok(values)
    }

    /// The values of a JSON object; numbers stand for themselves.
    pub(crate) fn of_json(body: &[u8]) -> Result<Self, WebError> {
        let json = |error: serde_json::Error| {
            WebError::bad("json", format!("the body is no JSON object: {error}"))
        };
        let object: serde_json::Map<String, Value> = serde_json::from_slice(body).map_err(json)?;
        let mut values = Self::default();
        for (name, value) in object {
            let text = match value {
                Value::Null => continue,
                Value::String(text) => text,
                Value::Number(number) => number.to_string(),
                Value::Object(_) if is_file(&name) => value.to_string(),
                Value::Object(_) | Value::Array(_) | Value::Bool(_) => {
                    let message = format!("{name}: a number or a text is expected");
                    return Err(WebError::bad("parameter", message));
                }
            };
            values.add(&name, &text, Scope::Api)?;
        }
        Ok(values)
    }

    fn add(&mut self, name: &str, text: &str, scope: Scope) -> Result<(), WebError> {
        let Some(parameter) = parameter::named(name, scope) else {
            // The token has done its work at the door.
            let ignored = scope == Scope::Page || name == "token";
            return if ignored { Ok(()) } else { Err(unknown(name)) };
        };
        let text = text.trim();
        if text.is_empty() {
            return Ok(());
        }
        let Parameter { name, kind, .. } = *parameter;
        kind.check(text).map_err(|range| {
            let shown: String = text.chars().take(40).collect();
            let message = format!("{name}: `{shown}` is out of range");
            WebError::bad("parameter", message).hint(format!("{name} takes {range}"))
        })?;
        if name != "pin" && self.text(name).is_some() {
            return Err(WebError::bad("parameter", format!("{name} is given twice")));
        }
        self.0.push((name, text.to_owned()));
        Ok(())
    }

    /// The text of `name`, if it was given.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(own, _)| *own == name).map(|(_, text)| text.as_str())
    }

    /// Every name that was given.
    pub(crate) fn names(&self) -> impl Iterator<Item = &'static str> {
        self.0.iter().map(|(name, _)| *name)
    }

    /// Every text of `name`.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(own, _)| *own == name).map(|(_, text)| text.as_str())
    }

    /// The number of `name`; the table has checked it.
    pub(crate) fn whole<T: TryFrom<u64>>(&self, name: &str) -> Option<T> {
        T::try_from(self.text(name)?.parse().ok()?).ok()
    }

    /// The number of `name`; the table has checked it.
    pub(crate) fn number(&self, name: &str) -> Option<f64> {
        self.text(name)?.parse().ok()
    }

    /// With `text` for `name` where nothing was given.
    pub(crate) fn or(mut self, name: &'static str, text: &str) -> Self {
        if self.text(name).is_none() {
            self.0.push((name, text.to_owned()));
        }
        self
    }

    /// With `text` for `name`, whatever was given; none leaves it out.
    pub(crate) fn with(mut self, name: &'static str, text: Option<&str>) -> Self {
        self.0.retain(|(own, _)| *own != name);
        self.0.extend(text.map(|text| (name, text.to_owned())));
        self
    }

    /// With another `text` for `name` behind those it has.
    pub(crate) fn and(mut self, name: &'static str, text: &str) -> Self {
        self.0.push((name, text.to_owned()));
        self
    }

    /// Without `text` for `name`.
    pub(crate) fn without_pair(mut self, name: &str, text: &str) -> Self {
        self.0.retain(|(own, own_text)| *own != name || own_text != text);
        self
    }

    /// Without `names`.
    pub(crate) fn without(mut self, names: &[&str]) -> Self {
        self.0.retain(|(name, _)| !names.contains(name));
        self
    }

    /// Whether nothing was asked.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// As a query.
    pub(crate) fn to_query(&self) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (name, text) in &self.0 {
            query.append_pair(name, text);
        }
        query.finish()
    }
}

/// Whether `name` holds the text of a file of JSON, which may stand in a body as it is.
fn is_file(name: &str) -> bool {
    matches!(name, "config" | "hf_quant_config" | "hf-quant-config")
}

fn unknown(name: &str) -> WebError {
    let shown: String = name.chars().take(40).collect();
    let error = WebError::bad("parameter", format!("nothing is called `{shown}`"));
    let near = parameter::near(name);
    if near.is_empty() {
        error.hint("/api/v1/openapi.json lists all parameters")
    } else {
        error.hint(format!("near: {}", near.join(", ")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_and_objects_say_the_same() {
        let query = "gpu=h100-sxm&tp=4&kv-dtype=fp8&price_per_gpu_hour=2.5&isl=";
        let object =
            br#"{"gpu":"h100-sxm","tp":4,"kv_dtype":"fp8","price_per_gpu_hour":2.5,"osl":null}"#;
        let of_query = Values::of_query(query, Scope::Api).unwrap();
        let of_json = Values::of_json(object).unwrap();
        for name in ["gpu", "tp", "kv_dtype", "price_per_gpu_hour", "isl", "osl"] {
            assert_eq!(of_query.text(name), of_json.text(name), "{name}");
        }
        assert_eq!((of_query.whole::<u32>("tp"), of_query.whole::<u32>("isl")), (Some(4), None));
        let again = Values::of_query(&of_query.to_query(), Scope::Api).unwrap();
        assert_eq!(again, of_query);
    }

    #[test]
    fn slips_are_refused_by_name() {
        for (query, said) in [
            ("tpp=4", "nothing is called `tpp`"),
            ("tp=0", "tp: `0` is out of range"),
            ("tp=1&tp=2", "tp is given twice"),
            ("isl=1,2", "isl: `1,2` is out of range"),
        ] {
            let error = Values::of_query(query, Scope::Api).unwrap_err();
            assert_eq!((error.code, error.message.as_str()), ("parameter", said));
            assert!(error.hint.is_some() || query.contains('&'));
        }
        assert_eq!(Values::of_query("utm=x", Scope::Page), Ok(Values::default()));
        for body in ["", "[]", "{", "{\"tp\":true}", "{\"tp\":[1]}", "{\"model\":{}}", "nul"] {
            assert!(Values::of_json(body.as_bytes()).is_err(), "{body}");
        }
    }
}
