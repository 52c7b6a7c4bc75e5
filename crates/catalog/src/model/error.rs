//! Why a `config.json` was refused; every case names the field at fault.

/// A configuration that could not be read as a model.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// The text is not JSON, is truncated, or nests too deeply.
    #[error("not a readable config.json: {message} (line {line}, column {column})")]
    Json {
        /// What the JSON reader said.
        message: String,
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
    },
    /// The text is longer than any configuration.
    #[error("config.json has {bytes} bytes; at most {limit} are read")]
    TooLong {
        /// Length of the text.
        bytes: usize,
        /// Longest text read.
        limit: usize,
    },
    /// A field that the family needs and has no default for.
    #[error("config.json lacks `{field}`")]
    Missing {
        /// Name of the field, or the names it may have.
        field: String,
    },
    /// A field of another type than it must have.
    #[error("`{field}` must be {expected}, found {found}")]
    WrongType {
        /// Name of the field.
        field: String,
        /// What it must be.
        expected: &'static str,
        /// What was found, shortened.
        found: String,
    },
    /// A number outside what any model could have.
    #[error("`{field}` is {value}; must be {min} to {max}")]
    OutOfRange {
        /// Name of the field.
        field: String,
        /// The value as written.
        value: String,
        /// Smallest value accepted.
        min: u64,
        /// Largest value accepted.
        max: u64,
    },
    /// Fields that contradict each other.
    #[error("`{field}` {problem}")]
    Inconsistent {
        /// Name of the field.
        field: String,
        /// What is wrong with it.
        problem: String,
    },
    /// A family whose architecture is not known.
    #[error("unknown model family: `{field}` is `{value}` (assume a dense decoder to go on)")]
    UnknownFamily {
        /// `model_type` or `architectures`.
        field: &'static str,
        /// What the field says.
        value: String,
    },
    /// A quantisation scheme whose bytes are not known.
    #[error("unknown quantisation: `{field}` is `{value}`")]
    UnknownQuantisation {
        /// Name of the field.
        field: String,
        /// What the field says.
        value: String,
    },
    /// What is wrong is in the file beside.
    #[error("hf_quant_config.json: {0}")]
    Beside(Box<ConfigError>),
}
