//! What is believed before any measurement: base values, how far they may move, and how much
//! each trait may change each of them. Widths were chosen by errors out of fold: what shapes the first
//! token differs more between engines and networks than what shapes a decode step.

use crate::calibration::Coefficient as C;
use crate::calibration::Trait;

/// How much each quantity counts: first token, between tokens, throughput.
pub(super) const EMPHASIS: [f64; 3] = [0.365, 0.609, 0.609];

/// Base value, standard deviation of its log, and widths of its effects relative to the trait.
#[rustfmt::skip] // One line per coefficient reads as the table it is.
static COEFFICIENTS: [(C, f64, f64, f64); C::ALL.len()] = [
    (C::WeightBandwidth, 0.8, 0.07, 0.8),
    (C::PrefillFlops, 0.55, 0.3, 2.3),
    (C::CacheBandwidth, 0.65, 0.2, 0.8),
    (C::AttentionFlops, 0.35, 0.3, 2.3),
    (C::LayerSeconds, 2.5e-05, 0.6, 0.8),
    (C::StepSeconds, 0.001, 0.6, 2.19),
    (C::SequenceSeconds, 1e-05, 0.6, 1.02),
    (C::CollectiveSeconds, 8e-06, 0.4, 0.8),
    (C::LinkRate, 0.5, 0.4, 1.0),
    (C::ExpertBandwidth, 0.9, 0.0551, 0.8),
    (C::ExpertFlops, 0.5, 0.348, 0.8),
    (C::FirstTokenSeconds, 0.02, 0.8, 2.3),
    (C::QueueShare, 0.06, 0.8, 1.58),
    (C::Interference, 1.1, 0.108, 1.0),
    (C::BatchSeconds, 0.02, 0.875, 2.41),
    (C::DecodeFlops, 0.6, 0.2, 0.79),
    (C::PrefillSeconds, 0.005, 0.6, 2.3),
    (C::Saturation, 0.9, 0.344, 1.0),
    (C::BatchLimit, 256.0, 0.5, 1.0),
    (C::TokenTime, 1.0, 0.02, 0.8),
    (C::StepsWaited, 1.0, 0.5, 0.95),
    (C::PrefillLayerSeconds, 0.0003, 0.7, 2.3),
    (C::FirstTokenFactor, 1.0, 0.0155, 2.21),
    (C::ThroughputFactor, 1.0, 0.02, 1.0),
    (C::QueueMix, 0.5, 0.679, 2.3),
];

