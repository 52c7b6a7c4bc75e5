//! The events of the engines' own APIs, as their sources and documentation have them.

use crate::stream_answer::StreamAnswer;
use crate::truth::Label;
use farebox_wire::request::Api;
use farebox_wire::{EventKind, FinishReason};
use serde_json::{Value, json};

/// A stream of an API that is not OpenAI's.
pub(crate) struct Native<'a> {
    /// Which API.
    pub(crate) api: Api,
    /// The text of one token.
    pub(crate) text: &'a str,
    /// How it ends, if it says so.
    pub(crate) finish: Option<FinishReason>,
    /// Tokens of the prompt.
    pub(crate) input_tokens: u64,
    /// Tokens of the answer.
    pub(crate) tokens: u32,
}

impl<'a> Native<'a> {
    /// `answer` in `api`, unless that is one of OpenAI's.
    pub(crate) fn of(answer: &'a StreamAnswer, api: Api, tokens: u32) -> Option<Self> {
        let (text, finish) = (answer.text, answer.ending.finish);
        let input_tokens = answer.input_tokens;
        (!api.is_openai()).then_some(Self { api, text, finish, input_tokens, tokens })
    }

    /// The tokens `from..to`, framed, and what they are.
    pub(crate) fn event(&self, (from, to): (u32, u32)) -> (Vec<u8>, Vec<Label>) {
        let one = |tokens| Label::Event { kind: EventKind::Content, tokens };
        let text = || self.text.repeat((to - from) as usize);
        match self.api {
            // One token an event, whatever came together.
            Api::TgiGenerate => {
                let bytes = (from..to).flat_map(|index| self.tgi(index)).collect();
                (bytes, (from..to).map(|_| one(1)).collect())
            }
            Api::SglangGenerate => (framed("data: ", &self.sglang(to)), vec![one(to - from)]),
            Api::OllamaChat => {
                let message = json!({"role": "assistant", "content": text()});
                (line(&ollama_line("message", &message)), vec![one(to - from)])
            }
            _ => (line(&ollama_line("response", &json!(text()))), vec![one(to - from)]),
        }
    }

    /// What follows the last token: Ollama's last line, SGLang's `[DONE]`, nothing of TGI.
    pub(crate) fn ending(&self) -> Option<Vec<u8>> {
        let finish = self.finish?;
        match self.api {
            Api::TgiGenerate => None,
            Api::SglangGenerate => Some(b"data: [DONE]\n\n".to_vec()),
            _ => Some(line(&json!({
                "model": "scripted", "created_at": "2026-01-01T00:00:00Z",
                "message": {"role": "assistant", "content": ""}, "response": "",
                "done": true, "done_reason": finish.as_wire(),
                "total_duration": 60_000_000, "load_duration": 1_000_000,
                "prompt_eval_count": self.input_tokens, "prompt_eval_duration": 20_000_000,
                "eval_count": self.tokens, "eval_duration": 30_000_000,
            }))),
        }
    }

    fn finish_at(&self, to: u32) -> Option<FinishReason> {
        self.finish.filter(|_| to >= self.tokens)
    }

    /// No space behind the colon.
    fn tgi(&self, index: u32) -> Vec<u8> {
        let finish = self.finish_at(index + 1);
        let details = finish.map(|finish| {
            json!({"finish_reason": tgi_word(finish), "generated_tokens": self.tokens,
                "seed": null, "input_length": self.input_tokens})
        });
        let event = json!({
            "index": index + 1,
            "token": {"id": index, "text": self.text, "logprob": -0.5, "special": false},
            "generated_text": finish.map(|_| self.text.repeat(self.tokens as usize)),
            "details": details,
        });
        framed("data:", &event)
    }

    /// All the text so far, and the counts with it.
    fn sglang(&self, to: u32) -> Value {
        let finish = self.finish_at(to);
        let finish = finish.map(|finish| json!({"type": finish.as_wire(), "length": to}));
        json!({
            "text": self.text.repeat(to as usize),
            "meta_info": {"id": "scripted", "finish_reason": finish, "cached_tokens": 0,
                "prompt_tokens": self.input_tokens, "completion_tokens": to},
        })
    }
}

fn ollama_line(field: &str, value: &Value) -> Value {
    json!({"model": "scripted", "created_at": "2026-01-01T00:00:00Z", field: value, "done": false})
}

fn tgi_word(finish: FinishReason) -> &'static str {
    match finish {
        FinishReason::Stop => "eos_token",
        other => other.as_wire(),
    }
}

fn framed(prefix: &str, payload: &Value) -> Vec<u8> {
    format!("{prefix}{payload}\n\n").into_bytes()
}

fn line(payload: &Value) -> Vec<u8> {
    format!("{payload}\n").into_bytes()
}
