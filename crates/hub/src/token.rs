//! The user's access token, which is sent to the Hub and shown to nobody.

use hyper::header::HeaderValue;
use std::fmt;

/// An access token. It has no `Display`, and its `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(HeaderValue);

/// A text that cannot be sent as a token; the text itself is not repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("HF_TOKEN holds characters that no token has: copy it again from the Hub's settings page")]
pub struct TokenError;

impl Token {
    /// Reads a token; blanks around it are dropped.
    pub fn parse(text: &str) -> Result<Self, TokenError> {
        let text = text.trim();
        if text.is_empty() || !text.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(TokenError);
        }
        let mut value = HeaderValue::from_str(&format!("Bearer {text}")).map_err(|_| TokenError)?;
        value.set_sensitive(true);
        Ok(Self(value))
    }

    /// What belongs into the `Authorization` header.
    pub(crate) fn header(&self) -> HeaderValue {
        self.0.clone()
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token([redacted])")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_never_shown() {
        let token = Token::parse(" hf_secret\n").unwrap();
        assert_eq!(format!("{token:?} {:?}", token.header()), "Token([redacted]) Sensitive");
        for bad in ["", "hf_a\nX-Evil: 1", "hf ä"] {
            let error = Token::parse(bad).unwrap_err();
            assert!(!error.to_string().contains("hf_a"));
        }
    }
}
