//! Answers as bytes, in the shape that vLLM gives them.
//!
//! `farebox-wire` spells the chunks and serialises what they share once per answer; this file says
//! which chunks an answer has. `reply_body.rs` feeds the result to hyper.

use bytes::Bytes;
use farebox_wire::encode::{ChunkEncoder, ChunkParts, FrameStyle, Say, Shape};
use farebox_wire::{FinishReason, Usage};

use crate::request::{Endpoint, StreamUsage};
use crate::scheduler::Job;
use crate::words::word;

/// Who answers, and to what.
#[derive(Debug, Clone)]
pub(crate) struct Identity {
    pub(crate) endpoint: Endpoint,
    pub(crate) job: Job,
    /// The request's number, which picks its words.
    pub(crate) number: u64,
    pub(crate) request_id: String,
    pub(crate) model: String,
    /// Seconds since 1970.
    pub(crate) created: u64,
}

/// Renders one answer.
#[derive(Debug)]
pub(crate) struct AnswerWriter {
    endpoint: Endpoint,
    job: Job,
    number: u64,
    encoder: ChunkEncoder,
}

impl AnswerWriter {
    pub(crate) fn new(identity: &Identity) -> Self {
        let (prefix, shape) = match identity.endpoint {
            Endpoint::Chat => ("chatcmpl", Shape::Chat),
            Endpoint::Completions => ("cmpl", Shape::Completions),
        };
        let id = format!("{prefix}-{}", identity.request_id);
        Self {
            endpoint: identity.endpoint,
            job: identity.job,
            number: identity.number,
            encoder: ChunkEncoder::new(shape, &id, &identity.model, identity.created),
        }
    }

    /// The whole answer as one JSON document.
    pub(crate) fn whole(&self) -> Bytes {
        let text: String = (0..self.job.osl.0).map(|index| self.text(index)).collect();
        let mut out = Vec::with_capacity(text.len() + 512);
        let usage = self.usage_after(self.job.osl.0);
        self.encoder.reply(&mut out, &text, FinishReason::Length, usage);
        out.into()
    }

    /// The events that token `index` gives rise to: its own chunk, which in the last carries the
    /// finish reason; before the first of a chat the chunk that names the role; after the last the
    /// usage, if asked for, and `[DONE]`.
    pub(crate) fn events(&self, index: u64, usage: StreamUsage) -> Bytes {
        let mut out = EventBuffer::default();
        let running =
            |completed| (usage == StreamUsage::InEveryChunk).then(|| self.usage_after(completed));
        if index == 0 && self.endpoint == Endpoint::Chat {
            let role = ChunkParts { usage: running(0), ..ChunkParts::say(Say::Role) };
            out.event(|json| self.encoder.chunk(json, role));
        }
        let text = self.text(index);
        let is_last = index + 1 >= self.job.osl.0;
        let token = ChunkParts {
            finish: is_last.then_some(FinishReason::Length),
            usage: running(index + 1),
            ..ChunkParts::say(Say::Content(&text))
        };
        out.event(|json| self.encoder.chunk(json, token));
        if is_last {
            if usage != StreamUsage::Nowhere {
                out.event(|json| self.encoder.usage(json, self.usage_after(self.job.osl.0)));
            }
            FrameStyle::default().done(&mut out.events);
        }
        out.events.into()
    }

    /// Words are separated by the space in front of all but the first, as a tokenizer has it.
    fn text(&self, index: u64) -> String {
        let space = if index == 0 { "" } else { " " };
        format!("{space}{}", word(self.number, index))
    }

    fn usage_after(&self, output_tokens: u64) -> Usage {
        Usage {
            input_tokens: Some(self.job.isl.0),
            output_tokens,
            reasoning_tokens: None,
            cached_tokens: None,
        }
    }
}

/// Events one after the other, and the payload that is being written.
#[derive(Default)]
struct EventBuffer {
    events: Vec<u8>,
    payload: Vec<u8>,
}

