//! The objects that answers are made of: usage and errors.

use serde::Serialize;

use crate::error_body::ErrorBody;
use crate::usage::Usage;

/// An OpenAI error object as JSON: the body of a refusal, or the payload of an error event.
pub fn error_json(error: &ErrorBody) -> Vec<u8> {
    let body = ErrorFields {
        message: &error.message,
        kind: error.kind.as_deref(),
        param: error.fields.first().map(String::as_str),
        code: error.code.as_deref(),
    };
    json(&ErrorObject { error: body })
}

#[derive(Serialize)]
struct ErrorObject<'a> {
    error: ErrorFields<'a>,
}

#[derive(Serialize)]
struct ErrorFields<'a> {
    message: &'a str,
    #[serde(rename = "type")]
    kind: Option<&'a str>,
    param: Option<&'a str>,
    code: Option<&'a str>,
}

/// `usage` as engines write it.
#[derive(Serialize)]
pub(super) struct UsageObject {
    prompt_tokens: u64,
    total_tokens: u64,
    completion_tokens: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    prompt_tokens_details: Option<Cached>,
    #[serde(skip_serializing_if = "Option::is_none")]
    completion_tokens_details: Option<Reasoning>,
}

#[derive(Serialize)]
struct Cached {
    cached_tokens: u64,
}

#[derive(Serialize)]
struct Reasoning {
    reasoning_tokens: u64,
}

impl From<Usage> for UsageObject {
    fn from(usage: Usage) -> Self {
        let prompt_tokens = usage.input_tokens.unwrap_or(0);
        Self {
            prompt_tokens,
            total_tokens: prompt_tokens.saturating_add(usage.output_tokens),
            completion_tokens: usage.output_tokens,
            prompt_tokens_details: usage
                .cached_tokens
                .map(|cached_tokens| Cached { cached_tokens }),
            completion_tokens_details: usage
                .reasoning_tokens
                .map(|reasoning_tokens| Reasoning { reasoning_tokens }),
        }
    }
}

/// Any of these objects as bytes.
pub(super) fn json(value: &(impl Serialize + ?Sized)) -> Vec<u8> {
    serde_json::to_vec(value).expect("structs of text and numbers always serialise")
}
