//! What is known of each engine before it is asked.

use crate::request::{Api, OptionalField};
use OptionalField::{ContinuousUsageStats, IgnoreEos, MinTokens};
use farebox_core::EngineKind;

/// An engine's dialect. Where each fact comes from is in `docs/engines.md`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Profile {
    /// The engine.
    pub kind: EngineKind,
    /// The APIs that it speaks, the one to use unless told otherwise first.
    pub apis: &'static [Api],
    /// Fields of the OpenAI API that it refuses, or takes and passes over.
    pub lacks: &'static [OptionalField],
    /// Where it says whether it is ready.
    pub health: Option<&'static str>,
    /// Where its metrics are in Prometheus' format, the likeliest place first.
    pub metrics: &'static [&'static str],
    /// What to POST to, so that its prefix cache is emptied.
    pub cache_reset: Option<&'static str>,
    /// Where it says its version, the likeliest place first.
    pub version: &'static [&'static str],
}

/// How an answer is made as long as it was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FixedOutput {
    /// By `ignore_eos`: end tokens do not end it.
    IgnoreEos,
    /// By a minimum as high as the limit.
    MinTokens,
    /// Not at all: the limit is all there is, and the model may stop before it.
    LimitOnly,
}

const OPENAI: &[Api] = &[Api::Chat, Api::Completions];

/// What most engines have.
const USUAL: Profile = Profile {
    kind: EngineKind::OpenAi,
    apis: OPENAI,
    lacks: &[],
    health: Some("/health"),
    metrics: &["/metrics"],
    cache_reset: None,
    version: &[],
};

impl Profile {
    /// The profile of `kind`.
    pub const fn of(kind: EngineKind) -> Self {
        let usual = Self { kind, ..USUAL };
        match kind {
            // The reset is there in development mode only (`VLLM_SERVER_DEV_MODE=1`).
            EngineKind::Vllm => {
                Self { cache_reset: Some("/reset_prefix_cache"), version: &["/version"], ..usual }
            }
            EngineKind::Sglang => Self {
                apis: &[Api::Chat, Api::Completions, Api::SglangGenerate],
                cache_reset: Some("/flush_cache"),
                version: &["/server_info", "/get_server_info"],
                ..usual
            },
            EngineKind::Tgi => Self {
                apis: &[Api::Chat, Api::Completions, Api::TgiGenerate],
                lacks: &[ContinuousUsageStats, IgnoreEos, MinTokens],
                version: &["/info"],
                ..usual
            },
            // `/metrics` is JSON here, and what is read is gone.
            EngineKind::Trtllm => {
                Self { metrics: &["/prometheus/metrics"], version: &["/version"], ..usual }
            }
            EngineKind::LlamaCpp => {
                Self { lacks: &[ContinuousUsageStats, MinTokens], version: &["/props"], ..usual }
            }
            EngineKind::Ollama => Self {
                apis: &[Api::Chat, Api::Completions, Api::OllamaChat, Api::OllamaGenerate],
                lacks: &[ContinuousUsageStats, IgnoreEos, MinTokens],
                health: Some("/api/version"),
                metrics: &[],
                version: &["/api/version"],
                ..usual
            },
            EngineKind::Transformers => {
                Self { lacks: &[ContinuousUsageStats, IgnoreEos, MinTokens], metrics: &[], ..usual }
            }
            EngineKind::Dynamo => usual,
            EngineKind::Farebox => Self { metrics: &[], ..usual },
            EngineKind::OpenAi => Self {
                lacks: &[ContinuousUsageStats, IgnoreEos, MinTokens],
                health: None,
                metrics: &[],
                ..usual
            },
        }
    }

    /// The fields that requests of `api` do without: those it has no word for, and at the OpenAI
    /// API of a known engine those that the engine lacks.
    pub fn lacking(known: Option<EngineKind>, api: Api) -> Vec<OptionalField> {
        let lacks = known.filter(|_| api.is_openai()).map_or(&[][..], |kind| Self::of(kind).lacks);
        let unsaid = [IgnoreEos, MinTokens].into_iter().filter(|field| !api.has(*field));
        unsaid.chain(lacks.iter().copied()).collect()
    }

    /// How answers of `api` are made as long as they were asked for.
    pub fn fixed_output(&self, api: Api) -> FixedOutput {
        let lacking = Self::lacking(Some(self.kind), api);
        if !lacking.contains(&IgnoreEos) {
            FixedOutput::IgnoreEos
        } else if !lacking.contains(&MinTokens) {
            FixedOutput::MinTokens
        } else {
            FixedOutput::LimitOnly
        }
    }

    /// Whether it speaks `api`.
    pub fn speaks(&self, api: Api) -> bool {
        self.apis.contains(&api)
    }
}
