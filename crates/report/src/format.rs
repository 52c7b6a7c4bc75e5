//! The forms in which a document is handed out.

use std::fmt;
use std::str::FromStr;

/// What `--format` chooses.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Format {
    /// A table for a terminal, with footnotes.
    #[default]
    Human,
    /// The document itself.
    Json,
    /// Every figure in full, one row per load point or tier, no footnotes.
    Csv,
    /// The table for people, in Markdown.
    Markdown,
}

/// A text that names no format.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown format `{0}`: use human, json, csv or markdown")]
pub struct FormatError(pub String);

impl Format {
    /// Every format, in the order help lists them.
    pub const ALL: [Self; 4] = [Self::Human, Self::Json, Self::Csv, Self::Markdown];

    /// The word used in flags.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Human => "human",
            Self::Json => "json",
            Self::Csv => "csv",
            Self::Markdown => "markdown",
        }
    }
}

impl FromStr for Format {
    type Err = FormatError;

    fn from_str(text: &str) -> Result<Self, FormatError> {
        let named = Self::ALL.into_iter().find(|format| format.name() == text);
        named.ok_or_else(|| FormatError(text.to_owned()))
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