/// Standard deviation of an effect of a trait, and the coefficients that it may change.
static TRAITS: [(Trait, f64, &[C]); Trait::ALL.len()] = [
    (
        Trait::Gpu,
        0.212,
        &[
            C::WeightBandwidth,
            C::PrefillFlops,
            C::CacheBandwidth,
            C::LayerSeconds,
            C::TokenTime,
            C::ThroughputFactor,
        ],
    ),
    (
        Trait::Architecture,
        0.12,
        &[
            C::WeightBandwidth,
            C::PrefillFlops,
            C::CacheBandwidth,
            C::AttentionFlops,
            C::LayerSeconds,
            C::StepSeconds,
            C::CollectiveSeconds,
            C::LinkRate,
        ],
    ),
    (
        Trait::Engine,
        0.543,
        &[
            C::WeightBandwidth,
            C::PrefillFlops,
            C::CacheBandwidth,
            C::AttentionFlops,
            C::LayerSeconds,
            C::StepSeconds,
            C::SequenceSeconds,
            C::CollectiveSeconds,
            C::ExpertBandwidth,
            C::ExpertFlops,
            C::FirstTokenSeconds,
            C::QueueShare,
            C::BatchSeconds,
            C::Saturation,
            C::PrefillLayerSeconds,
        ],
    ),
    (
        Trait::Era,
        0.25,
        &[
            C::WeightBandwidth,
            C::PrefillFlops,
            C::CacheBandwidth,
            C::AttentionFlops,
            C::LayerSeconds,
            C::StepSeconds,
            C::SequenceSeconds,
            C::CollectiveSeconds,
            C::ExpertBandwidth,
            C::ExpertFlops,
            C::FirstTokenSeconds,
            C::QueueShare,
            C::BatchSeconds,
            C::Saturation,
            C::PrefillLayerSeconds,
        ],
    ),
    (
        Trait::Kind,
        0.5,
        &[
            C::PrefillFlops,
            C::CacheBandwidth,
            C::AttentionFlops,
            C::LayerSeconds,
            C::SequenceSeconds,
            C::CollectiveSeconds,
            C::ExpertBandwidth,
            C::ExpertFlops,
            C::FirstTokenSeconds,
            C::DecodeFlops,
            C::PrefillSeconds,
            C::Saturation,
            C::TokenTime,
            C::PrefillLayerSeconds,
            C::ThroughputFactor,
        ],
    ),
    (
        Trait::Network,
        0.0416,
        &[C::WeightBandwidth, C::PrefillFlops, C::LayerSeconds, C::TokenTime, C::ThroughputFactor],
    ),
    (
        Trait::Format,
        0.2,
        &[C::WeightBandwidth, C::PrefillFlops, C::LayerSeconds, C::ExpertBandwidth, C::ExpertFlops],
    ),
    (
        Trait::Regime,
        0.25,
        &[
            C::PrefillFlops,
            C::CacheBandwidth,
            C::LayerSeconds,
            C::StepSeconds,
            C::SequenceSeconds,
            C::CollectiveSeconds,
            C::LinkRate,
        ],
    ),
    (
        Trait::GpuEra,
        0.3,
        &[
            C::WeightBandwidth,
            C::PrefillFlops,
            C::CacheBandwidth,
            C::AttentionFlops,
            C::LayerSeconds,
            C::StepSeconds,
            C::SequenceSeconds,
            C::CollectiveSeconds,
            C::LinkRate,
            C::FirstTokenSeconds,
            C::QueueShare,
            C::BatchSeconds,
            C::PrefillLayerSeconds,
            C::FirstTokenFactor,
        ],
    ),
    (Trait::ArchitectureFormat, 0.151, &[C::WeightBandwidth, C::PrefillFlops]),
    (
        Trait::EraKind,
        0.196,
        &[
            C::PrefillFlops,
            C::LayerSeconds,
            C::ExpertBandwidth,
            C::ExpertFlops,
            C::FirstTokenSeconds,
            C::PrefillLayerSeconds,
        ],
    ),
    (Trait::EraFormat, 0.12, &[C::WeightBandwidth, C::PrefillFlops, C::LayerSeconds]),
    (
        Trait::NetworkEra,
        0.19,
        &[C::PrefillFlops, C::LayerSeconds, C::TokenTime, C::FirstTokenFactor, C::ThroughputFactor],
    ),
    (
        Trait::GpuKind,
        0.1,
        &[
            C::PrefillFlops,
            C::LayerSeconds,
            C::ExpertBandwidth,
            C::TokenTime,
            C::FirstTokenFactor,
            C::ThroughputFactor,
        ],
    ),
    (
        Trait::VersionKind,
        0.2,
        &[
            C::PrefillFlops,
            C::LayerSeconds,
            C::FirstTokenSeconds,
            C::QueueShare,
            C::TokenTime,
            C::PrefillLayerSeconds,
            C::FirstTokenFactor,
        ],
    ),
];

/// Base value, and the standard deviation of its log.
pub(super) fn base(coefficient: C) -> (f64, f64) {
    let (_, base, width, _) = COEFFICIENTS[coefficient as usize];
    (base, width)
}

/// Standard deviation of the effect of one level of a trait.
pub(super) fn spread(coefficient: C, of: Trait) -> f64 {
    COEFFICIENTS[coefficient as usize].3 * TRAITS[of as usize].1
}

/// Traits that a coefficient depends on.
pub(super) fn traits(coefficient: C) -> impl Iterator<Item = Trait> {
    let moves = move |of: &&(Trait, f64, &[C])| of.2.contains(&coefficient);
    TRAITS.iter().filter(moves).map(|(of, ..)| *of)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_in_the_order_of_their_enums() {
        assert!(COEFFICIENTS.iter().map(|row| row.0).eq(C::ALL));
        assert!(TRAITS.iter().map(|row| row.0).eq(Trait::ALL));
    }
}
