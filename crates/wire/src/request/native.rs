//! The bodies of the APIs that are an engine's own: the same wishes under other names.

use super::api::Api;
use super::body::{ChatMessage, bytes};
use super::options::RequestOptions;
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};
use serde_json::{Map, Value, json};

/// A request to one of the APIs that are not OpenAI's; it always asks for a stream.
#[derive(Debug, Clone, Copy)]
pub struct NativeRequest<'a> {
    /// Which API.
    pub api: Api,
    /// The served model's name, for those that want it.
    pub model: &'a str,
    /// What is asked.
    pub input: NativeInput<'a>,
    /// Everything else. An object among the extra fields is merged into ours of the same name.
    pub options: &'a RequestOptions,
}

/// What a native API is asked.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(untagged)]
pub enum NativeInput<'a> {
    /// A text.
    Text(&'a str),
    /// A conversation.
    Messages(&'a [ChatMessage<'a>]),
}

/// The names that an API has for things.
struct Words {
    /// The prompt.
    input: &'static str,
    /// The object of the parameters.
    group: &'static str,
    /// The output limit.
    limit: &'static str,
    /// The sampler's seed.
    seed: &'static str,
}

const TGI: Words =
    Words { input: "inputs", group: "parameters", limit: "max_new_tokens", seed: "seed" };
const SGLANG: Words = Words {
    input: "text",
    group: "sampling_params",
    limit: "max_new_tokens",
    seed: "sampling_seed",
};
const OLLAMA_CHAT: Words =
    Words { input: "messages", group: "options", limit: "num_predict", seed: "seed" };
const OLLAMA_TEXT: Words = Words { input: "prompt", ..OLLAMA_CHAT };

impl NativeRequest<'_> {
    /// The body.
    pub fn to_bytes(&self) -> Vec<u8> {
        bytes(self)
    }

    fn words(&self) -> Words {
        match self.api {
            Api::TgiGenerate => TGI,
            Api::SglangGenerate => SGLANG,
            Api::OllamaGenerate => OLLAMA_TEXT,
            Api::OllamaChat | Api::Chat | Api::Completions => OLLAMA_CHAT,
        }
    }

    /// What stands beside the prompt at the top.
    fn flags(&self) -> &'static [&'static str] {
        match self.api {
            // Streaming is what this path is for.
            Api::TgiGenerate => &[],
            // Without the template: a text in, its continuation out.
            Api::OllamaGenerate => &["stream", "raw"],
            _ => &["stream"],
        }
    }

    fn parameters(&self, words: &Words) -> Map<String, Value> {
        let options = self.options;
        let mut all = Map::new();
        let mut put = |name: &str, value: Option<Value>| {
            all.extend(value.map(|value| (name.to_owned(), value)));
        };
        put(words.limit, options.output_limit.map(Value::from));
        put(words.seed, options.seed.map(Value::from));
        let mut temperature = options.temperature;
        if self.api == Api::TgiGenerate {
            // TGI refuses a zero; without a temperature it is greedy.
            temperature = temperature.filter(|degrees| *degrees > 0.0);
            put("do_sample", temperature.map(|_| json!(true)));
            put("details", Some(json!(true)));
        }
        if self.api == Api::SglangGenerate {
            put("ignore_eos", options.ignore_eos.map(Value::from));
            put("min_new_tokens", options.min_tokens.map(Value::from));
        }
        put("temperature", temperature.map(Value::from));
        if let Some(Value::Object(extra)) = options.extra.get(words.group) {
            all.extend(extra.clone());
        }
        all
    }
}

impl Serialize for NativeRequest<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let words = self.words();
        let extra = &self.options.extra;
        let ours = |name: &str| !extra.contains_key(name);
        let mut body = serializer.serialize_map(None)?;
        if matches!(self.api, Api::OllamaChat | Api::OllamaGenerate) && ours("model") {
            body.serialize_entry("model", self.model)?;
        }
        if ours(words.input) {
            body.serialize_entry(words.input, &self.input)?;
        }
        body.serialize_entry(words.group, &self.parameters(&words))?;
        for flag in self.flags().iter().filter(|flag| ours(flag)) {
            body.serialize_entry(flag, &true)?;
        }
        for (name, value) in extra.iter().filter(|(name, _)| *name != words.group) {
            body.serialize_entry(name, value)?;
        }
        body.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(api: Api, options: &RequestOptions) -> Value {
        let messages = [ChatMessage { role: "user", content: "hi" }];
        let input = if api.takes_messages() {
            NativeInput::Messages(&messages)
        } else {
            NativeInput::Text("hi")
        };
        let request = NativeRequest { api, model: "m", input, options };
        serde_json::from_slice(&request.to_bytes()).unwrap()
    }

    #[test]
    fn the_same_wishes_have_other_names() {
        let options = RequestOptions {
            output_limit: Some(8),
            temperature: Some(0.5),
            seed: Some(7),
            ignore_eos: Some(true),
            ..RequestOptions::default()
        };
        let sampler = json!({"num_predict": 8, "temperature": 0.5, "seed": 7});
        for (api, expected) in [
            (
                Api::TgiGenerate,
                json!({"inputs": "hi", "parameters": {"max_new_tokens": 8, "temperature": 0.5,
                    "do_sample": true, "seed": 7, "details": true}}),
            ),
            (
                Api::SglangGenerate,
                json!({"text": "hi", "stream": true, "sampling_params": {"max_new_tokens": 8,
                    "temperature": 0.5, "sampling_seed": 7, "ignore_eos": true}}),
            ),
            (
                Api::OllamaChat,
                json!({"model": "m", "messages": [{"role": "user", "content": "hi"}],
                    "stream": true, "options": sampler}),
            ),
            (
                Api::OllamaGenerate,
                json!({"model": "m", "prompt": "hi", "raw": true, "stream": true,
                    "options": sampler}),
            ),
        ] {
            assert_eq!(body(api, &options), expected, "{api}");
        }
    }

    #[test]
    fn tgi_is_greedy_without_a_temperature() {
        let options = RequestOptions { temperature: Some(0.0), ..RequestOptions::default() };
        let parameters = body(Api::TgiGenerate, &options)["parameters"].clone();
        assert_eq!(parameters, json!({"details": true}));
    }

    #[test]
    fn extra_parameters_are_merged_and_win() {
        let mut options = RequestOptions { output_limit: Some(8), ..RequestOptions::default() };
        options.extra.insert("options".to_owned(), json!({"num_ctx": 8192, "num_predict": 9}));
        options.extra.insert("keep_alive".to_owned(), json!("5m"));
        let body = body(Api::OllamaChat, &options);
        assert_eq!(body["options"], json!({"num_ctx": 8192, "num_predict": 9}));
        assert_eq!(body["keep_alive"], "5m");
    }
}
