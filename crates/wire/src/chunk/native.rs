//! Events that are an engine's own: TGI's `/generate_stream`, SGLang's `/generate`, Ollama's lines,
//! llama.cpp's timings.

use farebox_core::ServerTimes;
use serde::Deserialize;

use super::fields::{Presence, Text, count, millis};
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

/// A line of Ollama's `/api/chat` or `/api/generate`. Only these say whether they are the last.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct OllamaLine {
    message: OllamaMessage,
    response: Text,
    thinking: Text,
    done: bool,
    #[serde(deserialize_with = "finish::lenient")]
    done_reason: Option<FinishReason>,
    #[serde(deserialize_with = "count")]
    prompt_eval_count: Option<u64>,
    #[serde(deserialize_with = "count")]
    eval_count: Option<u64>,
    // All in nanoseconds.
    #[serde(deserialize_with = "count")]
    load_duration: Option<u64>,
    #[serde(deserialize_with = "count")]
    prompt_eval_duration: Option<u64>,
    #[serde(deserialize_with = "count")]
    eval_duration: Option<u64>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct OllamaMessage {
    content: Text,
    thinking: Text,
    tool_calls: Presence,
}

/// llama.cpp's `timings`.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Timings {
    #[serde(deserialize_with = "count")]
    prompt_n: Option<u64>,
    #[serde(deserialize_with = "count")]
    predicted_n: Option<u64>,
    #[serde(deserialize_with = "count")]
    cache_n: Option<u64>,
    #[serde(deserialize_with = "millis")]
    prompt_ms: Option<u64>,
    #[serde(deserialize_with = "millis")]
    predicted_ms: Option<u64>,
}

impl TgiDetails {
    pub(super) fn finish(&self) -> Option<FinishReason> {
        self.finish_reason
    }

    pub(super) fn counts(&self) -> NativeCounts {
        NativeCounts {
            input_tokens: self.input_length,
            output_tokens: self.generated_tokens,
            ..NativeCounts::default()
        }
    }
}

impl OllamaLine {
    pub(super) fn delta(&self) -> Delta {
        let channel = if self.message.content.is_present() || self.response.is_present() {
            Channel::Content
        } else if self.message.tool_calls.is_present() {
            Channel::Tool
        } else if self.message.thinking.is_present() || self.thinking.is_present() {
            Channel::Reasoning
        } else {
            Channel::Empty
        };
        // Versions before 0.1.45 end without a reason.
        let ended = self.done.then_some(self.done_reason.unwrap_or(FinishReason::Other));
        Delta { index: 0, channel, token_ids: None, finish: ended }
    }

    /// The last line counts. A prompt found whole in the cache is not counted at all.
    pub(super) fn counts(&self) -> Option<NativeCounts> {
        self.done.then_some(NativeCounts {
            input_tokens: self.prompt_eval_count,
            output_tokens: self.eval_count,
            cached_tokens: None,
            times: Some(ServerTimes {
                load_ns: self.load_duration,
                prefill_ns: self.prompt_eval_duration,
                decode_ns: self.eval_duration,
            }),
        })
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
            times: Some(ServerTimes {
                load_ns: None,
                prefill_ns: self.prompt_ms,
                decode_ns: self.predicted_ms,
            }),
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
