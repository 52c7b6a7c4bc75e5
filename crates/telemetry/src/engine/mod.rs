//! Asking an engine for what it publishes.

use crate::mapping::{read, recognise};
use crate::reading::EngineReading;
use farebox_core::EngineKind;
use farebox_measure::{FetchError, Fetched, Fetcher, Target, TlsError};
use farebox_wire::prometheus::Exposition;
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
    /// Prepares to ask the engine at `target`. Without a kind it is told by its metrics.
    pub fn new(target: Target, kind: Option<EngineKind>) -> Result<Self, TlsError> {
        Ok(Self { fetcher: Fetcher::new(target, PATIENCE)?, kind, patience: PATIENCE })
    }

    /// Changes how long an answer may take.
    #[must_use]
    pub fn with_patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Asks once.
    pub async fn ask(&self) -> Result<EngineReading, ScrapeError> {
        let endpoint = "/metrics";
        let body = self.get(endpoint).await?;
        let exposition = Exposition::parse(&body);
        let foreign = || ScrapeError::Foreign { endpoint, kind: self.kind };
        let kind = self.kind.or_else(|| recognise(&exposition)).ok_or_else(foreign)?;
        let reading = read(kind, &exposition);
        if reading.values.is_empty() { Err(foreign()) } else { Ok(reading) }
    }

    async fn get(&self, endpoint: &'static str) -> Result<Vec<u8>, ScrapeError> {
        match self.fetcher.get(endpoint, self.patience).await {
            Ok(Fetched { status: 200, body, .. }) => Ok(body),
            Ok(Fetched { status, .. }) => Err(ScrapeError::Status { endpoint, status }),
            Err(source) => Err(ScrapeError::Fetch { endpoint, source }),
        }
    }
}
