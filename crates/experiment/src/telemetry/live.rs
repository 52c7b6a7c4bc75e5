//! The reporter of a run under way: it asks the machine what it does, off the timed path, and writes
//! down what it hears.

use super::ask::{ask_engine, ask_gpus, ask_processes, base};
use super::estimated::CacheFrom;
use super::write_samples;
use crate::bench::{BenchError, BenchPlan};
use crate::run_dir::{RunDir, put_recording_beside};
use farebox_core::recording::{Recording, Span};
use farebox_core::run::{Gaps, RunManifest, TelemetryReport};
use farebox_core::{EngineKind, LoadPoint, RunInstant, Signal, Tally, TelemetrySample};
use farebox_measure::RunClock;
use farebox_telemetry::{
    EngineProbe, EngineReading, Gap, GpuProbe, ProcessTree, Sampler, SamplerSettings,
    TelemetryEvent, Timed,
};
use serde_json::{Map, Value};
use std::fs::File;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Looks at an edge until the server is done, at most.
const LOOKS: u32 = 10;
/// Time between them.
const PAUSE: Duration = Duration::from_millis(20);

/// Who answered when first asked, before there is a file for it.
pub(crate) struct Asked {
    report: TelemetryReport,
    settings: Option<Map<String, Value>>,
    cache: CacheFrom,
    engine: Option<EngineProbe>,
    gpus: Option<GpuProbe>,
    processes: Option<ProcessTree>,
    clock: RunClock,
}

/// Asks on a schedule and at the edges of loads.
pub(crate) struct Reporter {
    sampler: Option<Sampler>,
    engine_answers: bool,
    cache: CacheFrom,
    notes: Arc<Mutex<Notes>>,
    clock: RunClock,
}

/// What was heard of a run before it is gone on with.
#[derive(Debug, Default)]
pub(crate) struct Before {
    pub(crate) recording: Recording,
    pub(crate) gaps: Option<Gaps>,
}

/// What was heard so far.
struct Notes {
    /// None once it was found that it cannot be written.
    file: Option<File>,
    recording: Recording,
    gaps: Option<Gaps>,
}

impl Reporter {
    /// Looks whether the machine says anything.
    pub(crate) async fn ask(plan: &BenchPlan, kind: Option<EngineKind>, clock: RunClock) -> Asked {
        let none = |why: String| format!("none: {}", plan.target.secrets.scrub(&why));
        let (engine, probe, reading) = match ask_engine(plan, kind).await {
            Ok((probe, reading)) => (format!("{}/metrics", base(plan)), Some(probe), Some(reading)),
            Err(why) => (none(why), None, None),
        };
        let (accelerators, gpus) = match ask_gpus(plan).await {
            Ok(gpus) => (gpus.to_string(), Some(gpus)),
            Err(why) => (none(why), None),
        };
        let (processes, tree) = match ask_processes(plan) {
            Ok((said, tree)) => (said, Some(tree)),
            Err(why) => (none(why), None),
        };
        let cache = CacheFrom::of(plan, reading.as_ref());
        let kv_cache = cache.to_string();
        let report = TelemetryReport {
            engine,
            accelerators,
            processes,
            kv_cache,
            ..TelemetryReport::default()
        };
        let published = reading.map(|reading| reading.settings).unwrap_or_default();
        let settings = plan.serving.told.beside(&published);
        Asked { report, settings, cache, engine: probe, gpus, processes: tree, clock }
    }

    /// When everything that happened before is in the counters: looks until nothing runs any more,
    /// for a fraction of a second at most.
    pub(crate) async fn edge(&self) -> RunInstant {
        let asked = self.sampler.as_ref().filter(|_| self.engine_answers);
        let Some(sampler) = asked else { return self.clock.now() };
        for _ in 0..LOOKS {
            match sampler.snapshot().await {
                Ok(look) => {
                    let idle = look.answer.values.get(&Signal::RequestsRunning) <= Some(&0.0);
                    self.notes().look(&look);
                    if idle {
                        break;
                    }
                }
                Err(gap) => {
                    self.notes().gap(&gap);
                    break;
                }
            }
            tokio::time::sleep(PAUSE).await;
        }
        self.clock.now()
    }

