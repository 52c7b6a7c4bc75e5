//! The roofline of one accelerator, with prefill and decode on it.

use super::worked::Worked;
use farebox_catalog::model::{Precision, TensorClass};
use farebox_catalog::{FlopsPerSecond, NumberFormat};
use farebox_estimate::Estimate;
use farebox_estimate::operator::Machine as Peaks;
use farebox_report::plots::{Operating, Roofline};

/// The roofline of `worked`; none where the chip states no peak.
pub(super) fn roofline(worked: &Worked, estimate: &Estimate) -> Option<Roofline> {
    let gpu = &worked.machine.gpu;
    let figures = Peaks::of(gpu).ok()?;
    let used = peak(worked, &figures)?;
    let mut peaks = vec![(name(worked, used), used)];
    if used > figures.half {
        peaks.push((WIDE.to_owned(), figures.half));
    }
    let points = vec![decode(worked, estimate), prefill(worked, estimate)];
    Some(Roofline { bandwidth: figures.bandwidth, peaks, points })
}

/// What products are called that no narrow unit multiplies.
const WIDE: &str = "16 bit";

/// The format whose peak this is.
fn name(worked: &Worked, used: f64) -> String {
    let narrow = [NumberFormat::Fp8, NumberFormat::Int8, NumberFormat::Fp4];
    let half = worked.machine.gpu.half_peak().map(FlopsPerSecond::get);
    let is = |format: &NumberFormat| {
        worked.machine.gpu.peak(*format).is_some_and(|peak| peak.get().to_bits() == used.to_bits())
            && half.is_some_and(|half| half < used)
    };
    narrow.into_iter().find(is).map_or(WIDE.to_owned(), |format| format.name().to_owned())
}

/// The peak at which most of the weights are multiplied, FLOP/s.
fn peak(worked: &Worked, figures: &Peaks) -> Option<f64> {
    let precision = worked.machine.precision;
    let layer = worked.model.layers.last()?;
    let formats = worked.model.formats(layer, precision);
    let classes = [TensorClass::Experts, TensorClass::Mlp, TensorClass::Attention];
    let largest = classes.into_iter().max_by_key(|class| layer.params[*class])?;
    let weight_only =
        matches!(precision, Some(Precision::W8a16 | Precision::W4a16 | Precision::Gguf(_)));
    Some(figures.peak(&worked.machine.gpu, formats[largest], weight_only))
}

/// One step: two FLOP per active parameter and request; it reads the weights that some request
/// meets, and the cache.
fn decode(worked: &Worked, estimate: &Estimate) -> Operating {
    let memory = &worked.document.memory;
    let gpus = worked.machine.parallel.gpus_per_replica() as f64;
    let flop = 2.0 * worked.model.params.active as f64 * estimate.batch / gpus;
    // A whole prompt meets nearly every expert, a step only some.
    let met = (estimate.decode.reading / estimate.prefill.reading.max(f64::MIN_POSITIVE)).min(1.0);
    let bytes = memory.weights_bytes_per_gpu as f64 * met + memory.kv_bytes_total as f64 / gpus;
    Operating {
        name: "decode".to_owned(),
        intensity: flop / bytes,
        flop_per_s: flop / estimate.decode.seconds(),
    }
}

/// One prompt: two FLOP per active parameter and token; it reads the weights once.
fn prefill(worked: &Worked, estimate: &Estimate) -> Operating {
    let gpus = worked.machine.parallel.gpus_per_replica() as f64;
    let isl = f64::from(worked.question.lengths.isl);
    let flop = 2.0 * worked.model.params.active as f64 * isl / gpus;
    let bytes = worked.document.memory.weights_bytes_per_gpu as f64;
    Operating {
        name: "prefill".to_owned(),
        intensity: flop / bytes,
        flop_per_s: flop / estimate.prefill.seconds(),
    }
}
