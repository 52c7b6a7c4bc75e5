//! The reporter of a run under way: it asks the machine what it does, off the timed path, and writes
//! down what it hears.

use super::write_samples;
use crate::bench::{BenchError, BenchPlan, TelemetryFrom};
use crate::run_dir::{RunDir, put_recording_beside};
use farebox_core::recording::{Recording, Span};
use farebox_core::run::{Gaps, RunManifest, TelemetryReport};
use farebox_core::{EngineKind, LoadPoint, RunInstant, Signal, TelemetrySample};
use farebox_measure::{BaseUrl, RunClock, Target};
use farebox_telemetry::{
    EngineProbe, EngineReading, EngineSettings, Gap, GpuProbe, Sampler, SamplerSettings,
    TelemetryEvent, Timed,
};
use std::fs::File;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Looks at an edge until the server is done, at most.
const LOOKS: u32 = 10;
/// Time between them.
const PAUSE: Duration = Duration::from_millis(20);

/// Who answered when first asked, before there is a file for it.
pub(crate) struct Asked {
    report: TelemetryReport,
    settings: EngineSettings,
    engine: Option<EngineProbe>,
    gpus: Option<GpuProbe>,
    clock: RunClock,
}

/// Asks on a schedule and at the edges of loads.
pub(crate) struct Reporter {
    sampler: Option<Sampler>,
    engine_answers: bool,
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
        let (engine, probe, settings) = match ask_engine(plan, kind).await {
            Ok((probe, settings)) => (format!("{}/metrics", base(plan)), Some(probe), settings),
            Err(why) => (none(why), None, EngineSettings::default()),
        };
        let (accelerators, gpus) = match ask_gpus(plan).await {
            Ok(gpus) => (gpus.to_string(), Some(gpus)),
            Err(why) => (none(why), None),
        };
        let report = TelemetryReport { engine, accelerators, ..TelemetryReport::default() };
        Asked { report, settings, engine: probe, gpus, clock }
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
        let TelemetryReport { engine, accelerators, .. } = self.report.clone();
        let report = manifest.telemetry.get_or_insert_default();
        (report.engine, report.accelerators) = (engine, accelerators);
        let settings = serde_json::to_value(&self.settings);
        if let Ok(serde_json::Value::Object(settings)) = settings
            && !settings.is_empty()
        {
            manifest.deployment.engine_settings = Some(settings.into());
        }
    }

    /// Asks on a schedule from now on; `before` is what was heard until now.
    pub(crate) fn start(self, dir: &RunDir, before: Before) -> Result<Reporter, BenchError> {
        let Self { engine, gpus, clock, .. } = self;
        let Before { recording, gaps } = before;
        let engine_answers = engine.is_some();
        let is_asked = engine_answers || gpus.is_some();
        let file = is_asked.then(|| dir.open_telemetry()).transpose()?;
        let notes = Arc::new(Mutex::new(Notes { file, recording, gaps }));
        let heard = Arc::clone(&notes);
        let settings = SamplerSettings { engine, gpu: gpus, ..SamplerSettings::default() };
        let start = || {
            Sampler::start(settings, move || clock.now(), move |event| lock(&heard).event(event))
        };
        let sampler = is_asked.then(start).transpose();
        let sampler = sampler
            .map_err(|source| BenchError::Records { path: dir.path().to_owned(), source })?;
        Ok(Reporter { sampler, engine_answers, notes, clock })
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

/// A probe that was answered, and how the engine is set up; else why nobody answers.
async fn ask_engine(
    plan: &BenchPlan,
    kind: Option<EngineKind>,
) -> Result<(EngineProbe, EngineSettings), String> {
    let mut target = match &plan.telemetry {
        TelemetryFrom::Off => return Err(OFF.to_owned()),
        TelemetryFrom::Server => plan.target.clone(),
        TelemetryFrom::At(base) => Target { base: base.clone(), ..plan.target.clone() },
    };
    let mut kind = kind;
    if plan.telemetry != TelemetryFrom::Server {
        // Another address is told no secrets, and what answers there may be another engine.
        target.headers.clear();
        kind = None;
    }
    let probe = EngineProbe::new(target, kind).map_err(|error| error.to_string())?;
    let reading = probe.ask().await.map_err(|error| error.to_string())?;
    Ok((probe, reading.settings))
}

/// Who tells about the accelerators of this machine, if the engine is on it.
async fn ask_gpus(plan: &BenchPlan) -> Result<GpuProbe, String> {
    if plan.telemetry == TelemetryFrom::Off {
        return Err(OFF.to_owned());
    }
    let host = base(plan).host();
    let is_here =
        host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    if !is_here {
        return Err("the server is on another machine".to_owned());
    }
    let probe = GpuProbe::find(std::env::var_os("PATH").as_deref());
    let probe = probe.map_err(|error| error.to_string())?;
    probe.read().await.map_err(|error| error.to_string())?;
    Ok(probe)
}

const OFF: &str = "it was not asked (--telemetry off)";

/// The engine's address.
fn base(plan: &BenchPlan) -> &BaseUrl {
    match &plan.telemetry {
        TelemetryFrom::At(base) => base,
        TelemetryFrom::Server | TelemetryFrom::Off => &plan.target.base,
    }
}

fn lock(notes: &Mutex<Notes>) -> MutexGuard<'_, Notes> {
    notes.lock().unwrap_or_else(PoisonError::into_inner)
}
