//! What a serving machine said of itself, in one vocabulary for all engines and accelerators.

use crate::quantity::RunInstant;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// One value that somebody reported: a line of `telemetry.jsonl`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TelemetrySample {
    /// When it was read, on the clock of the run.
    pub t_ns: RunInstant,
    /// Who reported it.
    pub scope: Scope,
    /// What it is, and in which unit.
    pub metric: Signal,
    /// The value.
    pub value: f64,
}

/// Who reports a value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Scope {
    /// The serving engine, all of its ranks together.
    Engine,
    /// The accelerator of this index.
    Gpu(u32),
    /// The machine or the engine's processes on it.
    Host,
}

/// A scope that nobody has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no scope: engine, gpu:0 or host")]
pub struct UnknownScope(pub String);

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Engine => f.write_str("engine"),
            Self::Gpu(index) => write!(f, "gpu:{index}"),
            Self::Host => f.write_str("host"),
        }
    }
}

impl FromStr for Scope {
    type Err = UnknownScope;

    fn from_str(text: &str) -> Result<Self, UnknownScope> {
        let unknown = || UnknownScope(text.to_owned());
        match text {
            "engine" => Ok(Self::Engine),
            "host" => Ok(Self::Host),
            _ => {
                let index = text.strip_prefix("gpu:").ok_or_else(unknown)?;
                index.parse().map(Self::Gpu).map_err(|_| unknown())
            }
        }
    }
}

impl From<Scope> for String {
    fn from(scope: Scope) -> Self {
        scope.to_string()
    }
}

impl TryFrom<String> for Scope {
    type Error = UnknownScope;

    fn try_from(text: String) -> Result<Self, UnknownScope> {
        text.parse()
    }
}

/// A quantity that is reported. Names carry the unit; those that end in `_total` only rise, unless
/// the server starts anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Signal {
    /// Share of the KV cache in use, 0 to 1.
    KvUsedFraction,
    /// The same, computed from the model's configuration and the tokens in flight, because the
    /// engine publishes none.
    KvUsedBytesEstimated,
    /// Tokens that the KV cache holds.
    KvCapacityTokens,
    /// Requests in the running batch.
    RequestsRunning,
    /// Requests that wait for a place in it.
    RequestsWaiting,
    /// Requests put aside for want of KV cache.
    PreemptionsTotal,
    /// Input tokens taken in.
    PromptTokensTotal,
    /// Output tokens made.
    GenerationTokensTotal,
    /// Input tokens looked up in the prefix cache.
    PrefixQueriedTokensTotal,
    /// Input tokens found there.
    PrefixHitTokensTotal,
    /// Requests that ended.
    RequestsFinishedTotal,
    /// Sum of TTFT as the engine times it, in seconds.
    TtftSecondsTotal,
    /// Requests in that sum.
    TtftRequestsTotal,
    /// Sum of the time that requests waited, in seconds.
    QueueSecondsTotal,
    /// Sum of the time in prefill, in seconds.
    PrefillSecondsTotal,
    /// Sum of the time in decode, in seconds.
    DecodeSecondsTotal,
    /// Accelerator memory in use, in bytes.
    MemoryUsedBytes,
    /// Accelerator memory that there is, in bytes.
    MemoryTotalBytes,
    /// Share of the time that the accelerator did something, 0 to 1.
    UtilisationFraction,
    /// Power drawn, in watts.
    PowerW,
    /// Clock of the cores, in megahertz.
    ClockMhz,
    /// Temperature of the chip, in degrees Celsius.
    TemperatureC,
    /// Resident memory of the engine's processes, in bytes.
    ResidentBytes,
    /// Processor time of the engine's processes, in seconds.
    CpuSecondsTotal,
}

impl Signal {
    /// What an engine counts.
    pub const COUNTERS: [Self; 11] = [
        Self::PreemptionsTotal,
        Self::PromptTokensTotal,
        Self::GenerationTokensTotal,
        Self::PrefixQueriedTokensTotal,
        Self::PrefixHitTokensTotal,
        Self::RequestsFinishedTotal,
        Self::TtftSecondsTotal,
        Self::TtftRequestsTotal,
        Self::QueueSecondsTotal,
        Self::PrefillSecondsTotal,
        Self::DecodeSecondsTotal,
    ];

    /// Whether it only rises while the server lives.
    pub const fn is_counter(self) -> bool {
        matches!(
            self,
            Self::PreemptionsTotal
                | Self::PromptTokensTotal
                | Self::GenerationTokensTotal
                | Self::PrefixQueriedTokensTotal
                | Self::PrefixHitTokensTotal
                | Self::RequestsFinishedTotal
                | Self::TtftSecondsTotal
                | Self::TtftRequestsTotal
                | Self::QueueSecondsTotal
                | Self::PrefillSecondsTotal
                | Self::DecodeSecondsTotal
                | Self::CpuSecondsTotal
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_is_stored_in_plain_words() {
        let sample = TelemetrySample {
            t_ns: RunInstant::from_nanos(5),
            scope: Scope::Gpu(1),
            metric: Signal::KvUsedFraction,
            value: 0.5,
        };
        let line = serde_json::to_string(&sample).unwrap();
        let stored = r#"{"t_ns":5,"scope":"gpu:1","metric":"kv_used_fraction","value":0.5}"#;
        assert_eq!(line, stored);
        assert_eq!(serde_json::from_str::<TelemetrySample>(&line).unwrap(), sample);
        assert_eq!("gpu:x".parse::<Scope>(), Err(UnknownScope("gpu:x".to_owned())));
    }

    #[test]
    fn counters_are_told_by_their_names() {
        for signal in [Signal::PreemptionsTotal, Signal::KvUsedFraction, Signal::CpuSecondsTotal] {
            let name = serde_json::to_string(&signal).unwrap();
            assert_eq!(signal.is_counter(), name.ends_with("_total\""), "{name}");
        }
    }
}
