//! What a row says, whatever its shape: lengths, or who said what.

use crate::time::Moment;
use serde::Serialize;

/// One row, understood.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// When it was sent.
    pub at: Option<Moment>,
    /// The conversation it belongs to.
    pub session: Option<u64>,
    /// What it says.
    pub content: Content,
}

/// What a row says.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// Lengths that the source declares.
    Lengths(Lengths),
    /// Messages; every answer in them is a request with all that came before as its input.
    Talk(Vec<Message>),
}

/// Lengths that the source declares.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Lengths {
    /// Input tokens.
    pub isl: u64,
    /// Output tokens.
    pub osl: u64,
    /// Input tokens that the server had cached.
    pub shared_prefix: Option<u32>,
    /// Names of the prompt's blocks.
    pub blocks: Vec<u64>,
}

/// One message of a conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Message {
    /// Who speaks.
    pub role: Role,
    /// What is said.
    pub content: String,
    /// When, where each message has its time.
    #[serde(skip)]
    pub at: Option<Moment>,
}

/// Who speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// The instructions.
    System,
    /// The person.
    User,
    /// The model.
    Assistant,
    /// What a tool gave back.
    Tool,
}

impl Role {
    /// As the OpenAI API writes it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::User => "user",
            Self::Assistant => "assistant",
            Self::Tool => "tool",
        }
    }

    /// The names that datasets use.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Some(match name.to_ascii_lowercase().as_str() {
            "system" | "developer" => Self::System,
            "user" | "human" | "prompter" | "input" => Self::User,
            "assistant" | "gpt" | "model" | "bot" | "chatgpt" | "bing" | "bard" | "output" => {
                Self::Assistant
            }
            "tool" | "function" | "observation" | "function_call" => Self::Tool,
            _ => return None,
        })
    }
}

impl Message {
    /// A message without a time.
    pub fn new(role: Role, content: impl Into<String>) -> Self {
        Self { role, content: content.into(), at: None }
    }
}
