//! Why a model stopped, over all the spellings engines use.

use std::fmt;

use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Serialize};

/// Why a choice ended. Serialised in snake case (`stop`, `length`, `tool_calls`, ...).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FinishReason {
    /// An end token or a stop string: the model chose to stop.
    Stop,
    /// The requested or the largest possible output length was reached.
    Length,
    /// The model called a tool.
    ToolCalls,
    /// A filter cut the answer.
    ContentFilter,
    /// The engine gave the request up and says so as if it were an end.
    Abort,
    /// A reason this list does not know.
    Other,
}

impl FinishReason {
    /// Reads an engine's word. An empty word is no reason at all.
    pub fn from_wire(word: &str) -> Option<Self> {
        Some(match word {
            "" => return None,
            "stop" | "eos" | "eos_token" | "stop_sequence" | "stop_str" | "end_turn" => Self::Stop,
            "length" | "max_tokens" | "max_length" => Self::Length,
            "tool_calls" | "tool_call" | "function_call" | "tool_use" => Self::ToolCalls,
            "content_filter" => Self::ContentFilter,
            "abort" | "aborted" | "cancelled" | "error" => Self::Abort,
            _ => Self::Other,
        })
    }

    /// The OpenAI word for this reason, as [`crate::encode`] writes it.
    pub fn as_wire(self) -> &'static str {
        match self {
            Self::Stop => "stop",
            Self::Length => "length",
            Self::ToolCalls => "tool_calls",
            Self::ContentFilter => "content_filter",
            Self::Abort => "abort",
            Self::Other => "other",
        }
    }
}

/// For `#[serde(deserialize_with)]`: a word, null, or SGLang's `{"type": "length", ...}`.
pub(crate) fn lenient<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<FinishReason>, D::Error> {
    deserializer.deserialize_any(WordVisitor)
}

struct WordVisitor;

impl<'de> Visitor<'de> for WordVisitor {
    type Value = Option<FinishReason>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a finish reason")
    }

    fn visit_str<E>(self, word: &str) -> Result<Self::Value, E> {
        Ok(FinishReason::from_wire(word))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut reason = FinishReason::Other;
        while let Some(key) = map.next_key::<String>()? {
            if key == "type" {
                let word: String = map.next_value()?;
                reason = FinishReason::from_wire(&word).unwrap_or(reason);
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(Some(reason))
    }
}
