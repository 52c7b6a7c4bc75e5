//! Sampling on a schedule, on a thread of its own: the timed loops never wait for it, and it never
//! waits for a server longer than its patience.

mod look;
mod schedule;
mod worker;

use crate::engine::EngineProbe;
use crate::gpu::GpuProbe;
use crate::host::ProcessTree;
use crate::reading::EngineReading;
use farebox_core::{RunInstant, TelemetrySample};
use std::fmt;
use std::io;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

/// What is sampled, and how often.
#[derive(Clone)]
pub struct SamplerSettings {
    /// The engine, if it is to be asked.
    pub engine: Option<EngineProbe>,
    /// Time between two looks at the engine.
    pub engine_interval: Duration,
    /// Who is asked about accelerators, if anybody.
    pub gpu: Option<GpuProbe>,
    /// Time between two looks at the accelerators.
    pub gpu_interval: Duration,
    /// The engine's processes, where they run on this machine.
    pub host: Option<ProcessTree>,
    /// Time between two looks at them.
    pub host_interval: Duration,
}

impl Default for SamplerSettings {
    /// Nobody, and 250 ms between looks at an engine, 1 s at all else.
    fn default() -> Self {
        let second = Duration::from_secs(1);
        Self {
            engine: None,
            engine_interval: Duration::from_millis(250),
            gpu: None,
            gpu_interval: second,
            host: None,
            host_interval: second,
        }
    }
}

/// What the sampler has to say.
#[derive(Debug, Clone, PartialEq)]
pub enum TelemetryEvent {
    /// A value.
    Sample(TelemetrySample),
    /// A look that brought nothing.
    Gap(Gap),
}

/// A look that brought nothing.
#[derive(Debug, Clone, PartialEq)]
pub struct Gap {
    /// Who was asked.
    pub asked: Asked,
    /// When it was asked.
    pub from: RunInstant,
    /// When it was given up.
    pub to: RunInstant,
    /// Why, in a line.
    pub why: String,
}

/// Who is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Asked {
    /// The engine.
    Engine,
    /// The accelerators, by whatever tool.
    Gpus,
    /// The operating system, about the engine's processes.
    Host,
}

impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Engine => "engine",
            Self::Gpus => "GPUs",
            Self::Host => "host",
        })
    }
}

/// An answer and when it was asked for and given, on the clock of the run.
#[derive(Debug, Clone, PartialEq)]
pub struct Timed<T> {
    /// Just before it was asked for.
    pub asked: RunInstant,
    /// When the whole answer was there.
    pub answered: RunInstant,
    /// The answer.
    pub answer: T,
}

/// The clock of the run.
type Now = Arc<dyn Fn() -> RunInstant + Send + Sync>;
type Answer = Result<Timed<EngineReading>, Gap>;

/// A running sampler. Dropping it ends it without waiting.
#[derive(Debug)]
pub struct Sampler {
    asks: mpsc::UnboundedSender<oneshot::Sender<Answer>>,
    thread: Option<JoinHandle<()>>,
}

impl Sampler {
    /// Starts sampling. `sink` is called on the sampler's own thread with every sample and gap.
    pub fn start(
        settings: SamplerSettings,
        now: impl Fn() -> RunInstant + Send + Sync + 'static,
        sink: impl FnMut(TelemetryEvent) + Send + 'static,
    ) -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (asks, inbox) = mpsc::unbounded_channel();
        let worker = worker::Worker::new(settings, Arc::new(now), sink);
        let thread = thread::Builder::new().name("telemetry".to_owned()).spawn(move || {
            runtime.block_on(worker.run(inbox));
            // A library call that hangs would be waited for otherwise.
            runtime.shutdown_background();
        })?;
        Ok(Self { asks, thread: Some(thread) })
    }

    /// Looks at the engine now, beside the schedule: for the edges of a window. Takes no longer
    /// than the engine's patience.
    pub async fn snapshot(&self) -> Answer {
        let (answer, answered) = oneshot::channel();
        // A worker that is gone drops what it was sent, and the receiver notices.
        let _ = self.asks.send(answer);
        answered.await.unwrap_or_else(|_| Err(Gap::nobody()))
    }

    /// [`Self::snapshot`] for those who have no runtime; never call it from within one.
    pub fn snapshot_blocking(&self) -> Answer {
        let (answer, answered) = oneshot::channel();
        let _ = self.asks.send(answer);
        answered.blocking_recv().unwrap_or_else(|_| Err(Gap::nobody()))
    }

    /// Ends the sampling. Nothing reaches the sink any more once this returns; what is under way is
    /// given up.
    pub fn stop(mut self) {
        let Some(thread) = self.thread.take() else { return };
        drop(self);
        // A sink that panicked has ended the thread too.
        let _ = thread.join();
    }
}

impl Gap {
    fn nobody() -> Self {
        let never = RunInstant::default();
        let why = "no engine is asked".to_owned();
        Self { asked: Asked::Engine, from: never, to: never, why }
    }
}
