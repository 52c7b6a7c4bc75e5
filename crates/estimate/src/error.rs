//! Why there is no estimate: each reason a variant, with what was found.

/// A question that has no answer.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum EstimateError {
    /// A number that cannot be one of its kind.
    #[error("{field} must be a positive number up to {high}, not {value}")]
    OutOfRange {
        /// The field, with its unit.
        field: &'static str,
        /// What was given.
        value: f64,
        /// The most that is believed.
        high: f64,
    },
    /// Heads cannot be spread evenly.
    #[error("tp {tp} does not divide {heads} attention heads")]
    UnevenHeads {
        /// Tensor parallelism asked for.
        tp: u32,
        /// Query heads of the model.
        heads: u64,
    },
    /// Pipeline stages without a layer.
    #[error("pp {pp} exceeds {layers} layers")]
    EmptyStages {
        /// Pipeline parallelism asked for.
        pp: u32,
        /// Layers of the model.
        layers: u64,
    },
    /// The chip states no peak at 16 bits, which every product falls back to.
    #[error("{gpu} states no 16-bit peak")]
    NoPeak {
        /// Id of the accelerator.
        gpu: String,
    },
    /// The chip has no units for the format asked for.
    #[error("{gpu} has no {format} units")]
    NoUnits {
        /// Id of the accelerator.
        gpu: String,
        /// The format of the products.
        format: &'static str,
    },
    /// The model has no layers to run.
    #[error("{model} has no layers")]
    NoLayers {
        /// Id of the model.
        model: String,
    },
}

/// Checks that `value` is positive, finite and believable.
pub(crate) fn positive(field: &'static str, value: f64, high: f64) -> Result<f64, EstimateError> {
    if value.is_finite() && value > 0.0 && value <= high {
        Ok(value)
    } else {
        Err(EstimateError::OutOfRange { field, value, high })
    }
}
