//! The loads of a sweep, one after another, each written down when it is done.

use crate::bench::{BenchError, BenchOutcome, BenchPlan};
use crate::event::{BenchEvent, SharedListener, tell};
use crate::records::Recorder;
use crate::run_dir::{RunDir, curve_of};
use farebox_core::run::{ClientCost, PointMarks, RunManifest, RunState};
use farebox_core::summarise::{attach_phase_times, summarise};
use farebox_core::verdict::Evidence;
use farebox_core::{LoadPoint, Phase, RequestRecord, Verdict, Workload};
use farebox_measure::{Cancel, Load, LoadGenerator, RunClock, host};
use std::time::Instant;

/// A sweep under way.
pub(crate) struct Sweep {
    plan: BenchPlan,
    dir: RunDir,
    manifest: RunManifest,
    listener: SharedListener,
    clock: RunClock,
    points: Vec<LoadPoint>,
    lengths: Lengths,
}

/// Prompts that wake the server up, where the user does not say.
const MAX_WARMUP: u32 = 16;

impl Sweep {
    pub(crate) fn new(
        plan: BenchPlan,
        dir: RunDir,
        manifest: RunManifest,
        around: (SharedListener, RunClock),
    ) -> Self {
        let (listener, clock) = around;
        let (points, lengths) = (Vec::new(), Lengths::default());
        Self { plan, dir, manifest, listener, clock, points, lengths }
    }

    /// Offers every load, unless it is asked to stop, and writes the last word.
    pub(crate) async fn run(
        mut self,
        mut generator: LoadGenerator,
        mut recorder: Recorder,
        cancel: Cancel,
    ) -> Result<BenchOutcome, BenchError> {
        let started = (Instant::now(), host::cpu_seconds());
        if !cancel.is_thrown() {
            self.warm_up(&mut generator).await;
        }
        for (index, load) in self.plan.loads.clone().into_iter().enumerate() {
            if cancel.is_thrown() {
                break;
            }
            self.announce(index, load)?;
            let number = u32::try_from(index).unwrap_or(u32::MAX);
            let watch = host::Watch::start();
            let mut marks = generator.run_point(number, load, self.plan.bound.of(load)).await;
            marks.client_busy_fraction = watch.busiest_thread();
            let records;
            (recorder, records) = recorder.collect().map_err(|source| BenchError::Records {
                path: self.dir.path().to_owned(),
                source,
            })?;
            self.record(marks, &records)?;
        }
        drop(generator);
        let state = if cancel.is_thrown() { RunState::Interrupted } else { RunState::Complete };
        self.close(state, started)
    }

    async fn warm_up(&self, generator: &mut LoadGenerator) {
        let highest = self.plan.loads.iter().map(|load| load.slots()).max().unwrap_or(1);
        let at_once = highest.min(MAX_WARMUP);
        let requests = self.plan.warmup.unwrap_or(u64::from(at_once));
        if requests > 0 {
            tell(&self.listener, BenchEvent::WarmingUp { requests });
            generator.warm_up(requests, at_once).await;
        }
    }

    /// Says which load comes, in the manifest too: a kill in the middle of it must not orphan
    /// its records.
    fn announce(&mut self, index: usize, load: Load) -> Result<(), BenchError> {
        let of = self.plan.loads.len();
        tell(&self.listener, BenchEvent::PointStarted { index, of, load });
        let started_ns = self.clock.now();
        self.manifest.points.push(PointMarks {
            load: load.named(),
            started_ns,
            stopped_ns: None,
            client_busy_fraction: None,
        });
        Ok(self.dir.write_manifest(&self.manifest)?)
    }

    /// Writes down what came of the load announced last.
    fn record(&mut self, marks: PointMarks, records: &[RequestRecord]) -> Result<(), BenchError> {
        if let Some(announced) = self.manifest.points.last_mut() {
            *announced = marks;
        }
        self.lengths.add(records);
        self.lengths.write_into(&mut self.manifest.workload);
        let summary = summarise(records, &self.manifest.points, &self.plan.slos).pop();
        self.points.extend(summary.clone());
        self.points.sort_by(|a, b| a.offered.value.total_cmp(&b.offered.value));
        attach_phase_times(&mut self.points);
        self.dir.write_manifest(&self.manifest)?;
        self.dir.write_curve(&curve_of(&self.manifest, self.points.clone()))?;
        tell(&self.listener, BenchEvent::PointEnded(summary.map(Box::new)));
        Ok(())
    }

    fn close(
        mut self,
        state: RunState,
        started: (Instant, Option<f64>),
    ) -> Result<BenchOutcome, BenchError> {
        let (wall, cpu_before) = started;
        self.manifest.state = state;
        self.manifest.client =
            host::cpu_seconds().zip(cpu_before).map(|(after, before)| ClientCost {
                cpu_s: after - before,
                wall_s: wall.elapsed().as_secs_f64(),
                peak_rss_bytes: host::peak_rss_bytes().unwrap_or(0),
            });
        let verdict = Verdict::of(&Evidence {
            points: &self.points,
            state,
            slos: &self.plan.slos,
            cache: self.manifest.cache.as_ref(),
        });
        let curve = curve_of(&self.manifest, self.points);
        self.dir.write_manifest(&self.manifest)?;
        self.dir.write_curve(&curve)?;
        self.dir.write_verdict(&verdict)?;
        Ok(BenchOutcome { dir: self.dir.path().to_owned(), curve, verdict, state })
    }
}

/// Lengths as the server counted them, over all whole answers.
#[derive(Debug, Default)]
struct Lengths {
    input: (u64, u64),
    output: (u64, u64),
}

impl Lengths {
    fn add(&mut self, records: &[RequestRecord]) {
        let measured = records.iter().filter(|r| r.is_ok() && r.phase != Phase::Warmup);
        for record in measured {
            for (sum, tokens) in
                [(&mut self.input, record.input_tokens), (&mut self.output, record.output_tokens)]
            {
                if let Some(tokens) = tokens {
                    *sum = (sum.0 + tokens, sum.1 + 1);
                }
            }
        }
    }

    fn write_into(&self, workload: &mut Workload) {
        let mean = |(tokens, n): (u64, u64)| (n > 0).then(|| tokens as f64 / n as f64);
        workload.isl_observed = mean(self.input);
        workload.osl_observed = mean(self.output);
    }
}
