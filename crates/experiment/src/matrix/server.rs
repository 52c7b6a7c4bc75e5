//! What serves a cell: somebody's server that is up already, the simulated engine in this process,
//! or an engine that is started for it and ended after it.

use super::cells::Cell;
use super::engine::{SimulatedSpec, Start};
use super::spec::Matrix;
use farebox_engine::{Engine, EngineConfig, EngineHandle, TimeScale, preset};
use std::fmt::Display;
use tokio::runtime::{Builder, Runtime};

/// A server under way.
pub enum Server {
    /// Somebody else's.
    Url(String),
    /// Ours, simulated.
    Simulated(Simulated),
}

/// A simulated engine on event loops of its own, so that it does not share the client's.
pub struct Simulated {
    url: String,
    engine: EngineHandle,
    runtime: Runtime,
}

/// The command line that starts what serves `cell`; the address of what is up already.
pub fn words(matrix: &Matrix, cell: &Cell) -> Vec<String> {
    match &matrix.engines[cell.server.engine].start {
        Start::Url(url) => vec![url.clone()],
        Start::Simulated(spec) => simulated_words(spec),
        Start::Local(_) | Start::Docker { .. } | Start::Command { .. } => Vec::new(),
    }
}

/// The same engine as a server of its own.
fn simulated_words(spec: &SimulatedSpec) -> Vec<String> {
    let mut words = ["farebox", "engine", "--model", &spec.model, "--gpu", &spec.gpu]
        .map(str::to_owned)
        .to_vec();
    if spec.time_scale.to_bits() != 1.0_f64.to_bits() {
        words.extend(["--time-scale".to_owned(), spec.time_scale.to_string()]);
    }
    words
}

impl Server {
    /// Starts what serves `cell`, and returns once it is ready. The error is for people.
    pub async fn start(matrix: &Matrix, cell: &Cell) -> Result<Self, String> {
        match &matrix.engines[cell.server.engine].start {
            Start::Url(url) => Ok(Self::Url(url.clone())),
            Start::Simulated(spec) => Simulated::start(spec).await.map(Self::Simulated),
            Start::Local(_) | Start::Docker { .. } | Start::Command { .. } => {
                Err("cannot be launched yet".to_owned())
            }
        }
    }

    /// Where it is reached.
    pub fn base_url(&self) -> &str {
        match self {
            Self::Url(url) => url,
            Self::Simulated(simulated) => &simulated.url,
        }
    }

    /// Whether it is a server that was started here.
    pub fn is_ours(&self) -> bool {
        !matches!(self, Self::Url(_))
    }

    /// Resolves with the reason when it ends by itself; never for what cannot.
    pub async fn died(&mut self) -> String {
        match self {
            Self::Url(_) | Self::Simulated(_) => std::future::pending().await,
        }
    }

    /// Ends it.
    pub async fn stop(self) {
        match self {
            Self::Url(_) => {}
            Self::Simulated(simulated) => simulated.stop().await,
        }
    }
}

impl Simulated {
    async fn start(spec: &SimulatedSpec) -> Result<Self, String> {
        fn said(error: impl Display) -> String {
            error.to_string()
        }
        let mut config = EngineConfig::new(
            preset::model(&spec.model).map_err(said)?,
            preset::accelerator(&spec.gpu).map_err(said)?,
        );
        config.time_scale = TimeScale::new(spec.time_scale).map_err(said)?;
        let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build();
        let runtime = runtime.map_err(said)?;
        let started = runtime.spawn(Engine::start(config)).await;
        match started.map_err(said).and_then(|engine| engine.map_err(said)) {
            Ok(engine) => Ok(Self { url: engine.url(), engine, runtime }),
            Err(error) => {
                runtime.shutdown_background();
                Err(error)
            }
        }
    }

    async fn stop(self) {
        // There is no truth log to lose; an engine that does not end ends with its event loops.
        let _ = self.runtime.spawn(self.engine.shutdown()).await;
        self.runtime.shutdown_background();
    }
}
