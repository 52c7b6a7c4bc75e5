//! What a server says when it refuses: the error bodies of all engines as one type.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::excerpt::{bounded, excerpt};

/// An error body, or an error inside a stream.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct ErrorBody {
    /// The server's words, at most 500 characters. Never empty.
    pub message: String,
    /// `type`: `BadRequestError`, `invalid_request_error`, ...
    pub kind: Option<String>,
    /// `code`, which engines send as a number or as a word.
    pub code: Option<String>,
    /// Request fields the server points at: OpenAI's `param`, FastAPI's `loc`.
    pub fields: Vec<String>,
}

impl ErrorBody {
    /// Reads a body. Understands `{"error": {..}}`, `{"error": ".."}`, `{"detail": ".."}`,
    /// `{"detail": [{"loc", "msg"}]}`, `{"message": ".."}`; anything else is its own message.
    pub fn parse(body: &[u8]) -> Self {
        let read = match serde_json::from_slice(body) {
            Ok(Value::Object(object)) => Self::from_object(&object),
            _ => None,
        };
        let mut error = read.unwrap_or_default();
        if error.message.is_empty() {
            error.message = excerpt(body);
        }
        if error.message.is_empty() {
            "the server gave no reason".clone_into(&mut error.message);
        }
        error
    }

    /// Whether the server names this request field, as a whole word, in its message or beside it.
    ///
    /// `max_tokens` is named by `body.max_tokens` and by `(parameter=max_tokens, ...)`, and is not
    /// named by `max_tokens_limit`.
    pub fn names_field(&self, field: &str) -> bool {
        let mut places = std::iter::once(&self.message).chain(&self.fields);
        places.any(|place| contains_word(place, field))
    }

    fn from_object(object: &Map<String, Value>) -> Option<Self> {
        if let Some(error) = object.get("error").filter(|value| !value.is_null()) {
            return Some(Self::from_error(error, object));
        }
        match object.get("detail") {
            Some(Value::Array(items)) => Some(Self::from_details(items)),
            Some(Value::Null) | None => object.get("message").map(|_| Self::from_flat(object)),
            Some(detail) => Some(Self::from_error(detail, object)),
        }
    }

    /// The value under `error` or `detail`: an object of its own, or text with siblings.
    fn from_error(error: &Value, parent: &Map<String, Value>) -> Self {
        match error {
            Value::Object(inner) => Self::from_flat(inner),
            Value::String(message) => Self { message: bounded(message), ..Self::from_flat(parent) },
            other => Self { message: bounded(&other.to_string()), ..Self::from_flat(parent) },
        }
    }

    fn from_flat(object: &Map<String, Value>) -> Self {
        let word = |key: &str| object.get(key).and_then(plain);
        let message = word("message").or_else(|| word("msg"));
        Self {
            message: message.map(|message| bounded(&message)).unwrap_or_default(),
            kind: word("type").or_else(|| word("error_type")),
            code: word("code").or_else(|| word("http_status_code")),
            fields: word("param").into_iter().collect(),
        }
    }

    /// FastAPI's list of validation errors, one sentence each.
    fn from_details(items: &[Value]) -> Self {
        let fields: Vec<String> = items.iter().map(location).collect();
        let messages = items.iter().map(|item| item.get("msg").and_then(plain).unwrap_or_default());
        let sentences: Vec<String> = fields
            .iter()
            .zip(messages)
            .map(|(field, message)| format!("{field}: {message}"))
            .collect();
        Self { message: bounded(&sentences.join("; ")), kind: None, code: None, fields }
    }
}

/// `["body", "max_tokens"]` as `body.max_tokens`.
fn location(item: &Value) -> String {
    let steps = item.get("loc").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    steps.iter().filter_map(plain).collect::<Vec<_>>().join(".")
}

fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn contains_word(text: &str, word: &str) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    !word.is_empty()
        && text.match_indices(word).any(|(at, found)| {
            !text[..at].ends_with(is_word) && !text[at + found.len()..].starts_with(is_word)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shape_gives_its_message() {
        let cases: [(&str, &str); 9] = [
            (r#"{"error":{"message":"too long","type":"t","param":"p","code":400}}"#, "too long"),
            (r#"{"error":"overloaded","error_type":"overloaded"}"#, "overloaded"),
            (r#"{"detail":"Not Found"}"#, "Not Found"),
            (r#"{"detail":[{"loc":["body","n"],"msg":"bad"}]}"#, "body.n: bad"),
            (r#"{"object":"error","message":"flat","code":40303}"#, "flat"),
            (r#"{"error":{}}"#, r#"{"error":{}}"#),
            ("<html>Bad Gateway</html>\n", "<html>Bad Gateway</html>"),
            (r#"{"error": "broken "quotes""}"#, r#"{"error": "broken "quotes""}"#),
            ("", "the server gave no reason"),
        ];
        for (body, message) in cases {
            assert_eq!(ErrorBody::parse(body.as_bytes()).message, message, "{body}");
        }
    }

    #[test]
    fn a_message_is_bounded_in_characters() {
        let body = "\u{e9}".repeat(3000);
        assert_eq!(ErrorBody::parse(body.as_bytes()).message, "\u{e9}".repeat(500));
    }

    #[test]
    fn a_field_is_named_as_a_whole_word_only() {
        let error = ErrorBody::parse(br#"{"detail":"unexpected: {'ignore_eos', 'n'}"}"#);
        assert!(error.names_field("ignore_eos") && error.names_field("n"));
        assert!(
            !error.names_field("eos") && !error.names_field("ignore") && !error.names_field("")
        );
        let error = ErrorBody::parse(br#"{"error":{"message":"no","param":"body.max_tokens"}}"#);
        assert!(error.names_field("max_tokens"));
        let error = ErrorBody::parse("use \u{fc}max_tokens or max_tokens_limit".as_bytes());
        assert!(!error.names_field("max_tokens"));
    }
}
