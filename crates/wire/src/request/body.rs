//! The bytes of a request, written in one pass and without a JSON tree.

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

use super::options::{RequestOptions, StreamMode};

/// A request to `/v1/chat/completions`.
#[derive(Debug, Clone, Copy)]
pub struct ChatRequest<'a> {
    /// The served model's name.
    pub model: &'a str,
    /// The conversation.
    pub messages: &'a [ChatMessage<'a>],
    /// Everything else.
    pub options: &'a RequestOptions,
}

/// A request to `/v1/completions`.
#[derive(Debug, Clone, Copy)]
pub struct CompletionRequest<'a> {
    /// The served model's name.
    pub model: &'a str,
    /// The prompt.
    pub prompt: Prompt<'a>,
    /// Everything else.
    pub options: &'a RequestOptions,
}

/// One message of a conversation.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct ChatMessage<'a> {
    /// `system`, `user` or `assistant`.
    pub role: &'a str,
    /// Its text.
    pub content: &'a str,
}

/// A prompt, as text or as the served tokenizer's ids.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(untagged)]
pub enum Prompt<'a> {
    /// Text.
    Text(&'a str),
    /// Token ids.
    TokenIds(&'a [u32]),
}

impl ChatRequest<'_> {
    /// The body.
    pub fn to_bytes(&self) -> Vec<u8> {
        bytes(self)
    }
}

impl CompletionRequest<'_> {
    /// The body.
    pub fn to_bytes(&self) -> Vec<u8> {
        bytes(self)
    }
}

impl Serialize for ChatRequest<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        write(serializer, self.model, ("messages", self.messages), self.options)
    }
}

impl Serialize for CompletionRequest<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        write(serializer, self.model, ("prompt", &self.prompt), self.options)
    }
}

pub(super) fn bytes(request: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(request).expect("a map with text keys always serialises")
}

fn write<S: Serializer, P: Serialize + ?Sized>(
    serializer: S,
    model: &str,
    (prompt_field, prompt): (&'static str, &P),
    options: &RequestOptions,
) -> Result<S::Ok, S::Error> {
    let mut body = Fields { map: serializer.serialize_map(None)?, options };
    body.put("model", Some(model))?;
    body.put(prompt_field, Some(prompt))?;
    body.put(options.limit_field.name(), options.output_limit.as_ref())?;
    body.put("temperature", options.temperature.as_ref())?;
    body.put("seed", options.seed.as_ref())?;
    body.put("ignore_eos", options.ignore_eos.as_ref())?;
    body.put("min_tokens", options.min_tokens.as_ref())?;
    body.put("stream", (options.stream != StreamMode::Off).then_some(&true))?;
    body.put("stream_options", StreamOptions::of(options.stream).as_ref())?;
    for (name, value) in &options.extra {
        body.map.serialize_entry(name, value)?;
    }
    body.map.end()
}

/// The top level of a body, in which extra fields win over ours.
struct Fields<'a, M> {
    map: M,
    options: &'a RequestOptions,
}

impl<M: SerializeMap> Fields<'_, M> {
    fn put<T: Serialize + ?Sized>(
        &mut self,
        name: &str,
        value: Option<&T>,
    ) -> Result<(), M::Error> {
        match value {
            Some(value) if !self.options.extra.contains_key(name) => {
                self.map.serialize_entry(name, value)
            }
            _ => Ok(()),
        }
    }
}

#[derive(Serialize)]
struct StreamOptions {
    include_usage: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    continuous_usage_stats: bool,
}

impl StreamOptions {
    fn of(mode: StreamMode) -> Option<Self> {
        let continuous_usage_stats = mode == StreamMode::RunningUsage;
        let asks = continuous_usage_stats || mode == StreamMode::FinalUsage;
        asks.then_some(Self { include_usage: true, continuous_usage_stats })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn a_body_carries_what_the_options_say_and_extra_fields_win() {
        let mut options = RequestOptions {
            output_limit: Some(8),
            temperature: Some(0.0),
            stream: StreamMode::RunningUsage,
            ignore_eos: Some(true),
            min_tokens: Some(8),
            seed: Some(7),
            ..RequestOptions::default()
        };
        options.extra.insert("temperature".to_owned(), json!(1.5));
        options.extra.insert("top_k".to_owned(), json!(1));
        let messages = [ChatMessage { role: "user", content: "a \"b\"" }];
        let request = ChatRequest { model: "m", messages: &messages, options: &options };
        let body = request.to_bytes();
        assert_eq!(
            serde_json::from_slice::<Value>(&body).unwrap(),
            json!({
                "model": "m", "messages": [{"role": "user", "content": "a \"b\""}],
                "max_tokens": 8, "temperature": 1.5, "seed": 7, "ignore_eos": true,
                "min_tokens": 8, "stream": true, "top_k": 1,
                "stream_options": {"include_usage": true, "continuous_usage_stats": true},
            })
        );
        assert_eq!(String::from_utf8(body).unwrap().matches("temperature").count(), 1);
    }

    #[test]
    fn what_is_not_asked_for_is_not_sent() {
        let options = RequestOptions { stream: StreamMode::Off, ..RequestOptions::default() };
        let prompt = Prompt::TokenIds(&[0, 300]);
        let body = CompletionRequest { model: "m", prompt, options: &options }.to_bytes();
        assert_eq!(body, br#"{"model":"m","prompt":[0,300]}"#);
    }
}
