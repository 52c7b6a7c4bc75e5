//! The APIs that are spoken: OpenAI's two, and what engines had before them.

use super::options::OptionalField;
use std::fmt;

/// An API: how a request is written and which events its answer has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Api {
    /// OpenAI's chat: messages in, deltas out.
    Chat,
    /// OpenAI's completions: a text in, text out.
    Completions,
    /// TGI's `/generate_stream`: a text in, a token per event out.
    TgiGenerate,
    /// SGLang's `/generate`: a text in, all the text so far out.
    SglangGenerate,
    /// Ollama's `/api/chat`: messages in, a JSON object per line out.
    OllamaChat,
    /// Ollama's `/api/generate`: a text in, a JSON object per line out.
    OllamaGenerate,
}

impl Api {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Chat,
        Self::Completions,
        Self::TgiGenerate,
        Self::SglangGenerate,
        Self::OllamaChat,
        Self::OllamaGenerate,
    ];

    /// The path at which it is usually found.
    pub const fn path(self) -> &'static str {
        match self {
            Self::Chat => "/v1/chat/completions",
            Self::Completions => "/v1/completions",
            Self::TgiGenerate => "/generate_stream",
            Self::SglangGenerate => "/generate",
            Self::OllamaChat => "/api/chat",
            Self::OllamaGenerate => "/api/generate",
        }
    }

    /// The API of a name, where it is one.
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "chat" | "openai-chat" => Self::Chat,
            "completions" | "openai" => Self::Completions,
            "generate_stream" | "tgi" => Self::TgiGenerate,
            "sglang" | "generate" => Self::SglangGenerate,
            "ollama" | "ollama-chat" => Self::OllamaChat,
            "ollama-generate" => Self::OllamaGenerate,
            _ => return None,
        })
    }

    /// The API that is spoken at a path: the one usually found there, below whatever prefix.
    /// Otherwise `completions` speaks completions, and anything else chat.
    pub fn at(path: &str) -> Self {
        let found = Self::ALL.into_iter().filter(|api| path.ends_with(api.path()));
        // `/api/generate` ends with `/generate` too.
        let usual = found.max_by_key(|api| api.path().len());
        usual.unwrap_or(if path.ends_with("/completions") && !path.ends_with("/chat/completions") {
            Self::Completions
        } else {
            Self::Chat
        })
    }

    /// Whether it is one of OpenAI's.
    pub const fn is_openai(self) -> bool {
        matches!(self, Self::Chat | Self::Completions)
    }

    /// Whether it takes a list of messages, which the server's template makes into a text.
    pub const fn takes_messages(self) -> bool {
        matches!(self, Self::Chat | Self::OllamaChat)
    }

    /// Whether there is a word in it for this field.
    pub fn has(self, field: OptionalField) -> bool {
        match field {
            OptionalField::Temperature | OptionalField::Seed => true,
            OptionalField::IgnoreEos | OptionalField::MinTokens => {
                self.is_openai() || self == Self::SglangGenerate
            }
            OptionalField::ContinuousUsageStats
            | OptionalField::StreamOptions
            | OptionalField::MaxTokens
            | OptionalField::MaxCompletionTokens => self.is_openai(),
        }
    }
}

impl fmt::Display for Api {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.path())
    }
}
