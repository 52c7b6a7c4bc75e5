//! Starting an engine and holding on to it.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::thread;

use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::clock::Clock;
use crate::config::EngineConfig;
use crate::error::EngineError;
use crate::metrics::Metrics;
use crate::pacer::PacerHandle;
use crate::quantity::Tokens;
use crate::request::Served;
use crate::scheduler::Scheduler;
use crate::server::{self, Shared};
use crate::timeline::Timeline;
use crate::truth_log::TruthLog;

/// The simulated server; see [`Engine::start`].
#[derive(Debug)]
pub struct Engine;

/// A running engine. Dropping it stops the engine without waiting for that.
#[derive(Debug)]
pub struct EngineHandle {
    addr: SocketAddr,
    truth: TruthLog,
    accepting: JoinHandle<()>,
    pacing: Option<thread::JoinHandle<()>>,
}

impl Engine {
    /// Starts an engine on the current tokio runtime (which needs its I/O and time drivers) and
    /// returns once it listens.
    pub async fn start(config: EngineConfig) -> Result<EngineHandle, EngineError> {
        let kv_capacity = checked_capacity(&config)?;
        let max_model_len = checked_length(&config, kv_capacity)?;
        let listen_error = |source| EngineError::Listen { addr: config.addr, source };
        let listener = TcpListener::bind(config.addr).await.map_err(listen_error)?;
        let addr = listener.local_addr().map_err(listen_error)?;

        let clock = Clock::start();
        let truth = TruthLog::open(clock, config.truth_keep, config.truth_log.as_deref())?;
        let served = Served { model: config.served_name().to_owned(), max_model_len };
        let root_model = config.machine.model.clone();
        let scheduler = Scheduler::new(config.machine.step_time, config.limits, kv_capacity);
        let timeline = Timeline::new(scheduler, config.time_scale);
        let metrics = Arc::new(Metrics::default());
        let (pacer, pacing) = PacerHandle::spawn(clock, timeline, Arc::clone(&metrics))?;
        let shared = Shared {
            clock,
            pacer,
            truth: truth.clone(),
            served,
            metrics,
            kv_capacity,
            root_model,
            started_unix_s: clock.epoch_unix_ns() / 1_000_000_000,
            numbers: AtomicU64::new(1),
        };
        let accepting = tokio::spawn(server::serve(listener, Arc::new(shared)));
        Ok(EngineHandle { addr, truth, accepting, pacing: Some(pacing) })
    }
}

impl EngineHandle {
    /// The address listened on, with the port that was picked.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// The base URL that a client is given, without a path: `http://127.0.0.1:8000`.
    pub fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// What really happened to the requests that have ended.
    pub fn truth(&self) -> &TruthLog {
        &self.truth
    }

    /// Closes all connections, waits for the pacer to end and for the truth log file to be
    /// complete. The error is the first that writing that file met.
    pub async fn shutdown(mut self) -> io::Result<()> {
        self.accepting.abort();
        // Aborted, so the result says nothing new; waiting means that the connections are gone.
        let _ = (&mut self.accepting).await;
        let pacing = self.pacing.take();
        let truth = self.truth.clone();
        let closing = tokio::task::spawn_blocking(move || {
            if let Some(pacing) = pacing {
                // A pacer that panicked has ended too.
                let _ = pacing.join();
            }
            truth.close()
        });
        closing.await.unwrap_or_else(|error| Err(io::Error::other(error)))
    }
}

impl Drop for EngineHandle {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

fn checked_capacity(config: &EngineConfig) -> Result<Tokens, EngineError> {
    let machine = &config.machine;
    let capacity = machine.kv_capacity;
    if capacity > Tokens(0) {
        return Ok(capacity);
    }
    Err(EngineError::DoesNotFit {
        model: machine.model.clone(),
        accelerator: machine.accelerator.clone(),
        needed_bytes: machine.weights.0,
        memory_bytes: machine.memory.0,
    })
}

fn checked_length(config: &EngineConfig, kv_capacity: Tokens) -> Result<Tokens, EngineError> {
    let longest = config.machine.context_length.min(kv_capacity);
    let asked = config.max_model_len.unwrap_or(longest);
    if (Tokens(2)..=longest).contains(&asked) {
        Ok(asked)
    } else {
        Err(EngineError::MaxModelLen { asked: asked.0, longest: longest.0 })
    }
}
