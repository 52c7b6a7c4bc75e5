//! What is wrong with a matrix file, and where.

use std::ops::Range;

/// One thing that is wrong, at a line of the file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {message}")]
pub struct SpecError {
    /// The file as it was named.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The key, and what is wrong with it.
    pub message: String,
}

/// A file's name and text, which errors point into.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) file: &'a str,
    pub(super) text: &'a str,
}

impl Place<'_> {
    /// Says what is wrong with what stands at `span`.
    pub(super) fn wrong(self, span: &Range<usize>, message: impl Into<String>) -> SpecError {
        SpecError { file: self.file.to_owned(), line: self.line(span), message: message.into() }
    }

    /// The line that `span` begins in.
    pub(super) fn line(self, span: &Range<usize>) -> usize {
        let before = self.text.get(..span.start).unwrap_or(self.text);
        before.bytes().filter(|byte| *byte == b'\n').count() + 1
    }

    /// What the reader of TOML has to say.
    pub(super) fn toml(self, error: &toml::de::Error) -> SpecError {
        let message = error.message().lines().collect::<Vec<_>>().join(" ");
        self.wrong(&error.span().unwrap_or(0..0), message)
    }
}
