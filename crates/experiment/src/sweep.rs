//! The loads of a sweep, one after another, each written down when it is done.

use crate::bench::{BenchError, BenchOutcome, BenchPlan, SelfTest};
use crate::event::{BenchEvent, SharedListener, tell};
use crate::records::Recorder;
use crate::run_dir::{RunDir, curve_of};
use farebox_core::client::client_limits;
use farebox_core::run::{ClientCost, PointMarks, RunManifest, RunState};
use farebox_core::summarise::{attach_phase_times, summarise};
use farebox_core::{
    ClientHealth, LoadKind, LoadPoint, Metric, Phase, ReadLag, RequestRecord, Verdict, Workload,
};
use farebox_measure::calibration::Trial;
use farebox_measure::{Cancel, Load, LoadGenerator, RunClock, host};
use std::time::{Duration, Instant};

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
            // What came before the first load is nobody's health.
            generator.take_read_lag();
        }
        for (index, load) in self.plan.loads.clone().into_iter().enumerate() {
            if cancel.is_thrown() {
                break;
            }
            self.announce(index, load)?;
            let number = u32::try_from(index).unwrap_or(u32::MAX);
            let before = (Instant::now(), host::cpu_seconds());
            let marks = generator.run_point(number, load, self.plan.bound.of(load)).await;
            let health = health(before, generator.take_read_lag());
            self.manifest.health.push(health);
            tell(&self.listener, BenchEvent::Health(health));
            let records;
            (recorder, records) = recorder.collect().map_err(|source| BenchError::Records {
                path: self.dir.path().to_owned(),
                source,
            })?;
            self.record(marks, &records)?;
        }
        drop(generator);
        self.note_cost(started);
        if self.plan.self_test == SelfTest::Short && !cancel.is_thrown() {
            self.calibrate(cancel.clone()).await;
        }
        let state = if cancel.is_thrown() { RunState::Interrupted } else { RunState::Complete };
        self.close(state)
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
        self.manifest.points.push(PointMarks { load: load.named(), started_ns, stopped_ns: None });
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

    /// What the loads cost the client.
    fn note_cost(&mut self, started: (Instant, Option<f64>)) {
        let (wall, cpu_before) = started;
        self.manifest.client =
            host::cpu_seconds().zip(cpu_before).map(|(after, before)| ClientCost {
                cpu_s: after - before,
                wall_s: wall.elapsed().as_secs_f64(),
                peak_rss_bytes: host::peak_rss_bytes().unwrap_or(0),
            });
    }

    /// Tries the client at the highest load, by the streams and the token rate that it reached.
    async fn calibrate(&mut self, cancel: Cancel) {
        let Some(trial) = self.points.last().map(trial) else { return };
        tell(&self.listener, BenchEvent::Calibrating { streams: trial.streams });
        // A run whose client cannot be tried is a run all the same, without error bars.
        let Ok(calibration) = trial.run(cancel).await else { return };
        self.manifest.calibration = Some(calibration);
        tell(&self.listener, BenchEvent::Calibrated(calibration));
    }

    fn close(mut self, state: RunState) -> Result<BenchOutcome, BenchError> {
        self.manifest.state = state;
        let loads = self.manifest.points.iter().map(|marks| marks.load);
        let health: Vec<_> = loads.zip(self.manifest.health.iter().copied()).collect();
        let limits = client_limits(&self.points, &health, self.manifest.calibration.as_ref());
        let verdict = Verdict::of(&self.points, state).and(limits);
        let curve = curve_of(&self.manifest, self.points);
        self.dir.write_manifest(&self.manifest)?;
        self.dir.write_curve(&curve)?;
        self.dir.write_verdict(&verdict)?;
        Ok(BenchOutcome { dir: self.dir.path().to_owned(), curve, verdict, state })
    }
}

/// How the client stood a load that began at `before`.
fn health(before: (Instant, Option<f64>), read_lag: Option<ReadLag>) -> ClientHealth {
    let (wall, cpu_before) = before;
    let cores = std::thread::available_parallelism().map_or(1.0, |cores| cores.get() as f64);
    let had = wall.elapsed().as_secs_f64() * cores;
    let used = host::cpu_seconds().zip(cpu_before).map(|(after, before)| after - before);
    // Ticks of a hundredth of a second say nothing about a load that is as short.
    let cpu_fraction = used.filter(|_| had > 0.5).map(|used| used / had);
    ClientHealth { cpu_fraction, read_lag }
}

/// The trial that is like a load: streams in flight by Little's law, and their token rate.
fn trial(point: &LoadPoint) -> Trial {
    const PLAUSIBLE: Duration = Duration::from_millis(10);
    let mean_s = |metric| point.latency(metric).map(|d| d.mean().as_secs());
    let streams = match point.offered.kind {
        LoadKind::Concurrency | LoadKind::Batch => point.offered.value,
        _ => point.requests_per_s.get() * mean_s(Metric::E2e).unwrap_or_default(),
    };
    let gap = mean_s(Metric::Tpot).map_or(PLAUSIBLE, Duration::from_secs_f64);
    Trial::short(streams.ceil().max(1.0) as u32, gap)
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
