//! A deployment's load points, curves and documents.

use crate::said::{deployment, model_figures, priced};
use crate::{
    AccuracyFigures, Decode, ESTIMATE_SCHEMA, EstimateDocument, Lengths, Prefill, System,
    WorkloadFigures, closed, notes,
};
use farebox_core::curve::{CURVE_SCHEMA, LoadKind, PhaseTimes, RequestCounts};
use farebox_core::deployment::Workload;
use farebox_core::run::Rental;
use farebox_core::{
    Distribution, Load, LoadCurve, LoadPoint, Milliseconds, Source, TokensPerSecond,
};
use farebox_estimate::setup::{Job, Setup};
use farebox_estimate::{Accuracy, Compiled, Estimate, EstimateError, Memory};

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
            price: None,
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
            decode: estimate.and_then(|e| {
                e.tpot.map(|tpot| Decode {
                    tpot_ms: tpot.get(),
                    bound: e.decode.bound(),
                    output_tok_per_s_per_request: 1e3 / tpot.get(),
                    output_tok_per_s_per_replica: e.output.get() / replicas,
                })
            }),
            system: estimate.map(|e| System {
                output_tok_per_s: e.output.get(),
                total_tok_per_s: e.total.get(),
                requests_per_s: e.requests.get(),
                e2e_ms: e.e2e.get(),
                in_flight: e.in_flight,
                admitted: e.admitted,
            }),
            price,
            traffic: None,
            accuracy: self.accuracy(),
            notes: notes::notes(&self.setup, (lengths, load), &memory, estimate.as_ref(), rental),
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
            tpot_ms: estimate.tpot.and_then(mean),
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
