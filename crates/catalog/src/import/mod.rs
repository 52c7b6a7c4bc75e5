//! Newer prices from other people's files: read, distrusted, compared.
//!
//! Text goes in, a difference comes out, and files that would bring it into force; none is written
//! here. Reading order: `book` ([`PriceBook`]), `litellm`, `genai` (with `clause`) and `table` (one
//! per format), `baseline` ([`Baseline`]), `diff` ([`compare`]), `accept` ([`accept()`]).

mod accept;
mod baseline;
mod book;
mod clause;
mod diff;
mod genai;
mod litellm;
mod table;

pub use accept::{Accepted, accept};
pub use baseline::Baseline;
pub use book::{PriceBook, PriceField};
pub use diff::{Change, ImportError, PriceDiff, compare};

use jiff::civil::Date;

/// The format of a price file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PriceFormat {
    /// LiteLLM's `model_prices_and_context_window.json`: USD per single token.
    LiteLlm,
    /// The JSON of pydantic's genai-prices: USD per million tokens.
    GenaiPrices,
    /// A CSV with `provider` and either `model` and USD per million tokens, or `instance` and USD
    /// per hour.
    Csv,
}

/// A price file that cannot be read.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ReadError {
    /// Not valid JSON.
    #[error("not valid JSON: {0}")]
    Json(String),
    /// Valid JSON of another shape.
    #[error("not a price file: expected {expected}")]
    Shape {
        /// What the top of the file should be.
        expected: &'static str,
    },
    /// A CSV that cannot be read.
    #[error("not a price table: {0}")]
    Csv(String),
    /// A CSV without a column that is needed.
    #[error("no column \"{0}\"")]
    Column(&'static str),
    /// A CSV cell that is no number.
    #[error("line {line}: {column}: \"{text}\" is not a price")]
    Number {
        /// Line in the file, the header being 1.
        line: usize,
        /// The column.
        column: String,
        /// What stands there.
        text: String,
    },
    /// A file with not a single price in it.
    #[error("holds no price")]
    Empty,
}

impl PriceFormat {
    /// The format that a text looks like: JSON objects are LiteLLM's, arrays are genai-prices'.
    pub fn guess(text: &str) -> Self {
        match text.trim_start().chars().next() {
            Some('{') => Self::LiteLlm,
            Some('[') => Self::GenaiPrices,
            _ => Self::Csv,
        }
    }

    /// Whether a text of this format is about machines by the hour rather than tokens.
    pub fn is_of_machines(self, text: &str) -> bool {
        let header = text.lines().next().unwrap_or_default();
        self == Self::Csv && header.split(',').any(|column| column.trim() == "instance")
    }

    /// What the catalogue calls this source where it cites it; a table is nobody's in particular.
    const fn source(self) -> Option<&'static str> {
        match self {
            Self::LiteLlm => Some("litellm"),
            Self::GenaiPrices => Some("genai-prices"),
            Self::Csv => None,
        }
    }
}

/// Reads the prices in `text`: `today` settles which of several dated prices is in force, and
/// `known` gives the names under which we look for them where a format lists patterns of names.
///
/// Fails if the text is not of that format or holds no price at all.
pub fn read(
    text: &str,
    format: PriceFormat,
    today: Date,
    known: &PriceBook,
) -> Result<PriceBook, ReadError> {
    let book = match format {
        PriceFormat::LiteLlm => litellm::read(text)?,
        PriceFormat::GenaiPrices => genai::read(text, today, known)?,
        PriceFormat::Csv => table::read(text)?,
    };
    if book.is_empty() { Err(ReadError::Empty) } else { Ok(book) }
}
