//! Events that are an engine's own: TGI's `/generate_stream`, SGLang's `/generate`, llama.cpp's timings.

use serde::Deserialize;

use super::fields::{Text, count};
use super::openai::{Channel, Delta};
use crate::finish::{self, FinishReason};
use crate::usage::{NativeCounts, Usage};

/// TGI's `details`, on the last event of a stream.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct TgiDetails {
    #[serde(deserialize_with = "finish::lenient")]
    finish_reason: Option<FinishReason>,
    #[serde(deserialize_with = "count")]
    generated_tokens: Option<u64>,
    #[serde(deserialize_with = "count")]
    input_length: Option<u64>,
}

/// SGLang's `meta_info`, on every event.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct MetaInfo {
    #[serde(deserialize_with = "finish::lenient")]
    finish_reason: Option<FinishReason>,
    #[serde(deserialize_with = "count")]
    prompt_tokens: Option<u64>,
    #[serde(deserialize_with = "count")]
    completion_tokens: Option<u64>,
    #[serde(deserialize_with = "count")]
    cached_tokens: Option<u64>,
}

/// llama.cpp's `timings`.
#[expect(clippy::struct_field_names, reason = "the names are the wire's")]
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Timings {
    #[serde(deserialize_with = "count")]
    prompt_n: Option<u64>,
    #[serde(deserialize_with = "count")]
    predicted_n: Option<u64>,
    #[serde(deserialize_with = "count")]
    cache_n: Option<u64>,
}

impl TgiDetails {
    pub(super) fn finish(&self) -> Option<FinishReason> {
        self.finish_reason
    }

    pub(super) fn counts(&self) -> NativeCounts {
        NativeCounts {
            input_tokens: self.input_length,
            output_tokens: self.generated_tokens,
            cached_tokens: None,
        }
    }
}

impl Timings {
    /// `prompt_n` counts what was computed; what the cache held comes on top of it.
    pub(super) fn counts(&self) -> NativeCounts {
        let cached = self.cache_n.unwrap_or(0);
        NativeCounts {
            input_tokens: self.prompt_n.map(|computed| computed.saturating_add(cached)),
            output_tokens: self.predicted_n,
            cached_tokens: self.cache_n,
        }
    }
}

impl MetaInfo {
    pub(super) fn delta(&self, index: Option<u64>, text: Text) -> Delta {
        let channel = match text {
            Text::Present => Channel::Cumulative,
            Text::Empty => Channel::Empty,
        };
        Delta {
            index: u32::try_from(index.unwrap_or(0)).unwrap_or(u32::MAX),
            channel,
            token_ids: None,
            finish: self.finish_reason,
        }
    }

    pub(super) fn usage(&self) -> Option<Usage> {
        Some(Usage {
            input_tokens: self.prompt_tokens,
            output_tokens: self.completion_tokens?,
            reasoning_tokens: None,
            cached_tokens: self.cached_tokens,
        })
    }
}
