//! The JSON of a request as clients write it, reduced to what both endpoints have in common.
//!
//! `request.rs` checks it.

use serde::Deserialize;

use crate::api_error::ApiError;
use crate::prompt::{self, Message, Prompt};
use crate::quantity::Tokens;

/// Output tokens of a completion that names no limit, as OpenAI and vLLM have it.
const DEFAULT_COMPLETION_OSL: Tokens = Tokens(16);

/// Output tokens of a chat that names no limit. A real server would go on to the end of sequence;
/// this one acts as if it had been started with a default limit.
const DEFAULT_CHAT_OSL: Tokens = Tokens(256);

/// A limit on the answer and the name of the field that set it.
pub(crate) struct Limit {
    pub(crate) param: &'static str,
    pub(crate) value: i64,
}

/// What both endpoints check in the same way.
pub(crate) struct Common {
    pub(crate) model: Option<String>,
    pub(crate) isl: Tokens,
    pub(crate) limit: Option<Limit>,
    pub(crate) default_osl: Tokens,
    pub(crate) min_tokens: Option<i64>,
    pub(crate) n: Option<u64>,
    pub(crate) stream: Option<bool>,
    pub(crate) stream_options: Option<StreamOptions>,
}

#[derive(Clone, Copy, Deserialize)]
pub(crate) struct StreamOptions {
    pub(crate) include_usage: Option<bool>,
    pub(crate) continuous_usage_stats: Option<bool>,
}

#[derive(Deserialize)]
pub(crate) struct ChatBody {
    model: Option<String>,
    messages: Vec<Message>,
    max_tokens: Option<i64>,
    max_completion_tokens: Option<i64>,
    min_tokens: Option<i64>,
    n: Option<u64>,
    stream: Option<bool>,
    stream_options: Option<StreamOptions>,
}

#[derive(Deserialize)]
pub(crate) struct CompletionsBody {
    model: Option<String>,
    prompt: Prompt,
    max_tokens: Option<i64>,
    min_tokens: Option<i64>,
    n: Option<u64>,
    stream: Option<bool>,
    stream_options: Option<StreamOptions>,
}

impl ChatBody {
    pub(crate) fn read(json: &[u8]) -> Result<Common, ApiError> {
        let body: Self = serde_json::from_slice(json).map_err(json_error)?;
        if body.messages.is_empty() {
            return Err(ApiError::EmptyConversation);
        }
        // The newer name wins where both are given.
        let limit = (body.max_completion_tokens)
            .map(|value| Limit { param: "max_completion_tokens", value })
            .or(body.max_tokens.map(|value| Limit { param: "max_tokens", value }));
        Ok(Common {
            model: body.model,
            isl: prompt::conversation(&body.messages),
            limit,
            default_osl: DEFAULT_CHAT_OSL,
            min_tokens: body.min_tokens,
            n: body.n,
            stream: body.stream,
            stream_options: body.stream_options,
        })
    }
}

impl CompletionsBody {
    pub(crate) fn read(json: &[u8]) -> Result<Common, ApiError> {
        let body: Self = serde_json::from_slice(json).map_err(json_error)?;
        let isl = match body.prompt {
            Prompt::One(isl) => isl,
            Prompt::Many(count) => {
                return Err(ApiError::OneAnswerOnly { param: "prompt", count: count as u64 });
            }
        };
        Ok(Common {
            model: body.model,
            isl,
            limit: body.max_tokens.map(|value| Limit { param: "max_tokens", value }),
            default_osl: DEFAULT_COMPLETION_OSL,
            min_tokens: body.min_tokens,
            n: body.n,
            stream: body.stream,
            stream_options: body.stream_options,
        })
    }
}

#[expect(clippy::needless_pass_by_value, reason = "the shape that map_err wants")]
fn json_error(error: serde_json::Error) -> ApiError {
    ApiError::Json { message: error.to_string() }
}
