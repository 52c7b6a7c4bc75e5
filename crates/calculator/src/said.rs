//! What an estimate says of its model, deployment and price.

use crate::{
    ESTIMATE_SCHEMA, EstimatedPrice, Lengths, ModelFigures, QuestionError, RefusedDocument,
};
use farebox_core::LoadCurve;
use farebox_core::deployment::{Deployment, Pool};
use farebox_core::run::Rental;
use farebox_estimate::setup::Setup;
use farebox_price::{Price, PriceSettings};

/// What is said of a deployment that was refused.
pub fn refused(setup: &Setup<'_>, why: &QuestionError) -> RefusedDocument {
    RefusedDocument {
        schema: ESTIMATE_SCHEMA,
        model: model_figures(setup.model),
        deployment: deployment(setup),
        refused: why.to_string(),
    }
}

/// A model's size and what was assumed about it.
pub fn model_figures(model: &farebox_estimate::setup::ModelSpec) -> ModelFigures {
    ModelFigures {
        id: model.id.clone(),
        params_total: model.params.total,
        params_active: model.params.active,
        params_active_with_embedding: model.params.active_with_embedding,
        context_length: model.context_length,
        notes: model.notes.clone(),
    }
}

/// The deployment in the words of load curves.
pub(crate) fn deployment(setup: &Setup<'_>) -> Deployment {
    let parallel = setup.parallel;
    let stored = || setup.model.main_format(None).name().to_owned();
    let precision = setup.precision.map_or_else(stored, |p| p.to_string());
    Deployment {
        engine: Some(setup.engine.name().to_owned()),
        pools: vec![Pool {
            gpu: Some(setup.gpu.id.clone()),
            gpus: parallel.gpus_per_replica() as u32,
            tp: parallel.tp,
            pp: parallel.pp,
            ep: parallel.ep,
            dp: parallel.dp,
            replicas: parallel.replicas,
            precision: Some(precision),
            kv_dtype: Some(setup.kv.to_string()),
            ..Pool::tensor_parallel(parallel.tp)
        }],
        ..Deployment::machine(setup.model.id.clone())
    }
}

/// The price of the curve's one point by the one price path.
pub(crate) fn priced(
    curve: &LoadCurve,
    rental: &Rental,
    lengths: Lengths,
) -> Option<EstimatedPrice> {
    let point = curve.points.first()?;
    let settings = PriceSettings::new(rental.clone());
    let price = Price::at(point, curve, &settings).ok()?;
    let (input, output) = (price.usd_per_mtok_input.get(), price.usd_per_mtok_output.get());
    let spent = f64::from(lengths.isl) * input + f64::from(lengths.osl) * output;
    Some(EstimatedPrice {
        usd_per_gpu_hour: rental.usd_per_hour_total.get() / f64::from(rental.gpus_billed.max(1)),
        gpus_billed: rental.gpus_billed,
        usd_per_hour_total: rental.usd_per_hour_total.get(),
        usd_per_mtok_input: input,
        usd_per_mtok_output: output,
        usd_per_mtok_blended: price.usd_per_mtok_blended.get(),
        usd_per_request: spent / 1e6,
        recovery: price.recovery,
        source: rental.source.clone(),
    })
}
