//! The loads of a run, one after another, each written down when it is done.

use crate::bench::{BenchError, BenchOutcome, BenchPlan, Course, SelfTest};
use crate::client::{health, trial};
use crate::event::{BenchEvent, SharedListener, tell};
use crate::lengths::Lengths;
use crate::records::Recorder;
use crate::resume::Standing;
use crate::run_dir::{RunDir, curve_of};
use crate::search::{PointSource, Range, SearchReport, search};
use crate::telemetry::Reporter;
use crate::watch::Enough;
use farebox_core::client::client_limits;
use farebox_core::recording::Span;
use farebox_core::run::{ClientCost, PointMarks, RunManifest, RunState};
use farebox_core::summarise::attach_phase_times;
use farebox_core::verdict::Evidence;
use farebox_core::{LoadPoint, Slo, Tally, Verdict};
use farebox_measure::{Cancel, Load, LoadGenerator, RunClock, host};
use farebox_workload::Pace;
use std::time::Instant;

/// A run under way.
pub(crate) struct Sweep {
    plan: BenchPlan,
    dir: RunDir,
    manifest: RunManifest,
    listener: SharedListener,
    clock: RunClock,
    parties: Parties,
    points: Vec<LoadPoint>,
    lengths: Lengths,
    /// Requests of loads that may be offered again, to be summed up together.
    kept: Tally,
}

/// Who makes the load, who writes it down, and who may end it.
pub(crate) struct Parties {
    pub(crate) generator: LoadGenerator,
    pub(crate) recorder: Recorder,
    pub(crate) reporter: Reporter,
    pub(crate) cancel: Cancel,
}

/// Prompts that wake the server up, where the user does not say.
const MAX_WARMUP: u32 = 16;

impl Sweep {
    pub(crate) fn new(
        plan: BenchPlan,
        run: (RunDir, RunManifest, Standing),
        around: (SharedListener, RunClock),
        parties: Parties,
    ) -> Self {
        let ((dir, manifest, standing), (listener, clock)) = (run, around);
        let Standing { points, tally } = standing;
        let mut lengths = Lengths::default();
        lengths.add(&tally);
        let comes_once = matches!(plan.course, Course::Sweep { repeat: 1, .. });
        let kept = if comes_once { Tally::default() } else { tally };
        Self { plan, dir, manifest, listener, clock, parties, points, lengths, kept }
    }

    /// Offers every load, unless it is asked to stop, and writes the last word.
    pub(crate) async fn run(mut self) -> Result<BenchOutcome, BenchError> {
        let started = (Instant::now(), host::cpu_seconds());
        if !self.parties.cancel.is_thrown() && !self.is_done() {
            self.warm_up().await;
            // What came before the first load is nobody's health.
            self.parties.generator.take_read_lag();
        }
        let search = match self.plan.course.clone() {
            Course::Sweep { loads, repeat } => {
                self.sweep(&loads, repeat).await?;
                None
            }
            Course::Search { range, .. } => Some(self.search(range).await?),
        };
        self.parties.reporter.stop();
        self.note_cost(started);
        if self.plan.self_test == SelfTest::Short && !self.parties.cancel.is_thrown() {
            self.calibrate().await;
        }
        let is_cut = self.parties.cancel.is_thrown();
        let state = if is_cut { RunState::Interrupted } else { RunState::Complete };
        self.close(state, search)
    }

    /// How many loads were offered to their end.
    fn offered(&self) -> usize {
        self.manifest.counted().count()
    }

    /// Whether a run that is gone on with has no load left.
    fn is_done(&self) -> bool {
        self.plan.course.len().is_some_and(|of| self.offered() >= of)
    }

    async fn warm_up(&mut self) {
        let at_once = self.plan.course.slots().min(MAX_WARMUP);
        let requests = self.plan.warmup.unwrap_or(u64::from(at_once));
        if requests > 0 {
            tell(&self.listener, BenchEvent::WarmingUp { requests });
            let part = self.manifest.resumed.len();
            self.parties.generator.warm_up(part, requests, at_once).await;
        }
    }

