//! Asking an engine for what it publishes.

mod llama_cpp;
mod pages;
mod trtllm;

use crate::mapping::{read, recognise, table};
use crate::reading::EngineReading;
use crate::settings::EngineSettings;
use farebox_core::EngineKind;
use farebox_measure::{FetchError, Fetched, Fetcher, Target, TlsError};
use farebox_wire::prometheus::Exposition;
use llama_cpp::Slots;
use std::time::Duration;

/// Asks one engine.
#[derive(Clone)]
pub struct EngineProbe {
    fetcher: Fetcher,
    kind: Option<EngineKind>,
    patience: Duration,
}

/// Longest wait for an answer of `/metrics`. TensorRT-LLM keeps an idle one open for 2 s, and a
/// loaded server may take its time.
pub const PATIENCE: Duration = Duration::from_secs(6);

/// Where nearly all engines have their metrics.
const METRICS: &str = "/metrics";

/// Why an engine told nothing.
#[derive(Debug, thiserror::Error)]
pub enum ScrapeError {
    /// It was not reached, or did not answer in time.
    #[error("{endpoint}: {source}")]
    Fetch {
        /// What was asked.
        endpoint: &'static str,
        /// What happened.
        source: FetchError,
    },
    /// It answered, but with another status than 200.
    #[error("{endpoint} answered {status}")]
    Status {
        /// What was asked.
        endpoint: &'static str,
        /// The status.
        status: u16,
    },
    /// It answered with something that holds no metrics that are known here.
    #[error("{endpoint} holds no metrics of {}", kind.map_or("a known engine", EngineKind::name))]
    Foreign {
        /// What was asked.
        endpoint: &'static str,
        /// The engine whose metrics were looked for, if it is known.
        kind: Option<EngineKind>,
    },
    /// This engine has no metrics.
    #[error("{0} publishes no metrics")]
    Never(EngineKind),
}

impl EngineProbe {
    /// Prepares to ask the engine at `target`. Without a kind, or as a gateway, it is told by its
    /// metrics.
    pub fn new(target: Target, kind: Option<EngineKind>) -> Result<Self, TlsError> {
        let kind = kind.filter(|kind| *kind != EngineKind::OpenAi);
        Ok(Self { fetcher: Fetcher::new(target, PATIENCE)?, kind, patience: PATIENCE })
    }

    /// Changes how long an answer may take.
    #[must_use]
    pub fn with_patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// The engine's kind, as far as it is known.
    pub const fn kind(&self) -> Option<EngineKind> {
        self.kind
    }

    /// Finds out which engine it is, by its metrics, where nobody said.
    pub async fn recognised(mut self) -> Result<Self, ScrapeError> {
        if self.kind.is_none() {
            let body = self.get(METRICS).await?;
            self.kind = recognise(&Exposition::parse(&body));
            self.kind.ok_or(ScrapeError::Foreign { endpoint: METRICS, kind: None })?;
        }
        Ok(self)
    }

    /// Asks once.
    pub async fn ask(&self) -> Result<EngineReading, ScrapeError> {
        match self.kind {
            Some(EngineKind::Trtllm) => self.ask_trtllm().await,
            Some(kind) if table(kind).is_empty() => Err(ScrapeError::Never(kind)),
            kind => match self.ask_prometheus(METRICS, kind).await {
                Err(error) if kind == Some(EngineKind::LlamaCpp) => {
                    self.slots().await.map(Slots::alone).ok_or(error)
                }
                Ok(reading) if reading.kind == Some(EngineKind::LlamaCpp) => {
                    Ok(match self.slots().await {
                        Some(slots) => slots.complete(reading),
                        None => reading,
                    })
                }
                answer => answer,
            },
        }
    }

    /// How the engine is set up, as far as its metrics and its own pages about that say.
    pub async fn settings(&self) -> EngineSettings {
        let mut settings = self.ask().await.map(|reading| reading.settings).unwrap_or_default();
        for page in pages::of(self.kind) {
            if let Ok(body) = self.get(page.endpoint).await {
                settings = settings.or(page.read(&body));
            }
        }
        settings
    }

    async fn ask_prometheus(
        &self,
        endpoint: &'static str,
        kind: Option<EngineKind>,
    ) -> Result<EngineReading, ScrapeError> {
        let body = self.get(endpoint).await?;
        let exposition = Exposition::parse(&body);
        let foreign = || ScrapeError::Foreign { endpoint, kind };
        let kind = kind.or_else(|| recognise(&exposition)).ok_or_else(foreign)?;
        let reading = read(kind, &exposition);
        if reading.values.is_empty() { Err(foreign()) } else { Ok(reading) }
    }

    /// llama.cpp's slots, where they may be seen.
    async fn slots(&self) -> Option<Slots> {
        Slots::read(&self.get("/slots").await.ok()?)
    }

    /// Prometheus' format, where it is switched on, else the records of iterations.
    async fn ask_trtllm(&self) -> Result<EngineReading, ScrapeError> {
        match self.ask_prometheus("/prometheus/metrics", self.kind).await {
            Err(ScrapeError::Status { .. } | ScrapeError::Foreign { .. }) => {}
            reading => return reading,
        }
        let foreign = ScrapeError::Foreign { endpoint: METRICS, kind: self.kind };
        trtllm::read(&self.get(METRICS).await?).ok_or(foreign)
    }

    async fn get(&self, endpoint: &'static str) -> Result<Vec<u8>, ScrapeError> {
        match self.fetcher.get(endpoint, self.patience).await {
            Ok(Fetched { status: 200, body, .. }) => Ok(body),
            Ok(Fetched { status, .. }) => Err(ScrapeError::Status { endpoint, status }),
            Err(source) => Err(ScrapeError::Fetch { endpoint, source }),
        }
    }
}
