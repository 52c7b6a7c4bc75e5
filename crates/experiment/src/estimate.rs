//! Estimates as load curves and as documents: a third producer of what pricing reads.

use farebox_core::curve::{CURVE_SCHEMA, LoadKind, PhaseTimes, RequestCounts};
use farebox_core::deployment::{Deployment, Pool, Workload};
use farebox_core::run::Rental;
use farebox_core::{
    Distribution, Load, LoadCurve, LoadPoint, Milliseconds, Source, TokensPerSecond,
};
use farebox_estimate::setup::{Job, Setup};
use farebox_estimate::{Accuracy, Bound, Compiled, Estimate, EstimateError, Memory};
use farebox_price::{Price, PriceSettings};
use serde::Serialize;

/// The schema tag of an estimate.
pub const ESTIMATE_SCHEMA: &str = "farebox.estimate/1";

/// One estimate with everything it rests on: `farebox.estimate/1`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EstimateDocument {
    /// Always [`ESTIMATE_SCHEMA`].
    pub schema: &'static str,
    /// What is served.
    pub model: ModelFigures,
    /// What it is served on.
    pub deployment: Deployment,
    /// What is asked.
    pub workload: WorkloadFigures,
    /// Where the memory goes.
    pub memory: Memory,
    /// Reading a prompt; null where the model does not fit.
    pub prefill: Option<Prefill>,
    /// Writing an answer.
    pub decode: Option<Decode>,
    /// All replicas together.
    pub system: Option<System>,
    /// What a token must cost; null where nobody said what the machine does.
    pub price: Option<EstimatedPrice>,
    /// How wrong it is likely to be.
    pub accuracy: AccuracyFigures,
}

/// A model's size, from its configuration alone.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ModelFigures {
    /// Its id.
    pub id: String,
    /// Parameters of the language model.
    pub params_total: u64,
    /// Those a token meets: output head included, input embedding left out.
    pub params_active: u64,
    /// The same with the input embedding.
    pub params_active_with_embedding: u64,
    /// Longest context, in tokens.
    pub context_length: Option<u64>,
    /// What was assumed about it.
    pub notes: Vec<String>,
}

/// The workload of an estimate.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct WorkloadFigures {
    /// Input tokens per request.
    pub isl: u32,
    /// Output tokens per request.
    pub osl: u32,
    /// Requests in flight.
    pub concurrency: u64,
}

/// Reading a prompt.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Prefill {
    /// Mean time to the first token, in milliseconds.
    pub ttft_ms: f64,
    /// What limits it.
    pub bound: Bound,
}

/// Writing an answer.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Decode {
    /// Mean time per output token, in milliseconds.
    pub tpot_ms: f64,
    /// What limits it.
    pub bound: Bound,
    /// What one request sees.
    pub output_tok_per_s_per_request: f64,
    /// What one replica serves.
    pub output_tok_per_s_per_replica: f64,
}

/// All replicas together.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct System {
    /// Output tokens per second.
    pub output_tok_per_s: f64,
    /// Input and output tokens per second.
    pub total_tok_per_s: f64,
    /// Requests per second.
    pub requests_per_s: f64,
    /// Send to last token, in milliseconds.
    pub e2e_ms: f64,
}

/// What a token must cost.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EstimatedPrice {
    /// One accelerator, per hour.
    pub usd_per_gpu_hour: f64,
    /// Accelerators billed.
    pub gpus_billed: u32,
    /// Everything billed, per hour.
    pub usd_per_hour_total: f64,
    /// Input, per million tokens.
    pub usd_per_mtok_input: f64,
    /// Output, per million tokens.
    pub usd_per_mtok_output: f64,
    /// Either, per million tokens.
    pub usd_per_mtok_blended: f64,
    /// Revenue over cost: 1.
    pub recovery: f64,
    /// Where the price of the machine comes from.
    pub source: String,
}

/// Errors to expect, from configurations that were not fitted.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AccuracyFigures {
    /// Of TTFT, median absolute percentage error.
    pub ttft_median_ape_pct: Option<f64>,
    /// Of TPOT.
    pub tpot_median_ape_pct: Option<f64>,
    /// Of throughput.
    pub throughput_median_ape_pct: Option<f64>,
    /// What that rests on.
    pub basis: String,
}

/// Mean lengths of a request, in tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lengths {
    /// In.
    pub isl: u32,
    /// Out.
    pub osl: u32,
}

impl Lengths {
    /// The question of a closed loop of `concurrency` such requests.
    pub fn job(self, concurrency: u64) -> Result<Job, EstimateError> {
        let load = farebox_estimate::Load::Closed(concurrency as f64);
        Job::new(f64::from(self.isl), f64::from(self.osl), load)
    }
}

