//! The JSON of OpenAI chunks and answers.

use serde::Serialize;

use super::objects::{UsageObject, json};
use crate::finish::FinishReason;
use crate::usage::Usage;

/// The two shapes of OpenAI chunks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// `/v1/chat/completions`: `choices[].delta`.
    Chat,
    /// `/v1/completions`: `choices[].text`.
    Completions,
}

/// What a chunk's choice says. In [`Shape::Completions`] everything but text is empty text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Say<'a> {
    /// The role, with `content: ""`.
    Role,
    /// The role, with `content: null` (llama.cpp).
    RoleNull,
    /// Text of the answer.
    Content(&'a str),
    /// Reasoning, as `reasoning_content`.
    ReasoningContent(&'a str),
    /// Reasoning, as `reasoning`.
    Reasoning(&'a str),
    /// Nothing: an empty delta.
    Nothing,
}

/// Writes the JSON of one answer's chunks. What all chunks share is written once, here.
#[derive(Debug, Clone)]
pub struct ChunkEncoder {
    shape: Shape,
    chunk_head: Vec<u8>,
    reply_head: Vec<u8>,
}

/// One chunk to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChunkParts<'a> {
    /// Which choice.
    pub index: u32,
    /// What it says.
    pub say: Say<'a>,
    /// Set on the choice's last chunk.
    pub finish: Option<FinishReason>,
    /// Usage riding on the chunk.
    pub usage: Option<Usage>,
}

impl<'a> ChunkParts<'a> {
    /// A chunk of choice 0 that only says something.
    pub fn say(say: Say<'a>) -> Self {
        Self { index: 0, say, finish: None, usage: None }
    }

    /// A chunk of choice 0 that only ends it.
    pub fn finish(reason: FinishReason) -> Self {
        Self { finish: Some(reason), ..Self::say(Say::Nothing) }
    }
}

impl ChunkEncoder {
    /// An encoder for one answer. `created` is in Unix seconds.
    pub fn new(shape: Shape, id: &str, model: &str, created: u64) -> Self {
        let (chunk, reply) = match shape {
            Shape::Chat => ("chat.completion.chunk", "chat.completion"),
            Shape::Completions => ("text_completion", "text_completion"),
        };
        let head = |object| {
            let mut head = json(&Head { id, object, created, model });
            // The closing brace: fields follow.
            head.pop();
            head
        };
        Self { shape, chunk_head: head(chunk), reply_head: head(reply) }
    }

    /// Writes one chunk's JSON, without a frame.
    pub fn chunk(&self, out: &mut Vec<u8>, parts: ChunkParts<'_>) {
        out.extend_from_slice(&self.chunk_head);
        out.extend_from_slice(b",\"choices\":[{\"index\":");
        out.extend_from_slice(parts.index.to_string().as_bytes());
        self.say(out, parts.say);
        out.extend_from_slice(b",\"finish_reason\":");
        out.extend_from_slice(&json(&parts.finish.map(FinishReason::as_wire)));
        out.extend_from_slice(b"}]");
        if let Some(usage) = parts.usage {
            out.extend_from_slice(b",\"usage\":");
            out.extend_from_slice(&json(&UsageObject::from(usage)));
        }
        out.push(b'}');
    }

    /// Writes the chunk that carries usage alone: `choices` is empty.
    pub fn usage(&self, out: &mut Vec<u8>, usage: Usage) {
        out.extend_from_slice(&self.chunk_head);
        out.extend_from_slice(b",\"choices\":[],\"usage\":");
        out.extend_from_slice(&json(&UsageObject::from(usage)));
        out.push(b'}');
    }

    /// Writes a whole answer, as it is sent without `stream`.
    pub fn reply(&self, out: &mut Vec<u8>, text: &str, finish: FinishReason, usage: Usage) {
        out.extend_from_slice(&self.reply_head);
        out.extend_from_slice(match self.shape {
            Shape::Chat => br#","choices":[{"index":0,"message":{"role":"assistant","content":"#,
            Shape::Completions => br#","choices":[{"index":0,"text":"#,
        });
        out.extend_from_slice(&json(text));
        if self.shape == Shape::Chat {
            out.push(b'}');
        }
        out.extend_from_slice(b",\"finish_reason\":");
        out.extend_from_slice(&json(finish.as_wire()));
        out.extend_from_slice(b"}],\"usage\":");
        out.extend_from_slice(&json(&UsageObject::from(usage)));
        out.push(b'}');
    }

    fn say(&self, out: &mut Vec<u8>, say: Say<'_>) {
        let (field, text) = match (self.shape, say) {
            (Shape::Completions, Say::Content(text)) => ("", text),
            (Shape::Completions, _) => ("", ""),
            (Shape::Chat, Say::Content(text)) => ("content", text),
            (Shape::Chat, Say::ReasoningContent(text)) => ("reasoning_content", text),
            (Shape::Chat, Say::Reasoning(text)) => ("reasoning", text),
            (Shape::Chat, Say::Role) => {
                return out.extend_from_slice(br#","delta":{"role":"assistant","content":""}"#);
            }
            (Shape::Chat, Say::RoleNull) => {
                return out.extend_from_slice(br#","delta":{"role":"assistant","content":null}"#);
            }
            (Shape::Chat, Say::Nothing) => return out.extend_from_slice(br#","delta":{}"#),
        };
        if self.shape == Shape::Completions {
            out.extend_from_slice(b",\"text\":");
            return out.extend_from_slice(&json(text));
        }
        out.extend_from_slice(b",\"delta\":{\"");
        out.extend_from_slice(field.as_bytes());
        out.extend_from_slice(b"\":");
        out.extend_from_slice(&json(text));
        out.push(b'}');
    }
}

#[derive(Serialize)]
struct Head<'a> {
    id: &'a str,
    object: &'a str,
    created: u64,
    model: &'a str,
}
