//! Token counts as servers state them: OpenAI `usage`, and the engines' own counters.

use farebox_core::ServerTimes;
use serde::{Deserialize, Deserializer, Serialize};

use crate::chunk::fields::count;

/// An OpenAI `usage` object. What the server did not say is `None`, never zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Usage {
    /// Prompt tokens, chat template included.
    pub input_tokens: Option<u64>,
    /// Generated tokens, reasoning and end token included.
    pub output_tokens: u64,
    /// Generated tokens that were reasoning.
    pub reasoning_tokens: Option<u64>,
    /// Prompt tokens found in the prefix cache.
    pub cached_tokens: Option<u64>,
}

/// What an engine's own fields say: TGI's `details`, llama.cpp's `timings`, Ollama's last line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct NativeCounts {
    /// Prompt tokens, cached ones included.
    pub input_tokens: Option<u64>,
    /// Generated tokens.
    pub output_tokens: Option<u64>,
    /// Prompt tokens found in the prefix cache.
    pub cached_tokens: Option<u64>,
    /// How long the engine took, by its own clock.
    pub times: Option<ServerTimes>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct UsageFields {
    #[serde(deserialize_with = "count")]
    prompt_tokens: Option<u64>,
    #[serde(deserialize_with = "count")]
    completion_tokens: Option<u64>,
    // SGLang puts this beside the totals and not under the details.
    #[serde(deserialize_with = "count")]
    reasoning_tokens: Option<u64>,
    prompt_tokens_details: Option<Details>,
    completion_tokens_details: Option<Details>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Details {
    #[serde(deserialize_with = "count")]
    cached_tokens: Option<u64>,
    #[serde(deserialize_with = "count")]
    reasoning_tokens: Option<u64>,
}

/// For `#[serde(deserialize_with)]`: a usage object, or null; without an output count it says nothing.
pub(crate) fn lenient<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Usage>, D::Error> {
    let fields = Option::<UsageFields>::deserialize(deserializer)?;
    Ok(fields.and_then(UsageFields::into_usage))
}

impl UsageFields {
    fn into_usage(self) -> Option<Usage> {
        let input = self.prompt_tokens_details.unwrap_or_default();
        let output = self.completion_tokens_details.unwrap_or_default();
        Some(Usage {
            input_tokens: self.prompt_tokens,
            output_tokens: self.completion_tokens?,
            reasoning_tokens: output.reasoning_tokens.or(self.reasoning_tokens),
            cached_tokens: input.cached_tokens,
        })
    }
}
