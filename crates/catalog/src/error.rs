//! What can be wrong with a file of facts: always the file, and the line or field.

use crate::as_of::AsOfError;

/// A catalogue file that cannot be believed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum CatalogueError {
    /// A file or folder could not be read.
    #[error("{path}: cannot be read: {reason}")]
    Unreadable {
        /// What was asked for.
        path: String,
        /// The operating system's words.
        reason: String,
    },
    /// The text is not the TOML, CSV or JSON this kind of file must be.
    #[error("{file}: {reason}")]
    Malformed {
        /// The file in the layout of `catalog/`.
        file: String,
        /// The parser's words, with the line.
        reason: String,
    },
    /// The file lies where its kind and id cannot be told from its path.
    #[error("{file}: expected a path such as {expected}")]
    Misplaced {
        /// The file in the layout of `catalog/`.
        file: String,
        /// An example of a path that works.
        expected: &'static str,
    },
    /// A value breaks a rule of the catalogue.
    #[error("{file}: {field}: {problem}")]
    Field {
        /// The file, with the line where it has many entries.
        file: String,
        /// The field, dotted as in the file.
        field: String,
        /// The rule it breaks.
        problem: Problem,
    },
    /// Two entries answer to the same name.
    #[error("{file}: the name \"{name}\" already belongs to {owner}")]
    NameTaken {
        /// The file that takes it a second time.
        file: String,
        /// The name or alias.
        name: String,
        /// The id that has it.
        owner: String,
    },
}

/// A rule that a value breaks.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Problem {
    /// A number lies outside what is physically or commercially plausible.
    #[error("{value} is outside {low} to {high}")]
    OutOfRange {
        /// The number found.
        value: f64,
        /// Lowest that is believed.
        low: f64,
        /// Highest that is believed.
        high: f64,
    },
    /// Two values of one entry do not stand in a ratio that hardware has.
    #[error(
        "the ratio is {ratio:.3}, expected {expected}; a dense figure mixed with a sparse one? state the reason under [exception] if it is right"
    )]
    Ratio {
        /// The ratio found.
        ratio: f64,
        /// The ratios that are allowed, in words.
        expected: &'static str,
    },
    /// An exception is stated for a rule that holds, so that it would hide a later mistake.
    #[error("the rule holds, remove the exception")]
    NeedlessException,
    /// An exception is stated for a rule that does not exist.
    #[error("no such rule; known are {known}")]
    UnknownRule {
        /// The rules there are.
        known: &'static str,
    },
    /// A required value is absent.
    #[error("is missing")]
    Missing,
    /// A text names something the catalogue does not have.
    #[error("\"{name}\" is not in the catalogue")]
    Dangling {
        /// The name as written.
        name: String,
    },
    /// A price of 0 on an entry that is not marked free.
    #[error("0 is not a price; leave it out if it is unknown, or say free = true")]
    ZeroPrice,
    /// A date in no known form.
    #[error(transparent)]
    Date(#[from] AsOfError),
}

impl CatalogueError {
    /// A rule broken by one field of a file.
    pub(crate) fn field(file: &str, field: impl Into<String>, problem: Problem) -> Self {
        Self::Field { file: file.to_owned(), field: field.into(), problem }
    }

    /// A text its parser refuses.
    pub(crate) fn malformed(file: &str, reason: &impl ToString) -> Self {
        Self::Malformed { file: file.to_owned(), reason: reason.to_string().trim().to_owned() }
    }
}
