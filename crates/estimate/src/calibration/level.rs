//! Traits of a deployment that constants may depend on, and the levels they take.

use crate::setup::{Engine, Era, Load, Setup};
use farebox_catalog::NumberFormat;
use farebox_catalog::model::precision::{GgufFile, ModelKind};
use farebox_catalog::model::{Mixer, ModelSpec, Precision, WeightFormat};
use std::collections::BTreeMap;

/// A trait by which constants differ. Pairs catch what one trait alone cannot: an engine's kernels
/// for one chip, a version's code for one kind of model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Trait {
    /// The accelerator.
    Gpu,
    /// Its architecture.
    Architecture,
    /// The engine.
    Engine,
    /// The engine's generation.
    Era,
    /// Dense, mixture of experts, latent attention or hybrid.
    Kind,
    /// Family and size of the network.
    Network,
    /// Format of the weights, and whether the chip multiplies in it.
    Format,
    /// How load comes.
    Regime,
    /// Accelerator and generation.
    GpuEra,
    /// Architecture and format.
    ArchitectureFormat,
    /// Generation and kind.
    EraKind,
    /// Generation and format.
    EraFormat,
    /// Network and generation.
    NetworkEra,
    /// Accelerator and kind.
    GpuKind,
    /// Version and kind.
    VersionKind,
}

/// How load comes, as far as constants care.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Regime {
    /// Requests come and go one by one.
    Loop,
    /// A batch at once.
    Static,
    /// A queue that is never empty.
    Saturated,
}

/// The level of every trait, for one deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Levels(BTreeMap<Trait, String>);

impl Trait {
    /// Every trait.
    pub const ALL: [Self; 15] = [
        Self::Gpu,
        Self::Architecture,
        Self::Engine,
        Self::Era,
        Self::Kind,
        Self::Network,
        Self::Format,
        Self::Regime,
        Self::GpuEra,
        Self::ArchitectureFormat,
        Self::EraKind,
        Self::EraFormat,
        Self::NetworkEra,
        Self::GpuKind,
        Self::VersionKind,
    ];

    /// The name in files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Gpu => "gpu",
            Self::Architecture => "architecture",
            Self::Engine => "engine",
            Self::Era => "era",
            Self::Kind => "kind",
            Self::Network => "network",
            Self::Format => "format",
            Self::Regime => "regime",
            Self::GpuEra => "gpu_era",
            Self::ArchitectureFormat => "architecture_format",
            Self::EraKind => "era_kind",
            Self::EraFormat => "era_format",
            Self::NetworkEra => "network_era",
            Self::GpuKind => "gpu_kind",
            Self::VersionKind => "version_kind",
        }
    }

    /// The trait called `name`.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|t| t.name() == name)
    }

    /// Whether the level names the accelerator: such effects say nothing about another one.
    pub const fn names_gpu(self) -> bool {
        matches!(self, Self::Gpu | Self::GpuEra | Self::GpuKind)
    }
}

impl Regime {
    /// All regimes, in the order of their numbers.
    pub const ALL: [Self; 3] = [Self::Loop, Self::Static, Self::Saturated];

    /// The regime of a load.
    pub const fn of(load: Load) -> Self {
        match load {
            Load::Closed(_) | Load::Rate(_) => Self::Loop,
            Load::Static(_) => Self::Static,
            Load::Saturated => Self::Saturated,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Loop => "loop",
            Self::Static => "static",
            Self::Saturated => "saturated",
        }
    }
}

impl Levels {
    /// Levels of a deployment in a regime.
    pub fn of(setup: &Setup<'_>, regime: Regime) -> Self {
        let era = era(&setup.engine, setup.era);
        let kind = kind(setup.model);
        let gpu = setup.gpu.id.as_str();
        let architecture = setup.gpu.architecture.as_str();
        let format = format(setup);
        let network = network(setup.model);
        let version = format!("{}:{}", setup.engine.name(), setup.version.unwrap_or_default());
        Self(BTreeMap::from([
            (Trait::Gpu, gpu.to_owned()),
            (Trait::Architecture, architecture.to_owned()),
            (Trait::Engine, setup.engine.name().to_owned()),
            (Trait::Era, era.clone()),
            (Trait::Kind, kind.to_owned()),
            (Trait::Network, network.clone()),
            (Trait::Format, format.to_owned()),
            (Trait::Regime, regime.name().to_owned()),
            (Trait::GpuEra, pair(gpu, &era)),
            (Trait::ArchitectureFormat, pair(architecture, format)),
            (Trait::EraKind, pair(&era, kind)),
            (Trait::EraFormat, pair(&era, format)),
            (Trait::NetworkEra, pair(&network, &era)),
            (Trait::GpuKind, pair(gpu, kind)),
            (Trait::VersionKind, pair(&version, kind)),
        ]))
    }

    /// The level of one trait.
    pub fn get(&self, of: Trait) -> &str {
        self.0.get(&of).map_or("", String::as_str)
    }
}

fn pair(a: &str, b: &str) -> String {
    format!("{a}|{b}")
}

/// Engines whose generations differ carry them in the name.
fn era(engine: &Engine, era: Era) -> String {
    match (engine, era) {
        (Engine::Vllm | Engine::Trtllm, Era::First) => format!("{} first", engine.name()),
        (Engine::Vllm | Engine::Trtllm, Era::Current) => format!("{} current", engine.name()),
        _ => engine.name().to_owned(),
    }
}

fn kind(model: &ModelSpec) -> &'static str {
    let any = |test: fn(&Mixer) -> bool| model.layers.iter().any(|layer| test(&layer.mixer));
    if any(|m| matches!(m, Mixer::Mla(_) | Mixer::Compressed(_))) {
        "latent"
    } else if any(|m| matches!(m, Mixer::Linear(_) | Mixer::StateSpace(_))) {
        "hybrid"
    } else if model.kind() == ModelKind::Moe {
        "experts"
    } else {
        "dense"
    }
}

/// Family and size, so that renamed checkpoints of one network share a level.
fn network(model: &ModelSpec) -> String {
    format!("{}-{}x{}", model.family, model.hidden_size, model.layers.len())
}

/// Format of most weights; a format that the chip only stores is another level.
fn format(setup: &Setup<'_>) -> &'static str {
    let stored = main_format(setup);
    match stored {
        WeightFormat::Bf16 => "16 bit",
        WeightFormat::Fp8 | WeightFormat::Fp8Block => "fp8",
        WeightFormat::Int8 => "int8",
        WeightFormat::Mxfp4 | WeightFormat::Nvfp4 if has_fp4(setup) => "fp4",
        WeightFormat::Mxfp4 | WeightFormat::Nvfp4 => "fp4 stored",
        WeightFormat::Gguf(_) => "gguf",
        WeightFormat::Int4 { .. } | WeightFormat::Nf4 => "int4",
    }
}

fn has_fp4(setup: &Setup<'_>) -> bool {
    setup.gpu.peak(NumberFormat::Fp4).is_some()
}

fn main_format(setup: &Setup<'_>) -> WeightFormat {
    let gguf = matches!(setup.precision, Some(Precision::Gguf(_)));
    if gguf || setup.engine.takes_turns() {
        let wide = matches!(setup.precision, None | Some(Precision::Bf16 | Precision::Fp16));
        return if wide { WeightFormat::Bf16 } else { WeightFormat::Gguf(GgufFile::Q4KM) };
    }
    setup.model.main_format(setup.precision)
}
