//! Which of an engine's names means what.
//!
//! Each engine has a table: one row per signal, in it the readings of that signal that its versions
//! offer, best first. Names match with and without `_total`.

mod meaning;
mod tables;

pub use meaning::Meaning;

use crate::reading::{EngineReading, Missing};
use crate::settings::EngineSettings;
use farebox_core::{EngineKind, Signal};
use farebox_wire::prometheus::Exposition;

/// One signal and how it is read, best first.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Row {
    /// What it is.
    pub signal: Signal,
    /// The first of these that the engine publishes is taken.
    pub meanings: &'static [Meaning],
}

/// What engines can say of themselves.
pub const ENGINE_SIGNALS: [Signal; 15] = [
    Signal::KvUsedFraction,
    Signal::KvCapacityTokens,
    Signal::RequestsRunning,
    Signal::RequestsWaiting,
    Signal::PreemptionsTotal,
    Signal::PromptTokensTotal,
    Signal::GenerationTokensTotal,
    Signal::PrefixQueriedTokensTotal,
    Signal::PrefixHitTokensTotal,
    Signal::RequestsFinishedTotal,
    Signal::TtftSecondsTotal,
    Signal::TtftRequestsTotal,
    Signal::QueueSecondsTotal,
    Signal::PrefillSecondsTotal,
    Signal::DecodeSecondsTotal,
];

/// The table of `kind` for Prometheus' format; empty for an engine that has no metrics.
pub fn table(kind: EngineKind) -> &'static [Row] {
    match kind {
        EngineKind::Vllm | EngineKind::Farebox => tables::VLLM,
        EngineKind::Sglang => tables::SGLANG,
        EngineKind::Tgi => tables::TGI,
        EngineKind::Trtllm => tables::TRTLLM,
        EngineKind::LlamaCpp => tables::LLAMA_CPP,
        EngineKind::Dynamo => tables::DYNAMO,
        EngineKind::Ollama | EngineKind::Transformers | EngineKind::OpenAi => &[],
    }
}

/// The engine whose metrics these are, by how their names begin.
pub fn recognise(exposition: &Exposition<'_>) -> Option<EngineKind> {
    const BEGINNINGS: [(&str, EngineKind); 8] = [
        // Our own engine speaks in vLLM's names otherwise.
        ("farebox:", EngineKind::Farebox),
        // Dynamo passes the metrics of the engine behind it through.
        ("dynamo_frontend_", EngineKind::Dynamo),
        ("vllm:", EngineKind::Vllm),
        ("sglang:", EngineKind::Sglang),
        ("sglang_", EngineKind::Sglang),
        ("tgi_", EngineKind::Tgi),
        ("trtllm_", EngineKind::Trtllm),
        ("llamacpp:", EngineKind::LlamaCpp),
    ];
    let has = |beginning: &str| exposition.samples.iter().any(|s| s.name.starts_with(beginning));
    BEGINNINGS.into_iter().find(|(beginning, _)| has(beginning)).map(|(_, kind)| kind)
}

/// Reads all that `kind` is known to publish.
pub fn read(kind: EngineKind, exposition: &Exposition<'_>) -> EngineReading {
    let mut reading = EngineReading { kind: Some(kind), ..EngineReading::default() };
    for signal in ENGINE_SIGNALS {
        let row = table(kind).iter().find(|row| row.signal == signal);
        reading.note(signal, row.map_or(Err(Missing::NotPublished), |row| row.read(exposition)));
    }
    reading.settings = EngineSettings::of(kind, exposition);
    reading
}

impl Row {
    /// The first reading that the engine publishes.
    pub(crate) fn read(&self, exposition: &Exposition<'_>) -> Result<f64, Missing> {
        let mut found = self.meanings.iter().filter_map(|meaning| meaning.read(exposition));
        found.next().ok_or(Missing::NotInAnswer)
    }
}