/// A deployment ready to be estimated.
#[derive(Debug)]
pub struct Estimator<'a> {
    setup: Setup<'a>,
    compiled: Compiled,
}

impl<'a> Estimator<'a> {
    /// Works out what does not depend on the load.
    pub fn new(
        setup: Setup<'a>,
        calibration: &farebox_estimate::Calibration,
    ) -> Result<Self, EstimateError> {
        let compiled = Compiled::new(&setup, calibration)?;
        Ok(Self { setup, compiled })
    }

    /// Memory under `job`.
    pub fn memory(&self, job: &Job) -> Memory {
        self.compiled.memory(job)
    }

    /// Requests in flight that the KV caches of all replicas hold, at least 1.
    pub fn most_in_flight(&self, lengths: Lengths) -> Result<u64, EstimateError> {
        let memory = self.memory(&lengths.job(1)?);
        Ok((memory.max_concurrency * u64::from(self.setup.parallel.replicas)).max(1))
    }

    /// The load curve of closed loops of `isl` in and `osl` out at these concurrencies.
    pub fn curve(&self, lengths: Lengths, loads: &[u64]) -> Result<LoadCurve, EstimateError> {
        let points: Result<Vec<LoadPoint>, EstimateError> =
            loads.iter().map(|load| self.point(lengths, *load)).collect();
        Ok(LoadCurve {
            schema: CURVE_SCHEMA.to_owned(),
            name: format!("{} on {}", self.setup.model.id, self.machine_name()),
            deployment: self.deployment(),
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
        concurrency: u64,
        rental: Option<&Rental>,
    ) -> Result<EstimateDocument, EstimateError> {
        let job = lengths.job(concurrency)?;
        let memory = self.memory(&job);
        let estimate = memory.fits.then(|| self.compiled.estimate(job));
        let curve = self.curve(lengths, &[concurrency])?;
        let price = rental.filter(|_| memory.fits).and_then(|rental| priced(&curve, rental));
        let replicas = f64::from(self.setup.parallel.replicas);
        Ok(EstimateDocument {
            schema: ESTIMATE_SCHEMA,
            model: self.model(),
            deployment: self.deployment(),
            workload: WorkloadFigures { isl: lengths.isl, osl: lengths.osl, concurrency },
            memory,
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
            accuracy: self.accuracy(),
        })
    }

    fn point(&self, lengths: Lengths, concurrency: u64) -> Result<LoadPoint, EstimateError> {
        let estimate = self.compiled.estimate(lengths.job(concurrency)?);
        let mean = |mean: Milliseconds| Some(Distribution::Mean { mean, n: None });
        let input = TokensPerSecond::new(estimate.total.get() - estimate.output.get());
        let load = Load { kind: LoadKind::Concurrency, value: concurrency as f64 };
        Ok(LoadPoint {
            // An estimate stands for answers that arrive whole.
            requests: RequestCounts { ok: 1, in_window: 1, ..RequestCounts::default() },
            ttft_ms: mean(estimate.ttft),
            ttfo_ms: mean(estimate.ttft),
            tpot_ms: mean(estimate.tpot),
            e2e_ms: mean(estimate.e2e),
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

    fn model(&self) -> ModelFigures {
        let model = self.setup.model;
        ModelFigures {
            id: model.id.clone(),
            params_total: model.params.total,
            params_active: model.params.active,
            params_active_with_embedding: model.params.active_with_embedding,
            context_length: model.context_length,
            notes: model.notes.clone(),
        }
    }

    fn deployment(&self) -> Deployment {
        let setup = &self.setup;
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

/// The price of the curve's one point by the one price path.
fn priced(curve: &LoadCurve, rental: &Rental) -> Option<EstimatedPrice> {
    let point = curve.points.first()?;
    let settings = PriceSettings::new(rental.clone());
    let price = Price::at(point, curve, &settings).ok()?;
    Some(EstimatedPrice {
        usd_per_gpu_hour: rental.usd_per_hour_total.get() / f64::from(rental.gpus_billed.max(1)),
        gpus_billed: rental.gpus_billed,
        usd_per_hour_total: rental.usd_per_hour_total.get(),
        usd_per_mtok_input: price.usd_per_mtok_input.get(),
        usd_per_mtok_output: price.usd_per_mtok_output.get(),
        usd_per_mtok_blended: price.usd_per_mtok_blended.get(),
        recovery: price.recovery,
        source: rental.source.clone(),
    })
}
