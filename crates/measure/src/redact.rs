//! What may be shown of a command line, an address or a request's extra fields: what looks like a
//! credential by its name is left out, however short it is.

use crate::secrets::{REDACTED, is_plain_header};
use serde_json::{Map, Value};

/// Last parts of names whose values are nobody's business.
const CREDENTIALS: [&str; 12] = [
    "apikey",
    "auth",
    "authorization",
    "bearer",
    "credential",
    "credentials",
    "key",
    "passwd",
    "password",
    "secret",
    "signature",
    "token",
];

/// Whether what is called `name` is a credential: `HF_TOKEN`, `apiKey` and `x-api-key` are,
/// `max_tokens` and `stop_token_ids` are not.
pub fn is_credential(name: &str) -> bool {
    let is_new = |before: char, c: char| before.is_ascii_lowercase() && c.is_ascii_uppercase();
    let is_seam = |c: char| !c.is_ascii_alphanumeric();
    let last = name.trim_end_matches(is_seam).rsplit(is_seam).next().unwrap_or_default();
    let chars: Vec<char> = last.chars().collect();
    let hump = chars.windows(2).rposition(|pair| is_new(pair[0], pair[1]));
    let part: String = chars[hump.map_or(0, |at| at + 1)..].iter().collect();
    let is_known = |word: &str| CREDENTIALS.contains(&word.to_ascii_lowercase().as_str());
    is_known(&part) || is_known(last)
}

/// The texts and numbers in `fields`, at any depth, whose names are those of credentials.
pub fn credentials_in(fields: &Map<String, Value>) -> Vec<String> {
    let mut found = Vec::new();
    for (name, value) in fields {
        match value {
            Value::Object(inner) => found.extend(credentials_in(inner)),
            Value::Array(items) => {
                let inner = items.iter().filter_map(Value::as_object);
                found.extend(inner.flat_map(credentials_in));
            }
            Value::String(text) if is_credential(name) => found.push(text.clone()),
            _ => {}
        }
    }
    found
}

/// `fields` without their credentials.
pub fn fields(fields: &Map<String, Value>) -> Map<String, Value> {
    fields.iter().map(|(name, value)| (name.clone(), field(name, value))).collect()
}

fn field(name: &str, value: &Value) -> Value {
    match value {
        _ if is_credential(name) => REDACTED.into(),
        Value::Object(inner) => fields(inner).into(),
        Value::Array(items) => items.iter().map(|item| field("", item)).collect(),
        other => other.clone(),
    }
}

/// `text` without what stands before the `@` of an address in it, and without the values of its
/// query that are named like credentials.
pub fn address(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else { return text.to_owned() };
    let host_end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, tail) = rest.split_at(host_end);
    let authority = match authority.rsplit_once('@') {
        Some((_, host)) => format!("{REDACTED}@{host}"),
        None => authority.to_owned(),
    };
    format!("{scheme}://{authority}{}", query(tail))
}

/// `text` without the credentials in the query that follows its `?`.
pub fn query(text: &str) -> String {
    let Some((path, query)) = text.split_once('?') else { return text.to_owned() };
    let shown = query.split('&').map(|pair| match pair.split_once('=') {
        Some((name, _)) if is_credential(name) => format!("{name}={REDACTED}"),
        _ => pair.to_owned(),
    });
    format!("{path}?{}", shown.collect::<Vec<_>>().join("&"))
}

/// The words of a command line as they may be shown.
pub fn words(words: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut flag = None;
    let shown = words.into_iter().map(|word| {
        let value_of = flag.take();
        if let Some(name) = value_of {
            return value(name, &word);
        }
        match word.split_once('=') {
            Some((name, text)) if name.starts_with("--") => {
                format!("{name}={}", value(Flag::of(name), text))
            }
            None if word.starts_with("--") => {
                flag = Some(Flag::of(&word)).filter(|flag| *flag != Flag::Other);
                word
            }
            _ => value(Flag::Other, &word),
        }
    });
    shown.collect()
}

/// What the value of a flag may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flag {
    Header,
    Fields,
    Credential,
    Other,
}

impl Flag {
    fn of(name: &str) -> Self {
        match name {
            "--header" => Self::Header,
            "--extra-body" | "--extra-request-body" => Self::Fields,
            name if is_credential(name) => Self::Credential,
            _ => Self::Other,
        }
    }
}

fn value(flag: Flag, text: &str) -> String {
    match (flag, text.split_once('=')) {
        (Flag::Credential, _) => REDACTED.to_owned(),
        (Flag::Header, _) => header(text),
        (Flag::Fields, _) => match serde_json::from_str::<Map<String, Value>>(text) {
            Ok(all) if credentials_in(&all).is_empty() && fields(&all) == all => text.to_owned(),
            Ok(all) => Value::from(fields(&all)).to_string(),
            // Not what it should be: nobody knows what is in it.
            Err(_) => REDACTED.to_owned(),
        },
        (Flag::Other, Some((name, _))) if is_variable(name) && is_credential(name) => {
            format!("{name}={REDACTED}")
        }
        (Flag::Other, _) => address(text),
    }
}

/// A header as it may be shown: its name, and its value where that is no secret.
pub fn header(text: &str) -> String {
    match text.split_once(':') {
        Some((name, _)) if is_plain_header(name.trim()) => text.to_owned(),
        Some((name, _)) => format!("{name}: {REDACTED}"),
        None => text.to_owned(),
    }
}

fn is_variable(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_credentials_are_known() {
        for name in [
            "HF_TOKEN",
            "api_key",
            "apiKey",
            "APIKEY",
            "x-api-key",
            "accessToken",
            "password",
            "--api-key",
        ] {
            assert!(is_credential(name), "{name}");
        }
        for name in
            ["max_tokens", "stop_token_ids", "keyword", "monkey", "tokenizer", "top_k", "seed", ""]
        {
            assert!(!is_credential(name), "{name}");
        }
    }

    #[test]
    fn a_command_line_is_shown_without_what_is_secret_in_it() {
        let shown = |line: &[&str]| words(line.iter().map(|word| (*word).to_owned())).join(" ");
        for (line, expected) in [
            (
                &["bench", "--extra-body", r#"{"api_key":"zzz","top_k":5,"a":[{"token":"t"}]}"#][..],
                r#"bench --extra-body {"a":[{"token":"[redacted]"}],"api_key":"[redacted]","top_k":5}"#,
            ),
            (&[r#"--extra-body={"top_k": 5}"#], r#"--extra-body={"top_k": 5}"#),
            (&["--extra-body", "api_key=zzz"], "--extra-body [redacted]"),
            (
                &["--header", "X-K: abc", "--header=Y:z"],
                "--header X-K: [redacted] --header=Y: [redacted]",
            ),
            (&["--header", "Accept: text/plain"], "--header Accept: text/plain"),
            (&["--api-key", "k", "--osl", "8"], "--api-key [redacted] --osl 8"),
            (&["--base-url", "http://me:pw@h:1/x"], "--base-url http://[redacted]@h:1/x"),
            (
                &["--telemetry=https://h/m?a=1&access_token=s#x"],
                "--telemetry=https://h/m?a=1&access_token=[redacted]",
            ),
            (
                &["-e", "HF_TOKEN=s", "--slo", "a:ttft.p90=1s"],
                "-e HF_TOKEN=[redacted] --slo a:ttft.p90=1s",
            ),
            (&["--set", "gpu=l4"], "--set gpu=l4"),
        ] {
            assert_eq!(shown(line), expected);
        }
    }
}
