//! Estimates as load curves and as documents: a third producer of what pricing reads.
//!
//! Reading order: `document` (what is said), then [`Estimator`] here, `notes` (what to know
//! first); `question` (what is asked), `machine` and `billing` (of what, at which price), `deployed`
//! (asking). `hosted` is the bill of an API.

mod billing;
mod deployed;
mod document;
mod fit;
mod hosted;
mod load_line;
mod machine;
mod notes;
mod question;
mod question_error;
#[cfg(test)]
mod tests;

pub use billing::{Billing, TypedPrice};
pub use deployed::Deployed;
pub use hosted::{Billed, HostedDocument};
pub use machine::{Machine, Nodes};
pub use question::{GpuChoice, LoadChoice, Question, TypedFigures};
pub use question_error::QuestionError;

pub use document::{
    AccuracyFigures, Decode, ESTIMATE_SCHEMA, EstimateDocument, EstimatedPrice, HOURS_PER_MONTH,
    ModelFigures, Prefill, RefusedDocument, System, Traffic, Users, WorkloadFigures,
};

use farebox_core::curve::{CURVE_SCHEMA, LoadKind, PhaseTimes, RequestCounts};
use farebox_core::deployment::{Deployment, Pool, Workload};
use farebox_core::run::Rental;
use farebox_core::{
    Distribution, Load, LoadCurve, LoadPoint, Milliseconds, Source, TokensPerSecond,
};
use farebox_estimate::setup::{Job, Setup};
use farebox_estimate::{Accuracy, Compiled, Estimate, EstimateError, Memory};
use farebox_price::{Price, PriceSettings};

/// Mean lengths of a request, in tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lengths {
    /// In.
    pub isl: u32,
    /// Out.
    pub osl: u32,
}

impl Lengths {
    /// The question of such requests under `load`; a trace is asked as its rate.
    pub fn job(self, load: Load) -> Result<Job, EstimateError> {
        let asked = match load.kind {
            LoadKind::Concurrency => farebox_estimate::Load::Closed(load.value),
            LoadKind::Batch => farebox_estimate::Load::Static(load.value),
            LoadKind::Rate | LoadKind::Trace => farebox_estimate::Load::Rate(load.value),
        };
        Job::new(f64::from(self.isl), f64::from(self.osl), asked)
    }
}

/// A closed loop of `concurrency` requests.
pub fn closed(concurrency: u64) -> Load {
    Load { kind: LoadKind::Concurrency, value: concurrency as f64 }
}

/// A deployment ready to be estimated.
#[derive(Debug)]
pub struct Estimator<'a> {
    setup: Setup<'a>,
    compiled: Compiled,
}

impl<'a> Estimator<'a> {
    /// Works out what does not depend on the load; refuses products that the chip has no units for.
    pub fn new(
        setup: Setup<'a>,
        calibration: &farebox_estimate::Calibration,
    ) -> Result<Self, EstimateError> {
        setup.check_units()?;
        let compiled = Compiled::new(&setup, calibration)?;
        Ok(Self { setup, compiled })
    }

    /// Memory under `job`.
    pub fn memory(&self, job: &Job) -> Memory {
        self.compiled.memory(job)
    }

    /// What `job` sees, with how the machine spends its time.
    pub fn estimate(&self, job: Job) -> Estimate {
        self.compiled.estimate(job)
    }

    /// Requests in flight that the KV caches of all replicas hold, at least 1.
    pub fn most_in_flight(&self, lengths: Lengths) -> Result<u64, EstimateError> {
        let memory = self.memory(&lengths.job(closed(1))?);
        Ok((memory.max_concurrency * u64::from(self.setup.parallel.replicas)).max(1))
    }

    /// The load curve of requests of `lengths` under each of `loads`.
    pub fn curve(&self, lengths: Lengths, loads: &[Load]) -> Result<LoadCurve, EstimateError> {
        let points: Result<Vec<LoadPoint>, EstimateError> =
            loads.iter().map(|load| self.point(lengths, *load)).collect();
        Ok(LoadCurve {
            schema: CURVE_SCHEMA.to_owned(),
            name: format!("{} on {}", self.setup.model.id, self.machine_name()),
            deployment: deployment(&self.setup),
            workload: Workload {
                isl: Some(lengths.isl),
                osl: Some(lengths.osl),
                ..Workload::default()
            },
            source: Source::Estimated,
            complete: true,
            points: points?,
        })
    }

