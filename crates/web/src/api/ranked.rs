//! `/api/v1/estimate/gpus`: the same question on every accelerator, the cheapest token first.

use super::pretty;
use crate::app::App;
use crate::ask::{Asked, Scope, Values};
use crate::error::WebError;
use crate::models::Fetching;
use farebox_calculator::{
    Billing, Deployed, EstimateDocument, GpuChoice, Machine, Nodes, Question, closed,
};
use farebox_catalog::Accelerator;
use farebox_catalog::model::ModelSpec;
use farebox_estimate::Parallelism;
use serde::Serialize;

/// What each accelerator has of its own: it is not asked.
pub(crate) const OWN: [&str; 17] = [
    "gpu",
    "mem_gb",
    "mem_bw_gb_per_s",
    "tflops",
    "tp",
    "pp",
    "ep",
    "dp",
    "replicas",
    "gpus",
    "nodes",
    "gpus_per_node",
    "price_per_hour",
    "price_per_gpu_hour",
    "offer",
    "gpus_per_box",
    "gpus_used",
];

/// Widths tried, narrowest first.
const WIDTHS: [u32; 6] = [1, 2, 4, 8, 16, 32];

/// Every accelerator of the catalogue, the cheapest token first, those of an unknown price last.
#[derive(Debug)]
pub(crate) struct Ranked<'a> {
    pub(crate) on: Vec<OnGpu<'a>>,
    /// Accelerators on which it does not fit at any width.
    pub(crate) without: Vec<String>,
}

/// The question on one accelerator, at the narrowest width at which it fits.
#[derive(Debug)]
pub(crate) struct OnGpu<'a> {
    pub(crate) gpu: &'a Accelerator,
    pub(crate) tp: u32,
    pub(crate) document: EstimateDocument,
}

#[derive(Debug, Serialize)]
struct RankedDocument {
    estimates: Vec<EstimateDocument>,
    fits_nowhere: Vec<String>,
}

impl<'a> Ranked<'a> {
    /// Asks `question` of every accelerator.
    pub(crate) fn of(
        app: &'a App,
        model: &ModelSpec,
        question: &Question,
    ) -> Result<Self, WebError> {
        let (mut on, mut without) = (Vec::new(), Vec::new());
        for gpu in app.catalogue.accelerators()?.iter() {
            match narrowest(app, model, question, gpu) {
                Some((tp, document)) => on.push(OnGpu { gpu, tp, document }),
                None => without.push(gpu.id.clone()),
            }
        }
        let price = |on: &OnGpu<'_>| {
            on.document.price.as_ref().map_or(f64::INFINITY, |price| price.usd_per_mtok_blended)
        };
        on.sort_by(|a, b| price(a).total_cmp(&price(b)));
        Ok(Self { on, without })
    }
}

fn narrowest(
    app: &App,
    model: &ModelSpec,
    question: &Question,
    gpu: &Accelerator,
) -> Option<(u32, EstimateDocument)> {
    WIDTHS.into_iter().find_map(|tp| {
        let question = Question {
            gpu: GpuChoice::Named(gpu.id.clone()),
            parallel: Parallelism::tensor(tp),
            nodes: Nodes::default(),
            billing: Billing::default(),
            ..question.clone()
        };
        let machine: Machine = question.machine(model, &app.catalogue).ok()?;
        let facts = (&app.catalogue, app.calibration);
        let deployed: Deployed<'_> = question.deploy(&machine, model, facts).ok()?;
        let job = question.lengths.job(closed(1)).ok()?;
        if !deployed.estimator().memory(&job).fits {
            return None;
        }
        let document = question.answer(&deployed).ok()?;
        document.memory.fits.then_some((tp, document))
    })
}

pub(super) async fn answer(app: &App, query: &str) -> Result<String, WebError> {
    let values = Values::of_query(query, Scope::Api)?;
    if let Some(own) = values.names().find(|name| OWN.contains(name)) {
        let message = format!("{own} is not asked here: each accelerator has its own");
        return Err(WebError::bad("parameter", message).hint("/api/v1/estimate asks about one"));
    }
    if values.text("model").is_some_and(|name| name.starts_with("api:")) {
        let message = "a hosted model runs on its owner's machines";
        return Err(WebError::bad("model", message).hint("/api/v1/hosted compares hosted models"));
    }
    // Any will do: it is put in the place of.
    let asked = Asked::of(&values.or("gpu", "h100-sxm"))?;
    let model = app.models.find(&asked.model, Fetching::Allowed).await?;
    let Ranked { on, without } = Ranked::of(app, &model, &asked.question)?;
    let estimates = on.into_iter().map(|on| on.document).collect();
    pretty(&RankedDocument { estimates, fits_nowhere: without })
}
