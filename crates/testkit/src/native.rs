//! The events of the engines' own APIs, as their sources and documentation have them.

use farebox_wire::FinishReason;
use farebox_wire::request::Api;
use serde_json::{Value, json};

/// A token-bearing event of an API that is not OpenAI's.
pub(crate) struct NativeEvent<'a> {
    /// Which API.
    pub(crate) api: Api,
    /// The text of one token.
    pub(crate) text: &'a str,
    /// The tokens of this event: the first, and the first behind them.
    pub(crate) span: (u32, u32),
    /// Set on the last one.
    pub(crate) finish: Option<FinishReason>,
    /// Tokens of the prompt.
    pub(crate) input_tokens: u64,
}

impl NativeEvent<'_> {
    /// The bytes, framed.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        match self.api {
            Api::TgiGenerate => self.tgi(),
            Api::SglangGenerate => framed("data: ", &self.sglang()),
            Api::OllamaChat => {
                line(&ollama_line("message", &json!({"role": "assistant", "content": self.all()})))
            }
            _ => line(&ollama_line("response", &json!(self.all()))),
        }
    }

    fn all(&self) -> String {
        self.text.repeat((self.span.1 - self.span.0) as usize)
    }

    /// One token an event, whatever came together, and no space behind the colon.
    fn tgi(&self) -> Vec<u8> {
        let (from, to) = self.span;
        let event = |index: u32| {
            let finish = self.finish.filter(|_| index + 1 == to);
            let details = finish.map(|finish| {
                json!({"finish_reason": tgi_word(finish), "generated_tokens": to, "seed": null,
                    "input_length": self.input_tokens})
            });
            framed(
                "data:",
                &json!({
                    "index": index + 1,
                    "token": {"id": index, "text": self.text, "logprob": -0.5, "special": false},
                    "generated_text": finish.map(|_| self.text.repeat(to as usize)),
                    "details": details,
                }),
            )
        };
        (from..to).flat_map(event).collect()
    }

    /// All the text so far, and the counts with it.
    fn sglang(&self) -> Value {
        let tokens = self.span.1;
        let finish = self.finish.map(|finish| json!({"type": finish.as_wire(), "length": tokens}));
        json!({
            "text": self.text.repeat(tokens as usize),
            "meta_info": {"id": "scripted", "finish_reason": finish, "cached_tokens": 0,
                "prompt_tokens": self.input_tokens, "completion_tokens": tokens},
        })
    }
}

/// What an API sends behind its last token: Ollama's last line, SGLang's `[DONE]`, nothing of TGI.
pub(crate) fn ending(api: Api, tokens: u32, finish: FinishReason, input_tokens: u64) -> Vec<u8> {
    match api {
        Api::TgiGenerate => Vec::new(),
        Api::SglangGenerate => b"data: [DONE]\n\n".to_vec(),
        _ => line(&json!({
            "model": "scripted", "created_at": "2026-01-01T00:00:00Z",
            "message": {"role": "assistant", "content": ""}, "response": "",
            "done": true, "done_reason": finish.as_wire(),
            "total_duration": 60_000_000, "load_duration": 1_000_000,
            "prompt_eval_count": input_tokens, "prompt_eval_duration": 20_000_000,
            "eval_count": tokens, "eval_duration": 30_000_000,
        })),
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
