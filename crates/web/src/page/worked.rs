//! One question, answered: the document, and what stands behind its figures.

use super::asked::PageAsked;
use crate::app::App;
use crate::ask::{ModelChoice, Values};
use crate::error::WebError;
use crate::models::Fetching;
use farebox_calculator::{EstimateDocument, Estimator, Lengths, Machine, Question, closed};
use farebox_catalog::model::ModelSpec;
use farebox_core::curve::LoadKind;
use farebox_core::run::Rental;
use farebox_core::{Load, LoadCurve, Slo};
use farebox_estimate::{Estimate, EstimateError};
use std::sync::Arc;

/// One question, answered.
pub(crate) struct Worked {
    /// As the API is asked.
    pub(crate) values: Values,
    pub(crate) model: Arc<ModelSpec>,
    pub(crate) machine: Machine,
    pub(crate) question: Question,
    pub(crate) load: Load,
    pub(crate) document: EstimateDocument,
    /// None where it does not fit.
    pub(crate) estimate: Option<Estimate>,
    /// Under rising load, where it fits.
    pub(crate) curve: Option<LoadCurve>,
    pub(crate) rental: Option<Rental>,
    /// Whether or not the load was chosen by it.
    pub(crate) promise: Option<Slo>,
}

/// How much is worked out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Depth {
    /// Everything.
    Whole,
    /// Without curves.
    Figures,
}

impl Worked {
    /// Answers what a page is asked.
    pub(crate) async fn of(app: &App, page: &PageAsked, depth: Depth) -> Result<Self, WebError> {
        let values = page.plain()?;
        let asked = page.asked()?;
        if let ModelChoice::Hosted(_) = asked.model {
            return Err(WebError::refused("hosted", "a hosted model has no machine to look into")
                .hint("the page Scenarios holds machines against hosted models"));
        }
        let model = app.models.find(&asked.model, Fetching::CachedOnly).await?;
        let question = asked.question;
        let machine = question.machine(&model, &app.catalogue)?;
        let facts = (&app.catalogue, app.calibration);
        let deployed = question.deploy(&machine, &model, facts)?;
        let load = question.load(&deployed)?;
        let document = question.answer(&deployed)?;
        let estimator = deployed.estimator();
        let fits = document.memory.fits;
        let lengths: Lengths = question.lengths;
        let estimate = fits.then(|| lengths.job(load).map(|job| estimator.estimate(job)));
        let promise = page.promise();
        let curve = (fits && depth == Depth::Whole)
            .then(|| curve(estimator, lengths, (load, promise.as_ref())));
        let (estimate, curve) = (estimate.transpose()?, curve.transpose()?);
        let rental = deployed.rental().cloned();
        drop(deployed);
        Ok(Self {
            values,
            model,
            machine,
            question,
            load,
            document,
            estimate,
            curve,
            rental,
            promise,
        })
    }
}

/// Loads that double, the one at hand, and the highest that keeps the promise.
fn curve(
    estimator: &Estimator<'_>,
    lengths: Lengths,
    (here, promise): (Load, Option<&Slo>),
) -> Result<LoadCurve, EstimateError> {
    let mut loads = estimator.doublings(lengths)?;
    loads.extend((here.kind == LoadKind::Concurrency).then_some(here));
    if let Some(slo) = promise {
        loads.extend(estimator.load_line(lengths, slo)?.ok().map(closed));
    }
    loads.sort_by(|a, b| a.value.total_cmp(&b.value));
    loads.dedup();
    estimator.curve(lengths, &loads)
}