    async fn sweep(&mut self, loads: &[Load], repeat: u32) -> Result<(), BenchError> {
        let enough = self.plan.target_interval.map_or(Enough::AtTheBound, Enough::Interval);
        // All loads, then all of them again: what drifts meets every load.
        for load in (0..repeat).flat_map(|_| loads).skip(self.offered()) {
            if self.parties.cancel.is_thrown() {
                break;
            }
            self.offer_load(*load, &enough).await?;
        }
        Ok(())
    }

    async fn search(&mut self, range: Range) -> Result<SearchReport, BenchError> {
        let since = Instant::now();
        let slos = self.plan.slos.clone();
        let earlier_s = self.under_load_s();
        let tiers = search(self, &slos, range).await?;
        let offered = self.manifest.points.len();
        let machine_s = earlier_s + since.elapsed().as_secs_f64();
        Ok(SearchReport::of(tiers, offered, machine_s, self.plan.price.as_ref()))
    }

    /// Seconds that loads so far took, each by itself.
    fn under_load_s(&self) -> f64 {
        let marks = self.manifest.points.iter();
        let of = |marks: &PointMarks| {
            marks.stopped_ns.map_or(0, |stopped| stopped.nanos() - marks.started_ns.nanos())
        };
        marks.map(of).sum::<u64>() as f64 / 1e9
    }

    /// Offers one load until its bound, or until there is enough.
    async fn offer_load(&mut self, load: Load, enough: &Enough) -> Result<(), BenchError> {
        let number = u32::try_from(self.manifest.points.len()).unwrap_or(u32::MAX);
        let announced = self.announce(load)?;
        let Parties { generator, recorder, reporter, .. } = &mut self.parties;
        if let Some(cache) = &self.manifest.cache {
            generator.prepare_cache(number, cache.primed).await;
        }
        let from_ns = reporter.edge().await;
        let watcher = enough.watch(recorder.peeker(), announced, generator.stop_early());
        let before = (Instant::now(), host::cpu_seconds());
        let threads = host::Watch::start();
        let marks = generator.run_point(number, load, self.plan.bound.of(load)).await;
        if let Some(watcher) = watcher {
            watcher.abort();
        }
        let edges = Span { from_ns, to_ns: reporter.edge().await };
        reporter.note_load(edges, self.manifest.telemetry.as_mut());
        let health = health(before, &threads, generator.take_read_lag());
        self.manifest.health.push(health);
        tell(&self.listener, BenchEvent::Health(health));
        let tally = recorder
            .collect()
            .map_err(|source| BenchError::Records { path: self.dir.path().to_owned(), source })?;
        self.record(marks, tally)
    }

    /// Says which load comes, in the manifest too: a kill in the middle of it must not orphan
    /// its records.
    fn announce(&mut self, load: Load) -> Result<PointMarks, BenchError> {
        let (index, of) = (self.offered(), self.plan.course.len());
        tell(&self.listener, BenchEvent::PointStarted { index, of, load });
        let marks =
            PointMarks { load: load.named(), started_ns: self.clock.now(), stopped_ns: None };
        self.manifest.points.push(marks.clone());
        self.dir.write_manifest(&self.manifest)?;
        Ok(marks)
    }

    /// Writes down what came of the load announced last, together with what it brought before.
    fn record(&mut self, marks: PointMarks, tally: Tally) -> Result<(), BenchError> {
        let load = marks.load;
        if let Some(announced) = self.manifest.points.last_mut() {
            *announced = marks;
        }
        self.lengths.add(&tally);
        self.lengths.write_into(&mut self.manifest.workload);
        self.parties.reporter.estimate_cache(&tally);
        let summary = self.summary(load, tally);
        self.points.retain(|point| point.offered.load() != load);
        self.points.extend(summary);
        self.points.sort_by(|a, b| a.offered.value.total_cmp(&b.offered.value));
        attach_phase_times(&mut self.points);
        self.parties.reporter.put_beside(&mut self.points, &self.manifest);
        self.dir.write_manifest(&self.manifest)?;
        self.dir.write_curve(&curve_of(&self.manifest, self.points.clone()))?;
        let of_load = self.points.iter().find(|point| point.offered.load() == load);
        tell(&self.listener, BenchEvent::PointEnded(of_load.cloned().map(Box::new)));
        Ok(())
    }

