//! The word that lets visitors from other machines in.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};

/// A secret of 128 random bits.
#[derive(Clone, PartialEq, Eq)]
pub struct AccessToken(String);

impl AccessToken {
    /// A new one, from the operating system's generator.
    pub fn random() -> io::Result<Self> {
        let mut bytes = [0; 16];
        File::open("/dev/urandom")?.read_exact(&mut bytes)?;
        Ok(Self(bytes.iter().map(|byte| format!("{byte:02x}")).collect()))
    }

    /// Whether `word` is it; how long that takes does not depend on where they differ.
    pub(crate) fn is(&self, word: &str) -> bool {
        let (own, other) = (self.0.as_bytes(), word.as_bytes());
        let differing = own.iter().zip(other).fold(0, |seen, (a, b)| seen | (a ^ b));
        own.len() == other.len() && differing == 0
    }
}

/// Logs and panics do not tell it.
impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessToken")
    }
}

/// The word itself, for the one line that whoever started the server reads.
impl fmt::Display for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_word_itself_is_it() {
        let (one, other) = (AccessToken::random().unwrap(), AccessToken::random().unwrap());
        assert!(one.is(&one.to_string()) && one.to_string().len() == 32);
        assert!(!one.is(&other.to_string()) && !one.is("") && !one.is(&format!("{one}0")));
        assert!(!format!("{one:?}").contains(&one.to_string()));
    }
}
