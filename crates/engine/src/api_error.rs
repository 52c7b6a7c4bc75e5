//! Everything a request can be refused for, its status and its words.
//!
//! Bodies have OpenAI's shape, `{"error": {"message", "type", "param", "code"}}`, statuses and
//! parameter names are vLLM's, so that a client's handling of a real server is exercised here.

use hyper::{Method, StatusCode};
use serde::Serialize;

/// Why a request got no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ApiError {
    #[error("the model `{asked}` does not exist; this server has `{served}`")]
    ModelNotFound { asked: String, served: String },
    #[error("{param} must be at least 1, got {value}")]
    BelowOne { param: &'static str, value: i64 },
    #[error("min_tokens must be from 0 to max_tokens={max}, got {value}")]
    MinTokens { value: i64, max: u64 },
    #[error(
        "this model's maximum context length is {context} tokens, but {isl} prompt tokens and \
         {osl} output tokens were asked for"
    )]
    TooLong { isl: u64, osl: u64, context: u64 },
    #[error("the conversation is empty; at least one message is needed")]
    EmptyConversation,
    #[error("stream_options are only allowed with stream=true")]
    StreamOptionsWithoutStream,
    #[error("{param} asks for {count} answers; this server gives one per request")]
    OneAnswerOnly { param: &'static str, count: u64 },
    #[error("the body is not a valid request: {message}")]
    Json { message: String },
    #[error("the body is larger than {limit_bytes} bytes")]
    BodyTooLarge { limit_bytes: usize },
    #[error("the body could not be read to its end")]
    BodyUnreadable,
    #[error("no such path: {path}")]
    NoSuchPath { path: String },
    #[error("this path answers {allowed} only")]
    MethodNotAllowed { allowed: Method },
    #[error("the engine is being stopped")]
    Stopping,
}

#[derive(Serialize)]
struct Body<'a> {
    error: Detail<'a>,
}

#[derive(Serialize)]
struct Detail<'a> {
    message: String,
    r#type: &'a str,
    param: Option<&'a str>,
    code: u16,
}

impl ApiError {
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::ModelNotFound { .. } | Self::NoSuchPath { .. } => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed { .. } => StatusCode::METHOD_NOT_ALLOWED,
            Self::BodyTooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Stopping => StatusCode::SERVICE_UNAVAILABLE,
            Self::BelowOne { .. }
            | Self::MinTokens { .. }
            | Self::TooLong { .. }
            | Self::EmptyConversation
            | Self::StreamOptionsWithoutStream
            | Self::OneAnswerOnly { .. }
            | Self::Json { .. }
            | Self::BodyUnreadable => StatusCode::BAD_REQUEST,
        }
    }

    /// The error as the JSON body of a reply.
    pub(crate) fn to_json(&self) -> String {
        let detail = Detail {
            message: self.to_string(),
            r#type: self.kind(),
            param: self.param(),
            code: self.status().as_u16(),
        };
        // Strings and numbers only: this cannot fail.
        serde_json::to_string(&Body { error: detail }).unwrap_or_default()
    }

    fn kind(&self) -> &'static str {
        match self.status() {
            StatusCode::NOT_FOUND => "NotFoundError",
            StatusCode::SERVICE_UNAVAILABLE => "ServiceUnavailableError",
            _ => "BadRequestError",
        }
    }

    fn param(&self) -> Option<&'static str> {
        match self {
            Self::ModelNotFound { .. } => Some("model"),
            Self::BelowOne { param, .. } | Self::OneAnswerOnly { param, .. } => Some(param),
            Self::MinTokens { .. } => Some("min_tokens"),
            Self::TooLong { .. } => Some("input_tokens"),
            Self::EmptyConversation => Some("messages"),
            Self::StreamOptionsWithoutStream => Some("stream_options"),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_have_the_openai_shape() {
        let error = ApiError::BelowOne { param: "max_tokens", value: -5 };
        assert_eq!(
            error.to_json(),
            r#"{"error":{"message":"max_tokens must be at least 1, got -5","type":"BadRequestError","param":"max_tokens","code":400}}"#
        );
    }
}
