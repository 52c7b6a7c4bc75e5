//! What one look at an engine found.

use crate::settings::EngineSettings;
use farebox_core::{EngineKind, RunInstant, Scope, Signal, TelemetrySample};
use std::collections::BTreeMap;
use std::fmt;

/// The values that an engine published when it was asked, and why the others are missing.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct EngineReading {
    /// The engine, as it was named or told by its metrics.
    pub kind: Option<EngineKind>,
    /// The values, always finite.
    pub values: BTreeMap<Signal, f64>,
    /// The signals of engines that it did not publish. A missing value is not zero.
    pub missing: BTreeMap<Signal, Missing>,
    /// How it was set up, as far as it says.
    pub settings: EngineSettings,
}

/// Why an engine's signal has no value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// This engine publishes nothing of the kind.
    NotPublished,
    /// It is known to publish it, and did not this time: another version, a flag that is off, or
    /// nothing counted yet.
    NotInAnswer,
    /// It published something that is no number.
    NotANumber,
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotPublished => "the engine does not publish it",
            Self::NotInAnswer => "it was not in the engine's answer",
            Self::NotANumber => "what the engine published is no number",
        })
    }
}

impl EngineReading {
    /// The value of `signal`, or why there is none.
    pub fn value(&self, signal: Signal) -> Result<f64, Missing> {
        let missing = || self.missing.get(&signal).copied().unwrap_or(Missing::NotPublished);
        self.values.get(&signal).copied().ok_or_else(missing)
    }

    /// The values as samples taken at `t`.
    pub fn samples(&self, t: RunInstant) -> impl Iterator<Item = TelemetrySample> + '_ {
        self.values.iter().map(move |(&metric, &value)| TelemetrySample {
            t_ns: t,
            scope: Scope::Engine,
            metric,
            value,
        })
    }

    /// Notes what was found of `signal`.
    pub(crate) fn note(&mut self, signal: Signal, found: Result<f64, Missing>) {
        match found {
            Ok(value) if value.is_finite() => drop(self.values.insert(signal, value)),
            Ok(_) => drop(self.missing.insert(signal, Missing::NotANumber)),
            Err(missing) => drop(self.missing.insert(signal, missing)),
        }
    }
}
