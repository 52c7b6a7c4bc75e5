//! The calibration as JSON, and its lookup.

use super::{Coefficient, Constants, Levels, Trait};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

/// Schema tag of a calibration document.
const SCHEMA: &str = "farebox.calibration/1";

/// The constants this program was built with.
const EMBEDDED: &str = include_str!("../../data/calibration.json");

/// Base values and log effects of every coefficient.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    schema: String,
    /// Measured rows it was fitted to.
    pub rows: u64,
    /// Groups (source x network x accelerator) among them.
    pub groups: u64,
    /// Accelerators among them.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    gpus: BTreeSet<String>,
    coefficients: BTreeMap<String, Entry>,
    /// The same for an accelerator that is not among them, fitted as if no accelerator had effects
    /// of its own: its datasheet and what all share say more about it than what is left of the
    /// others once theirs are taken off.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    elsewhere: BTreeMap<String, Entry>,
}

/// One coefficient: `base * exp(sum of effects)`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Entry {
    base: f64,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    effects: BTreeMap<String, BTreeMap<String, f64>>,
}

/// A document that is no calibration.
#[derive(Debug, thiserror::Error)]
pub enum CalibrationError {
    /// Not JSON, or not of this shape.
    #[error("not a calibration: {0}")]
    Malformed(#[from] serde_json::Error),
    /// Another schema.
    #[error("schema is \"{0}\", not \"{SCHEMA}\"")]
    Schema(String),
    /// A coefficient is absent.
    #[error("coefficient {0} is missing")]
    Missing(&'static str),
    /// A name that means nothing here.
    #[error("unknown {kind} \"{name}\"")]
    Unknown {
        /// `coefficient` or `trait`.
        kind: &'static str,
        /// The name.
        name: String,
    },
    /// A number that cannot be a constant.
    #[error("{coefficient}: {value} cannot be a constant")]
    Value {
        /// The coefficient.
        coefficient: String,
        /// What was found.
        value: f64,
    },
}

impl Calibration {
    /// The embedded constants.
    pub fn embedded() -> &'static Self {
        static PARSED: OnceLock<Calibration> = OnceLock::new();
        PARSED.get_or_init(|| Self::from_json(EMBEDDED).unwrap_or_else(|_| Self::ones()))
    }

    /// The text of the embedded constants.
    pub const fn embedded_json() -> &'static str {
        EMBEDDED
    }

    /// Every coefficient 1, no effects: bare peaks, and seconds for what takes microseconds.
    pub fn ones() -> Self {
        Self::bare(&Constants::filled(1.0))
    }

    /// The given bases without effects.
    pub fn bare(bases: &Constants) -> Self {
        let entry = |c: Coefficient| Entry { base: bases[c], effects: BTreeMap::new() };
        let coefficients =
            Coefficient::ALL.into_iter().map(|c| (c.name().to_owned(), entry(c))).collect();
        Self {
            schema: SCHEMA.to_owned(),
            rows: 0,
            groups: 0,
            gpus: BTreeSet::new(),
            coefficients,
            elsewhere: BTreeMap::new(),
        }
    }

    /// Reads a document.
    pub fn from_json(text: &str) -> Result<Self, CalibrationError> {
        let read: Self = serde_json::from_str(text)?;
        read.check()?;
        Ok(read)
    }

    /// The document, one effect a line, names in order: equal constants are equal bytes.
    pub fn to_json(&self) -> Result<String, CalibrationError> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }

    /// Adds a log effect of one level.
    pub fn set_effect(&mut self, of: (Coefficient, Trait), level: &str, effect: f64) {
        if let Some(entry) = self.coefficients.get_mut(of.0.name()) {
            let levels = entry.effects.entry(of.1.name().to_owned()).or_default();
            levels.insert(level.to_owned(), effect);
        }
    }

    /// Takes the constants of accelerators other than `gpus` from `elsewhere`.
    #[must_use]
    pub fn with_elsewhere(mut self, gpus: BTreeSet<String>, elsewhere: Self) -> Self {
        self.gpus = gpus;
        self.elsewhere = elsewhere.coefficients;
        self
    }

    /// The constants of a deployment.
    pub fn constants(&self, levels: &Levels) -> Constants {
        let unseen = !self.elsewhere.is_empty() && !self.gpus.contains(levels.get(Trait::Gpu));
        let entries = if unseen { &self.elsewhere } else { &self.coefficients };
        let mut constants = Constants::filled(1.0);
        for coefficient in Coefficient::ALL {
            let Some(entry) = entries.get(coefficient.name()) else { continue };
            let log: f64 = entry
                .effects
                .iter()
                .filter_map(|(of, effects)| effects.get(levels.get(Trait::named(of)?)))
                .sum();
            constants[coefficient] = entry.base * log.exp();
        }
        constants.believable()
    }

    fn check(&self) -> Result<(), CalibrationError> {
        if self.schema != SCHEMA {
            return Err(CalibrationError::Schema(self.schema.clone()));
        }
        for coefficient in Coefficient::ALL {
            let in_part = |part: &BTreeMap<String, Entry>| part.contains_key(coefficient.name());
            if !in_part(&self.coefficients)
                || !(self.elsewhere.is_empty() || in_part(&self.elsewhere))
            {
                return Err(CalibrationError::Missing(coefficient.name()));
            }
        }
        self.coefficients
            .iter()
            .chain(&self.elsewhere)
            .try_for_each(|(name, entry)| entry.check(name))
    }
}

impl Entry {
    fn check(&self, name: &str) -> Result<(), CalibrationError> {
        if Coefficient::named(name).is_none() {
            return Err(CalibrationError::Unknown { kind: "coefficient", name: name.to_owned() });
        }
        if let Some(unknown) = self.effects.keys().find(|of| Trait::named(of).is_none()) {
            return Err(CalibrationError::Unknown { kind: "trait", name: unknown.clone() });
        }
        let effects = self.effects.values().flat_map(BTreeMap::values);
        let bad = |value: &f64| !(value.is_finite() && value.abs() < 20.0);
        let base_bad = !(self.base.is_finite() && self.base > 0.0);
        let value = if base_bad { Some(self.base) } else { effects.copied().find(bad) };
        value.map_or(Ok(()), |value| {
            Err(CalibrationError::Value { coefficient: name.to_owned(), value })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calibration::Regime;
    use crate::setup::Setup;
    use crate::test_support::{accelerator, model};

    #[test]
    fn an_accelerator_that_nobody_measured_takes_the_constants_without_effects() {
        let measured = BTreeSet::from(["h100-sxm".to_owned()]);
        let elsewhere = Calibration::bare(&Constants::filled(0.5));
        let own = Calibration::bare(&Constants::filled(0.25)).with_elsewhere(measured, elsewhere);
        let model = model("Qwen/Qwen3-8B");
        let of = |gpu: &str| {
            let gpu = accelerator(gpu);
            own.constants(&Levels::of(&Setup::new(&model, &gpu), Regime::Loop))
        };
        assert_eq!(of("h100-sxm"), Constants::filled(0.25));
        assert_eq!(of("l4"), Constants::filled(0.5));
        let read = Calibration::from_json(&own.to_json().unwrap()).unwrap();
        assert_eq!(read, own, "the document keeps both");
    }
}
