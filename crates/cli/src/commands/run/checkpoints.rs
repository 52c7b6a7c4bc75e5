//! Published checkpoints of models at precisions, for the matrix that is made of flags.

use crate::error::CliError;
use farebox_experiment::matrix::Checkpoint;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// Those that are known, each with where it was read.
const KNOWN: &str = include_str!("checkpoints.toml");

/// The precision that needs no checkpoint of its own.
pub(super) const BASE: &str = "base";

/// Precisions that an engine is told itself: it converts the model's own checkpoint.
const TOLD: [&str; 4] = ["bf16", "fp16", "fp32", "fp8"];

/// How the file of known checkpoints is spelled.
#[derive(Debug, Deserialize)]
struct Families {
    family: Vec<Family>,
}

/// Models that are the same, and what was made of them.
#[derive(Debug, Deserialize)]
struct Family {
    models: Vec<String>,
    /// Where it was read.
    #[cfg(test)]
    source: String,
    /// By precision.
    checkpoint: BTreeMap<String, String>,
}

/// The checkpoint of `model` at `precision`: the model itself where no other is needed, else one
/// that is known.
pub(super) fn checkpoint(model: &str, precision: &str) -> Result<Checkpoint, CliError> {
    let found =
        |model: &str| Checkpoint { precision: precision.to_owned(), model: model.to_owned() };
    if precision == BASE || TOLD.contains(&precision) {
        return Ok(found(model));
    }
    let families: Families = toml::from_str(KNOWN).map_err(CliError::failed)?;
    let of_model = families.family.iter().find(|family| family.is_of(model));
    if let Some(checkpoint) = of_model.and_then(|family| family.checkpoint.get(precision)) {
        return Ok(found(checkpoint));
    }
    let error = CliError::usage(format_args!(
        "--quantization: no checkpoint of {model} at `{precision}` is known here"
    ));
    let known = of_model.map_or_else(|| families.models_at(precision), |family| family.told(model));
    Err(error.hint(format_args!(
        "{known}; any other stands in a matrix file as [checkpoints] {precision} = \"org/model\", \
         which farebox run --init begins"
    )))
}

impl Family {
    fn is_of(&self, model: &str) -> bool {
        self.models.iter().any(|known| known.eq_ignore_ascii_case(model))
    }

    /// What there is of one of its models.
    fn told(&self, model: &str) -> String {
        let precisions = self.checkpoint.keys().map(String::as_str);
        let all: Vec<&str> = [BASE].into_iter().chain(TOLD).chain(precisions).collect();
        format!("of {model} there are {}", all.join(", "))
    }
}

impl Families {
    /// The models of which there is a checkpoint at `precision`.
    fn models_at(&self, precision: &str) -> String {
        let has = |family: &&Family| family.checkpoint.contains_key(precision);
        let models = self.family.iter().filter(has).filter_map(|family| family.models.first());
        let models: Vec<&str> = models.map(String::as_str).collect();
        if models.is_empty() {
            let precisions = self.family.iter().flat_map(|family| family.checkpoint.keys());
            let precisions: BTreeSet<&str> = precisions.map(String::as_str).collect();
            let all: Vec<&str> = [BASE].into_iter().chain(TOLD).chain(precisions).collect();
            return format!("the precisions known here are {}", all.join(", "));
        }
        format!("at {precision} there are those of {}", models.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_known_checkpoint_is_of_its_model_and_has_a_source() {
        let families: Families = toml::from_str(KNOWN).unwrap();
        let mut seen = BTreeSet::new();
        for family in &families.family {
            assert!(family.source.starts_with("https://"), "{family:?}");
            assert!(!family.models.is_empty() && !family.checkpoint.is_empty(), "{family:?}");
            for model in &family.models {
                assert!(seen.insert(model.to_lowercase()), "{model} is in two families");
            }
            let (_, name) = family.models.last().unwrap().split_once('/').unwrap();
            for (precision, id) in &family.checkpoint {
                let (org, checkpoint) = id.split_once('/').unwrap();
                assert!(["RedHatAI", "neuralmagic"].contains(&org), "{id}");
                assert_eq!(checkpoint, format!("{name}-quantized.{precision}"), "{id}");
            }
        }
    }

    #[test]
    fn what_an_engine_is_told_needs_no_checkpoint() {
        for precision in ["base", "bf16", "fp16", "fp32", "fp8"] {
            assert_eq!(checkpoint("a/b", precision).unwrap().model, "a/b");
        }
    }
}
