//! Values that must never reach a log, a file or an error.

use crate::redact;
use serde_json::{Map, Value};
use std::fmt;

/// The secrets of this run, and how to keep them out of texts.
#[derive(Clone, Default)]
pub struct Secrets {
    values: Vec<String>,
}

/// What stands in the place of a secret.
pub const REDACTED: &str = "[redacted]";

/// Headers whose values are no secrets. Any other may carry a credential: gateways have names of
/// their own for them.
const PLAIN_HEADERS: [&str; 6] =
    ["accept", "accept-language", "cache-control", "content-type", "host", "user-agent"];

impl Secrets {
    /// Remembers `value`; short ones would redact innocent text and are left out.
    pub fn add(&mut self, value: impl Into<String>) {
        let value = value.into();
        if value.len() >= 4 {
            self.values.push(value);
        }
    }

    /// Remembers the values of a request's extra fields that are named like credentials.
    pub fn add_fields(&mut self, fields: &Map<String, Value>) {
        for value in redact::credentials_in(fields) {
            self.add(value);
        }
    }

    /// Remembers the value of a header unless its name says that it is none. Of `Bearer x`, `x`
    /// is remembered too.
    pub fn add_header(&mut self, name: &str, value: &str) {
        if !is_plain_header(name) {
            self.add(value);
            if let Some((_, credential)) = value.split_once(' ') {
                self.add(credential.trim());
            }
        }
    }

    /// `text` without any of the secrets.
    pub fn scrub(&self, text: &str) -> String {
        let mut clean = text.to_owned();
        for value in &self.values {
            clean = clean.replace(value.as_str(), REDACTED);
        }
        clean
    }
}

/// Whether the values of headers of this name are no secrets.
pub(crate) fn is_plain_header(name: &str) -> bool {
    PLAIN_HEADERS.contains(&name.to_ascii_lowercase().as_str())
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secrets({})", self.values.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_scrubbed_whole_and_by_credential() {
        let mut secrets = Secrets::default();
        secrets.add_header("Authorization", "Bearer sk-12345");
        secrets.add_header("User-Agent", "not-secret");
        assert_eq!(
            secrets.scrub("bad key sk-12345 (Bearer sk-12345), trace not-secret"),
            "bad key [redacted] ([redacted]), trace not-secret"
        );
        assert_eq!(format!("{secrets:?}"), "Secrets(2)");
    }
}