    fn summary(&mut self, load: farebox_core::Load, tally: Tally) -> Option<LoadPoint> {
        let comes_once = matches!(self.plan.course, Course::Sweep { repeat: 1, .. });
        if comes_once {
            return tally.point(load, &self.manifest.points, &self.plan.slos);
        }
        self.kept.extend(tally);
        self.kept.point(load, &self.manifest.points, &self.plan.slos)
    }

    /// What the loads cost the client, with what is known of those before a run was gone on with.
    fn note_cost(&mut self, started: (Instant, Option<f64>)) {
        let (wall, cpu_before) = started;
        let earlier = self.manifest.client.take();
        let (cpu_s, wall_s, peak) =
            earlier.map_or((0.0, 0.0, 0), |cost| (cost.cpu_s, cost.wall_s, cost.peak_rss_bytes));
        self.manifest.client =
            host::cpu_seconds().zip(cpu_before).map(|(after, before)| ClientCost {
                cpu_s: cpu_s + after - before,
                wall_s: wall_s + wall.elapsed().as_secs_f64(),
                peak_rss_bytes: host::peak_rss_bytes().unwrap_or(0).max(peak),
            });
    }

    /// Tries the client at the highest load, by the streams and the token rate that it reached.
    async fn calibrate(&mut self) {
        let Some(trial) = self.points.last().map(trial) else { return };
        tell(&self.listener, BenchEvent::Calibrating { streams: trial.streams });
        // A run whose client cannot be tried is a run all the same, without error bars.
        let Ok(calibration) = trial.run(self.parties.cancel.clone()).await else { return };
        self.manifest.calibration = Some(calibration);
        tell(&self.listener, BenchEvent::Calibrated(calibration));
    }

    fn close(
        mut self,
        state: RunState,
        search: Option<SearchReport>,
    ) -> Result<BenchOutcome, BenchError> {
        self.manifest.state = state;
        let loads = self.manifest.of_counted(&self.manifest.points);
        let health = self.manifest.of_counted(&self.manifest.health);
        let health: Vec<_> = loads.iter().map(|marks| marks.load).zip(health).collect();
        let limits = client_limits(&self.points, &health, self.manifest.calibration.as_ref());
        let verdict = Verdict::of(&Evidence {
            points: &self.points,
            state,
            slos: &self.plan.slos,
            cache: self.manifest.cache.as_ref(),
            readers_think: self.plan.settings.workload.readers_think(),
        })
        .and(limits);
        let curve = curve_of(&self.manifest, self.points);
        self.dir.write_manifest(&self.manifest)?;
        self.dir.write_curve(&curve)?;
        self.dir.write_verdict(&verdict)?;
        if let Some(report) = &search {
            self.dir.write_search(report)?;
        }
        Ok(BenchOutcome { dir: self.dir.path().to_owned(), curve, verdict, state, search })
    }
}

impl PointSource for Sweep {
    type Error = BenchError;

    fn known(&self) -> Vec<LoadPoint> {
        self.points.clone()
    }

    async fn offer(&mut self, load: f64, slo: &Slo) -> Result<Vec<LoadPoint>, BenchError> {
        let Course::Search { like, .. } = self.plan.course else { return Ok(self.points.clone()) };
        if !self.parties.cancel.is_thrown() {
            self.offer_load(same_kind(like, load), &Enough::Decided(slo.clone())).await?;
        }
        Ok(self.points.clone())
    }
}

/// A load like `like`, so large.
fn same_kind(like: Load, value: f64) -> Load {
    match like {
        Load::Concurrency(_) => Load::Concurrency(value.round() as u32),
        Load::Rate { pace, at_most } => {
            Load::Rate { pace: Pace::new(value, pace.rhythm()).unwrap_or(pace), at_most }
        }
        Load::Batch(_) | Load::Trace { .. } => like,
    }
}
