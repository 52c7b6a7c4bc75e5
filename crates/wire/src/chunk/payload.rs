//! What a payload can be, and the reading of one.

use serde::Deserialize;
use serde::de::IgnoredAny;
use thiserror::Error;

use super::fields::{Presence, Text, count};
use super::native::{MetaInfo, OllamaLine, TgiDetails, Timings};
use super::openai::{Channel, Delta, Deltas};
use crate::error_body::ErrorBody;
use crate::excerpt::excerpt;
use crate::finish::FinishReason;
use crate::usage::{self, NativeCounts, Usage};

/// The payload of one event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Payload {
    /// `[DONE]`.
    Done,
    /// `null`, or nothing at all: llama.cpp opens a stream of two prompts with it.
    Null,
    /// A part of the answer, or the whole of one that was not streamed.
    Chunk(Chunk),
    /// An error, sent under a status that promised an answer.
    Error(ErrorBody),
}

/// A part of an answer. It may carry text, an end and usage at once.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Chunk {
    /// Which engine's own format it is.
    pub dialect: Dialect,
    /// What each choice adds; empty in a chunk that carries usage alone.
    pub deltas: Deltas,
    /// The `usage` object, unless null.
    pub usage: Option<Usage>,
    /// The engine's own counts.
    pub native: Option<NativeCounts>,
    /// How far the prompt has been read (llama.cpp with `return_progress`).
    pub progress: Option<PromptProgress>,
}

/// The format of a chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Dialect {
    /// OpenAI chat or completions.
    #[default]
    OpenAi,
    /// TGI's `/generate` and `/generate_stream`: one token per event.
    Tgi,
    /// SGLang's `/generate`: cumulative text, counts on every event.
    Sglang,
    /// Ollama's `/api/chat` and `/api/generate`: a line each, counts on the last.
    Ollama,
}

/// Prompt tokens read so far, of how many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PromptProgress {
    /// Tokens read.
    pub processed: Option<u64>,
    /// Tokens to read.
    pub total: Option<u64>,
}

/// A payload that is not JSON, or not the JSON of an answer.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("not the JSON of an answer ({reason}): {excerpt}")]
pub struct BadJson {
    /// What the reader tripped over, with its position.
    pub reason: String,
    /// The beginning of the payload.
    pub excerpt: String,
}

impl BadJson {
    pub(crate) fn new(error: &serde_json::Error, payload: &[u8]) -> Self {
        Self { reason: error.to_string(), excerpt: excerpt(payload) }
    }
}

/// Reads one payload: what stood behind `data:`, or the body of an answer that was not streamed.
///
/// Some servers paste their error text into JSON by hand and break it; what begins like an error
/// object is an error however it goes on.
pub fn parse(payload: &[u8]) -> Result<Payload, BadJson> {
    let payload = payload.trim_ascii();
    match payload {
        b"[DONE]" => return Ok(Payload::Done),
        b"" | b"null" => return Ok(Payload::Null),
        _ => {}
    }
    match serde_json::from_slice::<Body>(payload) {
        Ok(body) if body.is_error() => Ok(Payload::Error(ErrorBody::parse(payload))),
        Ok(Body { done: Some(_), choices: None, .. }) => ollama(payload),
        Ok(body) => Ok(Payload::Chunk(body.into_chunk())),
        Err(_) if begins_like_error(payload) || complains(payload) => {
            Ok(Payload::Error(ErrorBody::parse(payload)))
        }
        Err(error) => Err(BadJson::new(&error, payload)),
    }
}

/// A line of Ollama's own, whose `message` is none of an error.
fn ollama(payload: &[u8]) -> Result<Payload, BadJson> {
    let line: OllamaLine =
        serde_json::from_slice(payload).map_err(|error| BadJson::new(&error, payload))?;
    Ok(Payload::Chunk(Chunk {
        dialect: Dialect::Ollama,
        deltas: Deltas::one(line.delta()),
        native: line.counts(),
        ..Chunk::default()
    }))
}

/// Whether this is an error object of which some other field has a type no answer has.
fn complains(payload: &[u8]) -> bool {
    #[derive(Deserialize, Default)]
    #[serde(default)]
    struct Complaint {
        error: Presence,
        detail: Presence,
        message: Presence,
        choices: Presence,
    }
    serde_json::from_slice::<Complaint>(payload).is_ok_and(|body| {
        let said = body.error.is_present() || body.detail.is_present() || body.message.is_present();
        said && !body.choices.is_present()
    })
}

fn begins_like_error(payload: &[u8]) -> bool {
    let inside = payload.strip_prefix(b"{").unwrap_or_default();
    inside.trim_ascii_start().starts_with(b"\"error\"")
}

/// Every top-level field of every dialect.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Body {
    choices: Option<Deltas>,
    #[serde(deserialize_with = "usage::lenient")]
    usage: Option<Usage>,
    timings: Option<Timings>,
    prompt_progress: Option<Progress>,
    // TGI.
    token: Option<IgnoredAny>,
    generated_text: Option<Text>,
    details: Option<TgiDetails>,
    // SGLang.
    text: Text,
    #[serde(deserialize_with = "count")]
    index: Option<u64>,
    meta_info: Option<MetaInfo>,
    // Ollama.
    done: Option<IgnoredAny>,
    // Errors: OpenAI's, FastAPI's, and the flat object of older vLLM.
    error: Presence,
    detail: Presence,
    message: Presence,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Progress {
    #[serde(deserialize_with = "count")]
    processed: Option<u64>,
    #[serde(deserialize_with = "count")]
    total: Option<u64>,
}

impl Body {
    fn is_error(&self) -> bool {
        let complains = self.detail.is_present() || self.message.is_present();
        self.error.is_present() || (complains && !self.answers())
    }

    /// Whether any field of an answer is there, so that a stray `message` is no complaint.
    fn answers(&self) -> bool {
        self.choices.is_some()
            || self.usage.is_some()
            || self.token.is_some()
            || self.generated_text.is_some()
            || self.meta_info.is_some()
            || self.done.is_some()
    }

    fn into_chunk(self) -> Chunk {
        let progress = self.prompt_progress.as_ref().map(|progress| PromptProgress {
            processed: progress.processed,
            total: progress.total,
        });
        let chunk = if let Some(meta) = &self.meta_info {
            self.sglang(meta)
        } else if self.token.is_some() || self.generated_text.is_some() {
            self.tgi()
        } else {
            Chunk {
                native: self.timings.as_ref().map(Timings::counts),
                usage: self.usage,
                deltas: self.choices.unwrap_or_default(),
                ..Chunk::default()
            }
        };
        Chunk { progress, ..chunk }
    }

    fn sglang(&self, meta: &MetaInfo) -> Chunk {
        Chunk {
            dialect: Dialect::Sglang,
            deltas: Deltas::one(meta.delta(self.index, self.text)),
            usage: meta.usage(),
            ..Chunk::default()
        }
    }

    /// TGI's last event carries a token, the whole text and, if asked for, the details.
    fn tgi(&self) -> Chunk {
        let ended = self.generated_text.map(|_| FinishReason::Other);
        let stated = self.details.as_ref().and_then(TgiDetails::finish);
        let delta = Delta {
            index: 0,
            channel: Channel::Content,
            token_ids: self.token.map(|_| 1),
            finish: stated.or(ended),
        };
        Chunk {
            dialect: Dialect::Tgi,
            deltas: Deltas::one(delta),
            native: self.details.as_ref().map(TgiDetails::counts),
            ..Chunk::default()
        }
    }
}
