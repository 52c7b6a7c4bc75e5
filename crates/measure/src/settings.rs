//! How load is made: what a request asks for, and how long we wait for it.

use crate::prefix_cache::CacheWish;
use crate::prompt::PromptSource;
use crate::target::Endpoint;
use farebox_core::EngineKind;
use farebox_wire::request::RequestOptions;
use farebox_workload::Workload;
use std::sync::Arc;
use std::time::Duration;

/// Everything about the requests of a run that is not their number.
#[derive(Debug, Clone)]
pub struct LoadSettings {
    /// The API spoken.
    pub endpoint: Endpoint,
    /// The engine, where somebody says so; none to find out.
    pub engine: Option<EngineKind>,
    /// The model's name as the server knows it; none means the first it lists.
    pub model: Option<String>,
    /// How long requests are and what they have in common. When they are sent is the load's.
    pub workload: Workload,
    /// Who writes their prompts; none for common words, fitted to the server's tokens by probes.
    pub prompts: Option<Arc<dyn PromptSource>>,
    /// Fewer output tokens than this make an answer a failure.
    pub min_osl: Option<u32>,
    /// Fields of the body besides model and prompt; negotiated with the server.
    pub options: RequestOptions,
    /// Same seed, same bytes.
    pub seed: u64,
    /// What the server's prefix cache shall hold; none leaves it as it is.
    pub cache: Option<CacheWish>,
    /// How much of each stream is kept.
    pub events: EventDetail,
    /// How long we wait for what.
    pub patience: Patience,
}

impl LoadSettings {
    /// Mean input and output tokens per request, rounded.
    pub fn lengths(&self) -> (u32, u32) {
        let (isl, osl) = self.workload.mean_lengths();
        (isl.round() as u32, osl.round() as u32)
    }
}

/// How much of each stream is kept in its record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventDetail {
    /// Every event with its time.
    Full,
    /// Only what the definitions of TTFT, TPOT and E2E need.
    Summary,
}

/// How long we wait for what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// For a server that does not answer yet when the run should start.
    pub ready: Duration,
    /// For a connection.
    pub connect: Duration,
    /// For a whole request.
    pub request: Duration,
    /// Between two reads of a stream that has begun to bring tokens.
    pub stall: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            ready: Duration::from_secs(5),
            connect: Duration::from_secs(10),
            request: Duration::from_mins(10),
            stall: Duration::from_mins(1),
        }
    }
}
