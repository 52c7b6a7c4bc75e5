//! One look at all that is watched.

use farebox_core::RunInstant;
use farebox_telemetry::{EngineProbe, EngineReading, GpuError, GpuProbe, GpuReading, ScrapeError};
use std::time::Instant;

/// Who is asked.
pub(super) struct Watched {
    engine: EngineProbe,
    gpu: Option<GpuProbe>,
    started: Instant,
}

/// What they said.
pub(super) struct Look {
    /// When the answers were there, since the watch began.
    pub(super) at: RunInstant,
    pub(super) engine: Result<EngineReading, ScrapeError>,
    /// None where nobody can be asked.
    pub(super) gpus: Option<Result<Vec<GpuReading>, GpuError>>,
}

impl Watched {
    pub(super) fn new(engine: EngineProbe, gpu: Option<GpuProbe>) -> Self {
        Self { engine, gpu, started: Instant::now() }
    }

    /// Asks all at once.
    pub(super) async fn look(&self) -> Look {
        let gpus = async {
            match &self.gpu {
                Some(gpu) => Some(gpu.read().await),
                None => None,
            }
        };
        let (engine, gpus) = tokio::join!(self.engine.ask(), gpus);
        let at = RunInstant::from_nanos(self.started.elapsed().as_nanos() as u64);
        Look { at, engine, gpus }
    }
}

impl Look {
    /// Its samples, a line each, as in `telemetry.jsonl`.
    pub(super) fn json_lines(&self) -> String {
        let engine = self.engine.iter().flat_map(|reading| reading.samples(self.at));
        let gpus = self.gpus.iter().flatten().flatten();
        let samples = engine.chain(gpus.flat_map(|gpu| gpu.samples(self.at)));
        samples.fold(String::new(), |mut lines, sample| {
            // Numbers and fixed words: this cannot fail.
            lines += &serde_json::to_string(&sample).unwrap_or_default();
            lines.push('\n');
            lines
        })
    }
}
