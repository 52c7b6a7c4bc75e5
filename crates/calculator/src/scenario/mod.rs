//! Questions that people ask first, each computed.
//!
//! Reading order: `preset` (a question), [`ScenarioDocument`] here (its answer), `insight` (what
//! there is to say about it).

mod insight;
mod preset;

pub use insight::retirement;
pub use preset::{Preset, ScenarioError, presets};

use crate::{EstimateDocument, HostedDocument};
use farebox_catalog::Catalogue;
use preset::Answered;
use serde::Serialize;

/// A scenario with its answer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ScenarioDocument {
    /// Its name.
    pub name: String,
    /// What it is about.
    pub title: String,
    /// What is asked.
    pub question: Preset,
    /// What came of it.
    pub estimate: ScenarioAnswer,
    /// What there is to say about that, a sentence each.
    pub insights: Vec<String>,
}

/// An estimate of a machine, or the bill of a hosted model.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum ScenarioAnswer {
    /// A machine.
    Machine(Box<EstimateDocument>),
    /// An API.
    Hosted(Box<HostedDocument>),
}

/// Spells dollars per million tokens for a reader.
pub type Spell = fn(f64) -> String;

impl ScenarioDocument {
    /// Answers `preset`; `usd` spells the figures in its sentences.
    pub fn of(preset: &Preset, catalogue: &Catalogue, usd: Spell) -> Result<Self, ScenarioError> {
        let (estimate, insights) = if let Some(api) = &preset.api {
            let hosted = catalogue.hosted().map_err(Clone::clone)?;
            let model = hosted.find(api)?;
            let bill = HostedDocument::of(model, preset.bill())?;
            (ScenarioAnswer::Hosted(Box::new(bill)), insight::of_hosted(model))
        } else {
            let answered = Answered::of(preset, catalogue)?;
            let insights = insight::of_machine(&answered, catalogue, usd);
            (ScenarioAnswer::Machine(Box::new(answered.document)), insights)
        };
        Ok(Self {
            name: preset.name.clone(),
            title: preset.title.clone(),
            question: preset.clone(),
            estimate,
            insights,
        })
    }
}