    /// Adds what the requests of a load must have held of a KV cache that the engine says nothing of.
    pub(crate) fn estimate_cache(&self, tally: &Tally) {
        self.notes().add(&self.cache.samples(tally));
    }

    /// Puts what was heard so far beside what was measured.
    pub(crate) fn put_beside(&self, points: &mut [LoadPoint], manifest: &RunManifest) {
        let edges = manifest.telemetry.as_ref().map_or(&[][..], |report| &report.edges);
        put_recording_beside(points, (manifest, edges), &self.notes().recording);
    }

    /// Adds a load's edges, and the looks that brought nothing, to the report.
    pub(crate) fn note_load(&self, edges: Span, report: Option<&mut TelemetryReport>) {
        let Some(report) = report else { return };
        report.edges.push(edges);
        report.gaps.clone_from(&self.notes().gaps);
    }

    /// Asks no more.
    pub(crate) fn stop(&mut self) {
        if let Some(sampler) = self.sampler.take() {
            sampler.stop();
        }
    }

    fn notes(&self) -> MutexGuard<'_, Notes> {
        lock(&self.notes)
    }
}

impl Asked {
    /// Says in the manifest who reports, and how the engine is set up. What is known of loads that
    /// were offered before stays.
    pub(crate) fn introduce(&self, manifest: &mut RunManifest) {
        let report = manifest.telemetry.get_or_insert_default();
        *report = TelemetryReport {
            edges: std::mem::take(&mut report.edges),
            gaps: report.gaps.take(),
            ..self.report.clone()
        };
        if let Some(settings) = self.settings.clone() {
            manifest.deployment.engine_settings = Some(Box::new(settings));
        }
    }

    /// Asks on a schedule from now on; `before` is what was heard until now.
    pub(crate) fn start(self, dir: &RunDir, before: Before) -> Result<Reporter, BenchError> {
        let Self { engine, gpus, processes, cache, clock, .. } = self;
        let Before { recording, gaps } = before;
        let engine_answers = engine.is_some();
        let is_estimated = matches!(cache, CacheFrom::Tokens(_));
        let is_asked = engine_answers || gpus.is_some() || processes.is_some() || is_estimated;
        let file = is_asked.then(|| dir.open_telemetry()).transpose()?;
        let notes = Arc::new(Mutex::new(Notes { file, recording, gaps }));
        let heard = Arc::clone(&notes);
        let settings =
            SamplerSettings { engine, gpu: gpus, host: processes, ..SamplerSettings::default() };
        let start = || {
            Sampler::start(settings, move || clock.now(), move |event| lock(&heard).event(event))
        };
        let sampler = is_asked.then(start).transpose();
        let sampler = sampler
            .map_err(|source| BenchError::Records { path: dir.path().to_owned(), source })?;
        Ok(Reporter { sampler, engine_answers, cache, notes, clock })
    }
}

impl Notes {
    fn event(&mut self, event: TelemetryEvent) {
        match event {
            TelemetryEvent::Sample(sample) => self.add(&[sample]),
            TelemetryEvent::Gap(gap) => self.gap(&gap),
        }
    }

    fn look(&mut self, look: &Timed<EngineReading>) {
        let samples: Vec<TelemetrySample> = look.answer.samples(look.answered).collect();
        self.add(&samples);
    }

    fn add(&mut self, samples: &[TelemetrySample]) {
        if let Some(file) = &mut self.file
            && let Err(error) = write_samples(file, samples)
        {
            // The measurement goes on without; what is missing from the file is said.
            self.file = None;
            self.miss(format!("telemetry.jsonl cannot be written: {error}"));
        }
        for sample in samples {
            self.recording.add(sample.clone());
        }
    }

    fn gap(&mut self, gap: &Gap) {
        self.miss(gap.why.clone());
    }

    fn miss(&mut self, why: String) {
        let gaps = self.gaps.get_or_insert_default();
        gaps.n += 1;
        gaps.last = why;
    }
}

fn lock(notes: &Mutex<Notes>) -> MutexGuard<'_, Notes> {
    notes.lock().unwrap_or_else(PoisonError::into_inner)
}
