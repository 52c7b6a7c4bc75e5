//! From the JSON of a request to what it means: two lengths and how the answer travels.
//!
//! Unknown fields are ignored, as vLLM does, and so are those that choose the text (`temperature`,
//! `seed`, `stop`): the engine invents its text. It has no end of sequence either: every answer runs
//! to its limit and ends with `length`, whatever `ignore_eos` and `min_tokens` say.

use crate::api_error::ApiError;
use crate::quantity::Tokens;
use crate::request_body::{ChatBody, Common, CompletionsBody, Limit, StreamOptions};
use crate::scheduler::Job;

/// Which of the two generation routes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Endpoint {
    Chat,
    Completions,
}

/// How the answer travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    Whole,
    Stream(StreamUsage),
}

/// Where in a stream the token counts are reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StreamUsage {
    Nowhere,
    AtTheEnd,
    InEveryChunk,
}

/// A request that can be answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Generate {
    pub(crate) endpoint: Endpoint,
    pub(crate) job: Job,
    pub(crate) style: Style,
}

/// What the server can answer.
#[derive(Debug, Clone)]
pub(crate) struct Served {
    pub(crate) model: String,
    pub(crate) max_model_len: Tokens,
}

impl Generate {
    /// Reads and checks a request's body.
    pub(crate) fn parse(
        endpoint: Endpoint,
        json: &[u8],
        served: &Served,
    ) -> Result<Self, ApiError> {
        let common = match endpoint {
            Endpoint::Chat => ChatBody::read(json)?,
            Endpoint::Completions => CompletionsBody::read(json)?,
        };
        common.check(endpoint, served)
    }
}

impl Common {
    fn check(&self, endpoint: Endpoint, served: &Served) -> Result<Generate, ApiError> {
        if let Some(asked) = self.model.as_ref().filter(|&asked| *asked != served.model) {
            let (asked, served) = (asked.clone(), served.model.clone());
            return Err(ApiError::ModelNotFound { asked, served });
        }
        if let Some(count) = self.n.filter(|&n| n != 1) {
            return Err(ApiError::OneAnswerOnly { param: "n", count });
        }
        let job = Job { isl: self.isl, osl: self.osl(served)? };
        Ok(Generate { endpoint, job, style: self.style()? })
    }

    fn osl(&self, served: &Served) -> Result<Tokens, ApiError> {
        let room = served.max_model_len - self.isl;
        let osl = match self.limit {
            Some(Limit { param, value }) if value < 1 => {
                return Err(ApiError::BelowOne { param, value });
            }
            Some(Limit { value, .. }) => Tokens(value.unsigned_abs()),
            None => self.default_osl.min(room).max(Tokens(1)),
        };
        if osl > room {
            let context = served.max_model_len.0;
            return Err(ApiError::TooLong { isl: self.isl.0, osl: osl.0, context });
        }
        match self.min_tokens {
            Some(value) if value < 0 || value.unsigned_abs() > osl.0 => {
                Err(ApiError::MinTokens { value, max: osl.0 })
            }
            _ => Ok(osl),
        }
    }

    fn style(&self) -> Result<Style, ApiError> {
        match (self.stream.unwrap_or(false), self.stream_options) {
            (false, None) => Ok(Style::Whole),
            (false, Some(_)) => Err(ApiError::StreamOptionsWithoutStream),
            (true, None) => Ok(Style::Stream(StreamUsage::Nowhere)),
            (true, Some(options)) => Ok(Style::Stream(options.usage())),
        }
    }
}

impl StreamOptions {
    /// As in vLLM, counts in every chunk need `include_usage` as well.
    fn usage(self) -> StreamUsage {
        match (self.include_usage, self.continuous_usage_stats) {
            (Some(true), Some(true)) => StreamUsage::InEveryChunk,
            (Some(true), _) => StreamUsage::AtTheEnd,
            _ => StreamUsage::Nowhere,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(endpoint: Endpoint, json: &str) -> Result<Generate, ApiError> {
        let served = Served { model: "tiny".to_owned(), max_model_len: Tokens(100) };
        Generate::parse(endpoint, json.as_bytes(), &served)
    }

    /// A chat of one word, which is 11 tokens, with these other fields.
    fn chat(fields: &str) -> Result<Generate, ApiError> {
        let messages = r#""messages":[{"role":"user","content":"hello"}]"#;
        parse(Endpoint::Chat, &format!("{{{messages}{fields}}}"))
    }

    #[test]
    fn limits_are_honoured() {
        let cases = [
            (r#","max_tokens":8"#, 8),
            (r#","max_completion_tokens":7,"max_tokens":8"#, 7),
            (r#","model":"tiny","max_tokens":89,"min_tokens":89,"ignore_eos":true"#, 89),
            ("", 89),
        ];
        for (fields, osl) in cases {
            assert_eq!(chat(fields).unwrap().job, Job { isl: Tokens(11), osl: Tokens(osl) });
        }
        let completion = parse(Endpoint::Completions, r#"{"prompt":[1,2,3]}"#).unwrap();
        assert_eq!(completion.job, Job { isl: Tokens(3), osl: Tokens(16) });
    }

    #[test]
    fn the_style_follows_stream_and_its_options() {
        let cases = [
            ("", Style::Whole),
            (r#","stream":true"#, Style::Stream(StreamUsage::Nowhere)),
            (
                r#","stream":true,"stream_options":{"include_usage":true}"#,
                Style::Stream(StreamUsage::AtTheEnd),
            ),
            (
                r#","stream":true,"stream_options":{"include_usage":true,"continuous_usage_stats":true}"#,
                Style::Stream(StreamUsage::InEveryChunk),
            ),
        ];
        for (fields, style) in cases {
            assert_eq!(chat(fields).unwrap().style, style, "{fields}");
        }
    }

    #[test]
    fn what_cannot_be_answered_is_refused() {
        let cases = [
            (r#","max_tokens":0"#, 400, "max_tokens"),
            (r#","max_completion_tokens":-1"#, 400, "max_completion_tokens"),
            (r#","max_tokens":90"#, 400, "input_tokens"),
            (r#","max_tokens":9223372036854775807"#, 400, "input_tokens"),
            (r#","max_tokens":5,"min_tokens":6"#, 400, "min_tokens"),
            (r#","n":2"#, 400, "n"),
            (r#","stream_options":{}"#, 400, "stream_options"),
            (r#","model":"other""#, 404, "model"),
            (r#","max_tokens":"many""#, 400, "null"),
        ];
        for (fields, status, param) in cases {
            let error = chat(fields).unwrap_err();
            assert_eq!(error.status().as_u16(), status, "{fields}");
            let json: serde_json::Value = serde_json::from_str(&error.to_json()).unwrap();
            assert_eq!(json["error"]["param"].as_str().unwrap_or("null"), param, "{fields}");
        }
        let empty = parse(Endpoint::Chat, r#"{"messages":[]}"#);
        assert_eq!(empty, Err(ApiError::EmptyConversation));
        let many = parse(Endpoint::Completions, r#"{"prompt":["a","b"]}"#);
        assert_eq!(many, Err(ApiError::OneAnswerOnly { param: "prompt", count: 2 }));
    }

    #[test]
    fn a_prompt_that_fills_the_context_is_refused() {
        let words = "word ".repeat(100);
        let json = format!(r#"{{"prompt":"{words}"}}"#);
        let error = parse(Endpoint::Completions, &json).unwrap_err();
        assert_eq!(error, ApiError::TooLong { isl: 100, osl: 1, context: 100 });
    }
}
