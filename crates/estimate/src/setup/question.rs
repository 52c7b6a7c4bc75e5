//! Everything about a deployment that the load does not change.

use super::{Engine, Era, Parallelism};
use crate::error::EstimateError;
use farebox_catalog::model::{KvFormat, ModelSpec, Precision, TensorClass, WeightFormat};
use farebox_catalog::{Accelerator, NumberFormat};

/// A model on a machine.
#[derive(Debug, Clone)]
pub struct Setup<'a> {
    /// What is served.
    pub model: &'a ModelSpec,
    /// What it is served on.
    pub gpu: &'a Accelerator,
    /// The serving engine.
    pub engine: Engine,
    /// Its version as its makers write it; none where nobody says.
    pub version: Option<&'a str>,
    /// Its generation.
    pub era: Era,
    /// How the model is spread.
    pub parallel: Parallelism,
    /// Precision of weights and products; none for what the checkpoint says.
    pub precision: Option<Precision>,
    /// Precision of the key-value cache.
    pub kv: KvFormat,
    /// Bytes of stored linear weights relative to `precision`, for formats between its steps.
    pub weight_scale: f64,
}

impl<'a> Setup<'a> {
    /// vLLM of today on one accelerator, weights as the checkpoint has them, 16-bit cache.
    pub const fn new(model: &'a ModelSpec, gpu: &'a Accelerator) -> Self {
        Self {
            model,
            gpu,
            engine: Engine::Vllm,
            version: None,
            era: Era::Current,
            parallel: Parallelism::SINGLE,
            precision: None,
            kv: KvFormat::Bf16,
            weight_scale: 1.0,
        }
    }

    /// The same on `tp` accelerators, tensor-parallel.
    #[must_use]
    pub const fn tensor(mut self, tp: u32) -> Self {
        self.parallel = Parallelism::tensor(tp);
        self
    }
    /// The narrow format of some matrices for which the chip has no units, so that they are
    /// widened first.
    pub fn widened(&self) -> Option<NumberFormat> {
        self.narrow_formats(self.precision).find(|format| self.gpu.peak(*format).is_none())
    }

    /// Refuses a precision with narrow products that the chip has no units for, unless the
    /// checkpoint itself is stored so and has no other way to be run.
    pub fn check_units(&self) -> Result<(), EstimateError> {
        let Some(format) = self.precision.and_then(products) else { return Ok(()) };
        let stored = self.narrow_formats(None).any(|own| own == format);
        if self.gpu.peak(format).is_some() || stored {
            return Ok(());
        }
        Err(EstimateError::NoUnits { gpu: self.gpu.id.clone(), format: format.name() })
    }

    fn narrow_formats(&self, precision: Option<Precision>) -> impl Iterator<Item = NumberFormat> {
        let classes = [TensorClass::Experts, TensorClass::Mlp, TensorClass::Attention];
        self.model.layers.iter().flat_map(move |layer| {
            let formats = self.model.formats(layer, precision);
            let present = classes.into_iter().filter(|class| layer.params[*class] > 0);
            present.filter_map(move |class| units(formats[class]))
        })
    }
}

/// What a precision multiplies in, where that is narrower than 16 bits.
const fn products(precision: Precision) -> Option<NumberFormat> {
    match precision {
        Precision::Fp8 => Some(NumberFormat::Fp8),
        Precision::Int8 | Precision::W8a8 => Some(NumberFormat::Int8),
        Precision::Fp4 | Precision::Nvfp4 | Precision::Mxfp4 => Some(NumberFormat::Fp4),
        Precision::Bf16
        | Precision::Fp16
        | Precision::W8a16
        | Precision::W4a16
        | Precision::Gguf(_) => None,
    }
}

/// What a stored format is multiplied in where the chip can; none for those always widened.
const fn units(format: WeightFormat) -> Option<NumberFormat> {
    match format {
        WeightFormat::Fp8 | WeightFormat::Fp8Block => Some(NumberFormat::Fp8),
        WeightFormat::Mxfp4 | WeightFormat::Nvfp4 => Some(NumberFormat::Fp4),
        _ => None,
    }
}
