//! Why a row has no estimate, or is not judged.

use crate::error::EstimateError;

/// A closed list; [`Reason::code`] is what tables print.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Reason {
    /// A column that is needed is empty.
    #[error("{0} is empty")]
    Empty(&'static str),
    /// A column holds no such number.
    #[error("{column} is no number: {value}")]
    NotANumber {
        /// The column.
        column: &'static str,
        /// What it holds.
        value: String,
    },
    /// The catalogue does not know the model.
    #[error("unknown model {0}")]
    UnknownModel(String),
    /// The catalogue does not know the accelerator.
    #[error("unknown gpu {0}")]
    UnknownGpu(String),
    /// No such precision.
    #[error("unknown precision {0}")]
    UnknownPrecision(String),
    /// Separate machines for prefill and decode.
    #[error("disaggregated")]
    Disaggregated,
    /// A competition that does not state its parallelism.
    #[error("mlperf")]
    Mlperf,
    /// The source contradicts itself.
    #[error("quality is {0}")]
    Quality(String),
    /// The estimator refuses.
    #[error(transparent)]
    Refused(#[from] EstimateError),
}

impl Reason {
    /// A short stable word.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Empty(_) => "missing_column",
            Self::NotANumber { .. } => "bad_number",
            Self::UnknownModel(_) => "unknown_model",
            Self::UnknownGpu(_) => "unknown_gpu",
            Self::UnknownPrecision(_) => "unknown_precision",
            Self::Disaggregated => "disaggregated",
            Self::Mlperf => "mlperf",
            Self::Quality(_) => "quality",
            Self::Refused(_) => "refused",
        }
    }
}
