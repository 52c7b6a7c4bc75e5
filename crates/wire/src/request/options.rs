//! What a request asks for beside its prompt.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The parameters that chat and completions requests share. `None` leaves a field out.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RequestOptions {
    /// Most tokens to generate.
    pub output_limit: Option<u32>,
    /// Under which name the limit is sent.
    pub limit_field: OutputLimitField,
    /// Whether the answer is streamed, and with what counts.
    pub stream: StreamMode,
    /// Sampling temperature.
    pub temperature: Option<f64>,
    /// Whether to go on after an end token: the way to a fixed output length.
    pub ignore_eos: Option<bool>,
    /// Fewest tokens to generate: the second best way.
    pub min_tokens: Option<u32>,
    /// Seed of the sampler.
    pub seed: Option<u64>,
    /// Fields merged into the top level; they win over the ones above.
    pub extra: Map<String, Value>,
}

/// Whether and how an answer is streamed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StreamMode {
    /// One body.
    Off,
    /// Streamed, no usage asked for.
    Plain,
    /// Streamed, with usage at the end.
    #[default]
    FinalUsage,
    /// Streamed, with running usage on every chunk (vLLM, SGLang, TRT-LLM) and at the end.
    RunningUsage,
}

/// The two names of the output limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutputLimitField {
    /// `max_tokens`: what every engine understands.
    #[default]
    MaxTokens,
    /// `max_completion_tokens`: what OpenAI asks for now.
    MaxCompletionTokens,
}

/// A field that a server may refuse and a request can do without, or with under another name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OptionalField {
    /// `stream_options.continuous_usage_stats`.
    ContinuousUsageStats,
    /// `stream_options`.
    StreamOptions,
    /// `ignore_eos`.
    IgnoreEos,
    /// `min_tokens`.
    MinTokens,
    /// `temperature`.
    Temperature,
    /// `seed`.
    Seed,
    /// `max_tokens`, sent as [`OutputLimitField::MaxCompletionTokens`] instead.
    MaxTokens,
    /// `max_completion_tokens`, sent as [`OutputLimitField::MaxTokens`] instead.
    MaxCompletionTokens,
}

impl OptionalField {
    /// Every field, inner ones before the ones that hold them.
    pub const ALL: [Self; 8] = [
        Self::ContinuousUsageStats,
        Self::StreamOptions,
        Self::IgnoreEos,
        Self::MinTokens,
        Self::Temperature,
        Self::Seed,
        Self::MaxTokens,
        Self::MaxCompletionTokens,
    ];

    /// The field's name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::ContinuousUsageStats => "continuous_usage_stats",
            Self::StreamOptions => "stream_options",
            Self::IgnoreEos => "ignore_eos",
            Self::MinTokens => "min_tokens",
            Self::Temperature => "temperature",
            Self::Seed => "seed",
            Self::MaxTokens => OutputLimitField::MaxTokens.name(),
            Self::MaxCompletionTokens => OutputLimitField::MaxCompletionTokens.name(),
        }
    }
}

impl OutputLimitField {
    /// The field's name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::MaxTokens => "max_tokens",
            Self::MaxCompletionTokens => "max_completion_tokens",
        }
    }

    /// The other name.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::MaxTokens => Self::MaxCompletionTokens,
            Self::MaxCompletionTokens => Self::MaxTokens,
        }
    }

    /// The same as an optional field.
    pub fn as_optional(self) -> OptionalField {
        match self {
            Self::MaxTokens => OptionalField::MaxTokens,
            Self::MaxCompletionTokens => OptionalField::MaxCompletionTokens,
        }
    }
}

impl RequestOptions {
    /// Whether a request with these options carries the field.
    pub fn sends(&self, field: OptionalField) -> bool {
        match field {
            OptionalField::ContinuousUsageStats => self.stream == StreamMode::RunningUsage,
            OptionalField::StreamOptions => {
                matches!(self.stream, StreamMode::FinalUsage | StreamMode::RunningUsage)
            }
            OptionalField::IgnoreEos => self.ignore_eos.is_some(),
            OptionalField::MinTokens => self.min_tokens.is_some(),
            OptionalField::Temperature => self.temperature.is_some(),
            OptionalField::Seed => self.seed.is_some(),
            OptionalField::MaxTokens | OptionalField::MaxCompletionTokens => {
                self.output_limit.is_some() && self.limit_field.as_optional() == field
            }
        }
    }
}