    /// Everything about one load.
    pub fn document(
        &self,
        lengths: Lengths,
        load: Load,
        rental: Option<&Rental>,
    ) -> Result<EstimateDocument, EstimateError> {
        let job = lengths.job(load)?;
        let memory = self.memory(&job);
        let estimate = memory.fits.then(|| self.compiled.estimate(job));
        let curve = self.curve(lengths, &[load])?;
        let price =
            rental.filter(|_| memory.fits).and_then(|rental| priced(&curve, rental, lengths));
        let replicas = f64::from(self.setup.parallel.replicas);
        Ok(EstimateDocument {
            schema: ESTIMATE_SCHEMA,
            model: model_figures(self.setup.model),
            deployment: deployment(&self.setup),
            workload: WorkloadFigures::of(lengths, load),
            memory,
            would_fit: Vec::new(),
            prefill: estimate.map(|e| Prefill { ttft_ms: e.ttft.get(), bound: e.prefill.bound() }),
            decode: estimate.map(|e| Decode {
                tpot_ms: e.tpot.get(),
                bound: e.decode.bound(),
                output_tok_per_s_per_request: 1e3 / e.tpot.get(),
                output_tok_per_s_per_replica: e.output.get() / replicas,
            }),
            system: estimate.map(|e| System {
                output_tok_per_s: e.output.get(),
                total_tok_per_s: e.total.get(),
                requests_per_s: e.requests.get(),
                e2e_ms: e.e2e.get(),
            }),
            price,
            traffic: None,
            accuracy: self.accuracy(),
            notes: notes::notes(&self.setup, lengths, load, &memory, estimate.as_ref()),
        })
    }

    fn point(&self, lengths: Lengths, load: Load) -> Result<LoadPoint, EstimateError> {
        let estimate = self.compiled.estimate(lengths.job(load)?);
        let mean = |mean: Milliseconds| Some(Distribution::Mean { mean, n: None });
        let input = TokensPerSecond::new(estimate.total.get() - estimate.output.get());
        // Open-loop promises are judged from the scheduled send; a mean estimate has no other.
        let scheduled = |mean_of| if load.kind == LoadKind::Rate { mean(mean_of) } else { None };
        Ok(LoadPoint {
            // An estimate stands for answers that arrive whole.
            requests: RequestCounts { ok: 1, in_window: 1, ..RequestCounts::default() },
            ttft_ms: mean(estimate.ttft),
            ttft_sched_ms: scheduled(estimate.ttft),
            ttfo_ms: mean(estimate.ttft),
            tpot_ms: mean(estimate.tpot),
            e2e_ms: mean(estimate.e2e),
            e2e_sched_ms: scheduled(estimate.e2e),
            phase: self.phase(&estimate),
            ..LoadPoint::of_rates(load.offered(true), input, estimate.output, estimate.requests)
        })
    }

    /// Machine time of prefill against that of decode: what a request adds to each.
    fn phase(&self, estimate: &Estimate) -> Option<PhaseTimes> {
        let per_replica = estimate.requests.get() / f64::from(self.setup.parallel.replicas);
        let prefill = per_replica * estimate.prefill.seconds();
        (prefill > 0.0 && prefill < 1.0).then(|| PhaseTimes {
            prefill_s: prefill,
            decode_s: 1.0 - prefill,
            basis: "estimate".to_owned(),
        })
    }

    fn machine_name(&self) -> String {
        let parallel = self.setup.parallel;
        match parallel.gpus() {
            1 => self.setup.gpu.id.clone(),
            n => format!("{n} x {}", self.setup.gpu.id),
        }
    }

    fn accuracy(&self) -> AccuracyFigures {
        let (expected, basis) = Accuracy::embedded().expected(&self.setup);
        AccuracyFigures {
            ttft_median_ape_pct: expected.ttft_median_ape_pct,
            tpot_median_ape_pct: expected.tpot_median_ape_pct,
            throughput_median_ape_pct: expected.throughput_median_ape_pct,
            basis,
        }
    }
}

/// What is said of a deployment that was refused.
pub fn refused(setup: &Setup<'_>, why: &EstimateError) -> RefusedDocument {
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

fn deployment(setup: &Setup<'_>) -> Deployment {
    let parallel = setup.parallel;
    let precision = setup.precision.map_or("checkpoint".to_owned(), |p| p.to_string());
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
fn priced(curve: &LoadCurve, rental: &Rental, lengths: Lengths) -> Option<EstimatedPrice> {
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
