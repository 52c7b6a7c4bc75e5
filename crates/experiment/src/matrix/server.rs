//! What serves a cell: somebody's server that is up already, the simulated engine in this process,
//! or an engine that is started for it and ended after it.

use super::cells::{Cell, ServerKey};
use super::engine::{EngineSpec, SimulatedSpec, Start};
use super::spec::Matrix;
use crate::bench::EngineProcesses;
use crate::telemetry::ToldSettings;
use farebox_engine::{Engine, EngineConfig, EngineHandle, TimeScale, preset};
use farebox_launch::{
    CommandLine, Death, How, LaunchError, LaunchSpec, Launcher, Running, command_line,
};
use farebox_measure::redact;
use std::fmt::Display;
use std::path::Path;
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};

/// A server under way.
pub enum Server {
    /// Somebody else's.
    Url(String),
    /// Ours, simulated.
    Simulated(Simulated),
    /// Ours, a process or a container.
    Launched(Box<Launched>),
}

/// An engine that was started here.
pub struct Launched {
    spec: LaunchSpec,
    command: CommandLine,
    running: Running,
}

/// A simulated engine on event loops of its own, so that it does not share the client's.
pub struct Simulated {
    url: String,
    engine: EngineHandle,
    runtime: Runtime,
}

/// Why there is no server, or none any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Downfall {
    /// In one line.
    pub reason: String,
    /// The last lines of its log.
    pub log_tail: Vec<String>,
}

/// What serves a cell, as one would type it: a command line, or the address of what is up already.
pub fn shown(matrix: &Matrix, cell: &Cell) -> String {
    let engine = &matrix.engines[cell.server.engine];
    match &engine.start {
        Start::Url(url) => redact::address(url),
        Start::Simulated(simulated) => simulated.shown(),
        Start::Launched { spec, .. } => {
            let spec = spec_of(spec, engine, &cell.server, cell.model.as_deref());
            command_line(&spec).map_or_else(|error| error.to_string(), |line| line.to_string())
        }
    }
}

/// Everything to serve `model` at `key` with an engine that is started here.
pub(super) fn spec_of(
    usual: &LaunchSpec,
    engine: &EngineSpec,
    key: &ServerKey,
    model: Option<&str>,
) -> LaunchSpec {
    let mut spec = usual.clone();
    spec.engine = engine.kind;
    model.unwrap_or_default().clone_into(&mut spec.model);
    spec.tp = key.tp;
    if let How::Custom(words) = &mut spec.how {
        for word in words {
            *word = word.replace("{precision}", &key.precision);
        }
        // Its words say what it is told.
        return spec;
    }
    spec.with_precision(&key.precision)
}

impl SimulatedSpec {
    /// The same engine as a server of its own.
    fn shown(&self) -> String {
        let Self { model, gpu, time_scale } = self;
        let usual = format!("farebox engine --model {model} --gpu {gpu}");
        let is_faster = time_scale.to_bits() != 1.0_f64.to_bits();
        if is_faster { format!("{usual} --time-scale {time_scale}") } else { usual }
    }
}

impl Server {
    /// Starts what serves `cell`, its output going to `log`, and returns once it is ready.
    pub async fn start(
        matrix: &Matrix,
        cell: &Cell,
        launcher: &Launcher,
        log: &Path,
    ) -> Result<Self, Downfall> {
        let engine = &matrix.engines[cell.server.engine];
        match &engine.start {
            Start::Url(url) => Ok(Self::Url(url.clone())),
            Start::Simulated(spec) => {
                let started = Simulated::start(spec).await;
                started.map(Self::Simulated).map_err(Downfall::silent)
            }
            Start::Launched { spec, ready_timeout } => {
                let spec = spec_of(spec, engine, &cell.server, cell.model.as_deref());
                let launched = launch(spec, launcher, log, *ready_timeout).await?;
                Ok(Self::Launched(Box::new(launched)))
            }
        }
    }

    /// Where it is reached.
    pub fn base_url(&self) -> String {
        match self {
            Self::Url(url) => url.clone(),
            Self::Simulated(simulated) => simulated.url.clone(),
            Self::Launched(launched) => launched.running.base_url(),
        }
    }

    /// Whether it is a server that was started here.
    pub fn is_ours(&self) -> bool {
        !matches!(self, Self::Url(_))
    }

    /// Its processes on this machine.
    pub fn processes(&self) -> EngineProcesses {
        match self {
            Self::Url(_) => EngineProcesses::Listening,
            Self::Simulated(_) => EngineProcesses::Unseen("it is simulated in this very process"),
            Self::Launched(launched) => launched.processes(),
        }
    }

    /// The settings that it was started with.
    pub fn told(&self) -> ToldSettings {
        match self {
            Self::Url(_) | Self::Simulated(_) => ToldSettings::default(),
            Self::Launched(launched) => ToldSettings::of(launched.spec.engine, &launched.command),
        }
    }

    /// Resolves with the reason when it ends by itself; never for what cannot.
    pub async fn died(&mut self) -> Downfall {
        match self {
            Self::Url(_) | Self::Simulated(_) => std::future::pending().await,
            Self::Launched(launched) => launched.running.died().await.into(),
        }
    }

    /// Ends it.
    pub async fn stop(self) {
        match self {
            Self::Url(_) => {}
            Self::Simulated(simulated) => simulated.stop().await,
            Self::Launched(launched) => launched.running.stop().await,
        }
    }
}

/// Starts an engine on a free port and waits until it says that it is up.
async fn launch(
    mut spec: LaunchSpec,
    launcher: &Launcher,
    log: &Path,
    patience: Duration,
) -> Result<Launched, Downfall> {
    spec.port = farebox_launch::free_port().map_err(Downfall::silent)?;
    let command = command_line(&spec)?;
    let mut running = launcher.start(&command, spec.port, log)?;
    match running.wait_ready(patience, std::future::pending()).await {
        Ok(()) => Ok(Launched { spec, command, running }),
        Err(error) => {
            running.stop().await;
            Err(error.into())
        }
    }
}

impl Launched {
    fn processes(&self) -> EngineProcesses {
        if matches!(self.spec.how, How::Docker(_)) {
            return EngineProcesses::Unseen("it runs in a container");
        }
        let guard = self.running.guard();
        guard.map_or(EngineProcesses::Unseen("it has ended"), EngineProcesses::Below)
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

impl Downfall {
    fn silent(reason: impl Display) -> Self {
        Self { reason: reason.to_string(), log_tail: Vec::new() }
    }
}

impl From<Death> for Downfall {
    fn from(death: Death) -> Self {
        let hint = death.cause.map_or(String::new(), |cause| format!(" ({})", cause.hint()));
        Self { reason: format!("{death}{hint}"), log_tail: death.tail }
    }
}

impl From<LaunchError> for Downfall {
    fn from(error: LaunchError) -> Self {
        match error {
            LaunchError::Died(death) => death.into(),
            other => Self::silent(other),
        }
    }
}