impl EventBuffer {
    fn event(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        self.payload.clear();
        write(&mut self.payload);
        FrameStyle::default().event(&mut self.events, &self.payload);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::quantity::Tokens;

    fn answer(endpoint: Endpoint) -> AnswerWriter {
        AnswerWriter::new(&Identity {
            endpoint,
            job: Job { isl: Tokens(11), osl: Tokens(2) },
            number: 0,
            request_id: r#"r"1"#.to_owned(),
            model: "tiny".to_owned(),
            created: 7,
        })
    }

    /// Payloads of the events of a whole stream of two tokens, token by token.
    fn payloads(endpoint: Endpoint, usage: StreamUsage) -> [Vec<String>; 2] {
        let answer = answer(endpoint);
        [0, 1].map(|index| {
            let events = String::from_utf8(answer.events(index, usage).to_vec()).unwrap();
            let payloads =
                events.split_terminator("\n\n").map(|e| e.strip_prefix("data: ").unwrap());
            payloads.map(ToOwned::to_owned).collect()
        })
    }

    #[test]
    fn a_chat_stream_has_role_tokens_usage_and_done() {
        let [first, last] = payloads(Endpoint::Chat, StreamUsage::AtTheEnd);
        let (w0, w1) = (word(0, 0), word(0, 1));
        let parse = |json: &String| serde_json::from_str::<Value>(json).unwrap();
        let delta = |json: &String| parse(json)["choices"][0]["delta"].to_string();
        assert_eq!(delta(&first[0]), r#"{"content":"","role":"assistant"}"#);
        assert_eq!(delta(&first[1]), format!(r#"{{"content":"{w0}"}}"#));
        assert_eq!(delta(&last[0]), format!(r#"{{"content":" {w1}"}}"#));
        assert_eq!(parse(&first[1])["choices"][0]["finish_reason"], Value::Null);
        assert_eq!(parse(&last[0])["choices"][0]["finish_reason"], "length");
        assert_eq!(parse(&last[0])["id"], r#"chatcmpl-r"1"#);
        assert_eq!(parse(&last[1])["usage"]["total_tokens"], 13);
        assert_eq!((first.len(), last.len(), last[2].as_str()), (2, 3, "[DONE]"));
    }

    #[test]
    fn usage_is_reported_where_it_was_asked_for() {
        let cases = [
            (Endpoint::Chat, StreamUsage::Nowhere, 0),
            (Endpoint::Chat, StreamUsage::AtTheEnd, 1),
            (Endpoint::Chat, StreamUsage::InEveryChunk, 4),
            (Endpoint::Completions, StreamUsage::Nowhere, 0),
            (Endpoint::Completions, StreamUsage::AtTheEnd, 1),
            (Endpoint::Completions, StreamUsage::InEveryChunk, 3),
        ];
        for (endpoint, usage, expected) in cases {
            let counted = payloads(endpoint, usage).concat().into_iter().filter(|payload| {
                payload != "[DONE]"
                    && !serde_json::from_str::<Value>(payload).unwrap()["usage"].is_null()
            });
            assert_eq!(counted.count(), expected, "{endpoint:?} {usage:?}");
        }
    }

    #[test]
    fn a_whole_answer_is_one_document() {
        let cases = [
            (Endpoint::Chat, "/choices/0/message/content"),
            (Endpoint::Completions, "/choices/0/text"),
        ];
        for (endpoint, pointer) in cases {
            let json: Value = serde_json::from_slice(&answer(endpoint).whole()).unwrap();
            let text = json.pointer(pointer).unwrap().as_str().unwrap();
            assert_eq!(text, format!("{} {}", word(0, 0), word(0, 1)));
            assert_eq!(json["choices"][0]["finish_reason"], "length");
            assert_eq!(json["usage"]["total_tokens"], 13);
        }
    }
}
