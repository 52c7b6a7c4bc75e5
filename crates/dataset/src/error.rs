//! Why a dataset cannot be read at all. What only spoils a row is a [`Skip`](crate::Skip).

use std::io;

/// Why reading stopped, with the input's name and where in it.
#[derive(Debug, thiserror::Error)]
pub enum DatasetError {
    /// It cannot be opened or read.
    #[error("{input}: {source}")]
    Open {
        /// The input.
        input: String,
        /// Why.
        source: io::Error,
    },
    /// Reading broke off: a truncated archive, a failing disk.
    #[error("{input}: broken after row {row}: {reason}")]
    Broken {
        /// The input.
        input: String,
        /// The last row that was whole, 0 for none.
        row: u64,
        /// What the format's reader says.
        reason: String,
    },
    /// Nothing is in it.
    #[error("{input}: is empty")]
    Empty {
        /// The input.
        input: String,
    },
    /// Its rows have no shape that we know.
    #[error("{input}: no known shape has the fields {}", list(found))]
    UnknownShape {
        /// The input.
        input: String,
        /// The fields of its rows.
        found: Vec<String>,
    },
    /// A field that was asked for is not there.
    #[error("{input}: has no field `{field}`; its fields are {}", list(found))]
    NoField {
        /// The input.
        input: String,
        /// What was asked for.
        field: String,
        /// What is there.
        found: Vec<String>,
    },
    /// Rows were read and none gave a request.
    #[error("{input}: none of its {rows} rows gives a request: {reasons}")]
    NoRequests {
        /// The input.
        input: String,
        /// Rows read.
        rows: u64,
        /// Why they were skipped, by count.
        reasons: String,
    },
    /// The text of `--window` says nothing.
    #[error("`{0}` is no window: write it like 2024-03-17..2024-03-23, or 0..3600 for seconds")]
    Window(String),
    /// The text of `--field-map` says nothing.
    #[error("`{0}` maps no fields: write it like question,response or in,out,time")]
    FieldMap(String),
    /// A tokenizer cannot be used.
    #[error("{from}: {reason}")]
    Tokenizer {
        /// Where it came from.
        from: String,
        /// Why.
        reason: String,
    },
    /// A prompt cannot be written as asked.
    #[error("no prompt of {tokens} tokens: {reason}")]
    Prompt {
        /// What was asked for.
        tokens: u32,
        /// Why not.
        reason: String,
    },
}

impl DatasetError {
    /// The one thing to try, where there is one.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::UnknownShape { .. } => {
                Some("name the fields of prompt and answer: --field-map question,response")
            }
            Self::NoField { .. } => {
                Some("dotted paths reach into objects: --field-map request.text,answer")
            }
            _ => None,
        }
    }
}

fn list(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
