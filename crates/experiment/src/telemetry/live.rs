//! The reporter of a run under way: it asks the machine what it does, off the timed path, and writes
//! down what it hears.

use super::write_samples;
use crate::bench::{BenchError, BenchPlan, TelemetryFrom};
use crate::run_dir::RunDir;
use farebox_core::recording::{Recording, Span};
use farebox_core::run::{Gaps, RunManifest, TelemetryReport};
use farebox_core::{EngineKind, RunInstant, Signal, TelemetrySample};
use farebox_measure::{RunClock, Target};
use farebox_telemetry::{
    EngineProbe, EngineReading, EngineSettings, Gap, Sampler, SamplerSettings, TelemetryEvent,
    Timed,
};
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
    settings: EngineSettings,
    probe: Option<EngineProbe>,
    clock: RunClock,
}

/// Asks on a schedule and at the edges of loads.
pub(crate) struct Reporter {
    sampler: Option<Sampler>,
    notes: Arc<Mutex<Notes>>,
    clock: RunClock,
}

/// What was heard so far.
struct Notes {
    /// None once it was found that it cannot be written.
    file: Option<File>,
    samples: Vec<TelemetrySample>,
    gaps: Option<Gaps>,
}

impl Reporter {
    /// Looks whether the machine says anything.
    pub(crate) async fn ask(
        plan: &BenchPlan,
        engine: Option<EngineKind>,
        clock: RunClock,
    ) -> Asked {
        let nobody = |why: String| (format!("none: {why}"), None, EngineSettings::default());
        let (engine, probe, settings) = match target(plan) {
            None => nobody("it was not asked (--telemetry off)".to_owned()),
            Some(target) => match EngineProbe::new(target.clone(), engine) {
                Err(error) => nobody(error.to_string()),
                Ok(probe) => match probe.ask().await {
                    Err(error) => nobody(plan.target.secrets.scrub(&error.to_string())),
                    Ok(EngineReading { settings, .. }) => {
                        (format!("{}/metrics", target.base), Some(probe), settings)
                    }
                },
            },
        };
        let accelerators = "none: not asked".to_owned();
        let report = TelemetryReport { engine, accelerators, ..TelemetryReport::default() };
        Asked { report, settings, probe, clock }
    }

    /// When everything that happened before is in the counters: looks until nothing runs any more,
    /// for a fraction of a second at most.
    pub(crate) async fn edge(&self) -> RunInstant {
        let Some(sampler) = &self.sampler else { return self.clock.now() };
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

    /// What was heard so far.
    pub(crate) fn recording(&self) -> Recording {
        self.notes().samples.iter().cloned().collect()
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
    /// Says in the manifest who reports, and how the engine is set up.
    pub(crate) fn introduce(&self, manifest: &mut RunManifest) {
        manifest.telemetry = Some(self.report.clone());
        let settings = serde_json::to_value(&self.settings);
        if let Ok(serde_json::Value::Object(settings)) = settings
            && !settings.is_empty()
        {
            manifest.deployment.engine_settings = Some(settings.into());
        }
    }

    /// Asks on a schedule from now on.
    pub(crate) fn start(self, dir: &RunDir) -> Result<Reporter, BenchError> {
        let file = self.probe.as_ref().map(|_| dir.open_telemetry()).transpose()?;
        let notes = Arc::new(Mutex::new(Notes { file, samples: Vec::new(), gaps: None }));
        let (clock, heard) = (self.clock, Arc::clone(&notes));
        let start = |probe| {
            let settings = SamplerSettings { engine: Some(probe), ..SamplerSettings::default() };
            Sampler::start(settings, move || clock.now(), move |event| lock(&heard).event(event))
        };
        let sampler = self
            .probe
            .map(start)
            .transpose()
            .map_err(|source| BenchError::Records { path: dir.path().to_owned(), source })?;
        Ok(Reporter { sampler, notes, clock })
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
        self.samples.extend_from_slice(samples);
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

/// Who is asked; none for nobody. Another address than the server's is told no secrets of it.
fn target(plan: &BenchPlan) -> Option<Target> {
    match &plan.telemetry {
        TelemetryFrom::Server => Some(plan.target.clone()),
        TelemetryFrom::At(base) => {
            let mut other = Target { base: base.clone(), ..plan.target.clone() };
            other.headers.clear();
            Some(other)
        }
        TelemetryFrom::Off => None,
    }
}

fn lock(notes: &Mutex<Notes>) -> MutexGuard<'_, Notes> {
    notes.lock().unwrap_or_else(PoisonError::into_inner)
}
