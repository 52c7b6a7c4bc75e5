//! What happened to one request: a line of `requests.jsonl`.

use crate::quantity::RunInstant;
use crate::server_times::ServerTimes;
use serde::{Deserialize, Serialize};

/// One request, from the first byte sent to its end, whatever the end was.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RequestRecord {
    /// What was sent as `x-request-id`.
    pub request_id: String,
    /// Which load point it belongs to, counted from 0.
    pub point: u32,
    /// Which batch of the point, where requests are sent in batches.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batch: Option<u32>,
    /// Where it stands in the life of the point.
    pub phase: Phase,
    /// When it was meant to be sent; null in closed loop, which has no schedule.
    pub sched_ns: Option<RunInstant>,
    /// When its first byte was written; where no connection was had, when it was tried, and where
    /// it was never sent, when that was settled.
    pub send_ns: RunInstant,
    /// When the first token-bearing chunk was read from the socket.
    pub first_token_ns: Option<RunInstant>,
    /// When the first token that is not reasoning was read: what a reader sees.
    #[serde(default)]
    pub first_output_ns: Option<RunInstant>,
    /// When the last token-bearing chunk was read.
    pub last_token_ns: Option<RunInstant>,
    /// When the request was over for the client.
    pub end_ns: RunInstant,
    /// Every event of the stream; left out with `--events summary`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<Event>,
    /// Token-bearing chunks received.
    #[serde(default)]
    pub token_chunks: u32,
    /// Tokens in the first of them, where the server says.
    #[serde(default)]
    pub first_chunk_tokens: Option<u32>,
    /// Input length asked for, in tokens.
    pub isl_requested: u32,
    /// Output length asked for, in tokens.
    pub osl_requested: u32,
    /// Input tokens the server counted, cached ones included.
    pub input_tokens: Option<u64>,
    /// Output tokens, reasoning included; from [`Self::token_source`].
    pub output_tokens: Option<u64>,
    /// Output tokens that were reasoning, where the server says.
    pub reasoning_tokens: Option<u64>,
    /// Input tokens served from the prefix cache, where the server says.
    pub cached_tokens: Option<u64>,
    /// How long the server says that it took over it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server_times: Option<ServerTimes>,
    /// Who counted the output tokens.
    pub token_source: Option<TokenSource>,
    /// The server's own word for why it stopped.
    pub finish_reason: Option<String>,
    /// Whether the answer ended before the requested output length.
    pub early_stop: bool,
    /// Status line of the answer, if one came.
    pub http_status: Option<u16>,
    /// Whether the connection had carried a request before.
    pub connection_reused: bool,
    /// How it ended.
    pub status: Status,
    /// Why it failed.
    pub reason: Option<FailureReason>,
    /// One line about the failure, in the server's or the system's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

impl RequestRecord {
    /// When it was meant to be sent, or was where nothing was scheduled.
    pub fn due_ns(&self) -> RunInstant {
        self.sched_ns.unwrap_or(self.send_ns)
    }

    /// Whether the whole answer arrived.
    pub fn is_ok(&self) -> bool {
        self.status == Status::Ok
    }
}

/// Where a request stands in the life of its load point; see [`crate::window`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Before the point: wakes the server up, never counted.
    Warmup,
    /// Sent before the first answer of the point had ended: the load was still building.
    Ramp,
    /// Lived its whole life under the offered load.
    Window,
    /// Still under way when the client stopped sending: the load was falling.
    Drain,
}

/// How a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// The whole answer arrived, with a terminal signal.
    Ok,
    /// It did not; [`RequestRecord::reason`] says why.
    Failed,
    /// We ended it ourselves.
    Cancelled,
}

/// Why a request failed. The list is closed: scripts switch on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureReason {
    /// No connection: refused, unreachable, name not resolved, proxy said no.
    Connect,
    /// The TLS handshake failed.
    Tls,
    /// The connection broke: reset, or closed before the answer's head.
    Reset,
    /// The whole request took longer than `--timeout`.
    Timeout,
    /// Tokens had come, then nothing for longer than `--stall-timeout`.
    Stall,
    /// Status 429.
    RateLimited,
    /// Any other status from 400 to 499.
    #[serde(rename = "http_4xx")]
    Http4xx,
    /// A status of 500 or above.
    #[serde(rename = "http_5xx")]
    Http5xx,
    /// A status that is no answer to a completion: 1xx, 204, a redirect.
    HttpOther,
    /// Bytes that are not HTTP.
    BadHttp,
    /// An event that is not JSON.
    BadJson,
    /// The stream ended without finish reason or `[DONE]`.
    Truncated,
    /// An error inside a stream that began with status 200.
    InBandError,
    /// A complete answer without a single token.
    Empty,
    /// Fewer tokens than `--min-osl` asked for.
    TooShort,
    /// Open loop: it was due, but no place among the requests in flight came free before the end.
    NeverSent,
    /// Another tool's result file counts the failure and does not say why.
    Unknown,
}

impl FailureReason {
    /// The name files use.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Tls => "tls",
            Self::Reset => "reset",
            Self::Timeout => "timeout",
            Self::Stall => "stall",
            Self::RateLimited => "rate_limited",
            Self::Http4xx => "http_4xx",
            Self::Http5xx => "http_5xx",
            Self::HttpOther => "http_other",
            Self::BadHttp => "bad_http",
            Self::BadJson => "bad_json",
            Self::Truncated => "truncated",
            Self::InBandError => "in_band_error",
            Self::Empty => "empty",
            Self::TooShort => "too_short",
            Self::NeverSent => "never_sent",
            Self::Unknown => "unknown",
        }
    }
}

/// Who counted the output tokens, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenSource {
    /// The server sent the token ids.
    TokenIds,
    /// Running usage in the chunks.
    UsageStream,
    /// One usage object at the end.
    UsageFinal,
    /// The engine's native counters.
    Native,
    /// Nobody: chunks were counted. Not good enough for TPOT or a price.
    Chunks,
}

/// One event of a stream, written as `[ns since send, kind, tokens|null, read_id]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "(u64, EventKind, Option<u32>, u32)", into = "(u64, EventKind, Option<u32>, u32)")]
pub struct Event {
    /// Nanoseconds from the first byte sent to the socket read that brought it.
    pub since_send_ns: u64,
    /// What it carried.
    pub kind: EventKind,
    /// How many tokens, where the server says.
    pub tokens: Option<u32>,
    /// Which socket read brought it: events of one read share it.
    pub read_id: u32,
}

/// What an event carried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// The speaker's role and nothing else.
    Role,
    /// Reasoning text.
    Reasoning,
    /// Answer text.
    Content,
    /// A tool call.
    Tool,
    /// The finish reason.
    Finish,
    /// Token counts.
    Usage,
    /// Prompt progress.
    Progress,
    /// A keep-alive comment.
    Ping,
    /// An error inside the stream.
    Error,
}

impl EventKind {
    /// Whether tokens came with it. A role or a ping is never a token.
    pub const fn bears_tokens(self) -> bool {
        matches!(self, Self::Reasoning | Self::Content | Self::Tool)
    }
}

impl From<(u64, EventKind, Option<u32>, u32)> for Event {
    fn from((since_send_ns, kind, tokens, read_id): (u64, EventKind, Option<u32>, u32)) -> Self {
        Self { since_send_ns, kind, tokens, read_id }
    }
}

impl From<Event> for (u64, EventKind, Option<u32>, u32) {
    fn from(event: Event) -> Self {
        (event.since_send_ns, event.kind, event.tokens, event.read_id)
    }
}

#[cfg(test)]
pub(crate) mod tests_support {
    use super::*;

    /// A finished request of 8 tokens with nothing remarkable about it.
    pub(crate) fn record() -> RequestRecord {
        let ms = |ms: u64| RunInstant::from_nanos(ms * 1_000_000);
        RequestRecord {
            request_id: "r".to_owned(),
            point: 0,
            batch: None,
            phase: Phase::Window,
            sched_ns: None,
            send_ns: ms(0),
            first_token_ns: Some(ms(50)),
            first_output_ns: Some(ms(50)),
            last_token_ns: Some(ms(120)),
            end_ns: ms(121),
            events: Vec::new(),
            token_chunks: 8,
            first_chunk_tokens: None,
            isl_requested: 16,
            osl_requested: 8,
            input_tokens: Some(16),
            output_tokens: Some(8),
            reasoning_tokens: None,
            cached_tokens: None,
            server_times: None,
            token_source: Some(TokenSource::UsageFinal),
            finish_reason: Some("length".to_owned()),
            early_stop: false,
            http_status: Some(200),
            connection_reused: true,
            status: Status::Ok,
            reason: None,
            detail: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_short_arrays_and_reasons_keep_their_names() {
        let event = Event { since_send_ns: 7, kind: EventKind::Content, tokens: None, read_id: 3 };
        assert_eq!(serde_json::to_string(&event).unwrap(), r#"[7,"content",null,3]"#);
        for reason in [FailureReason::Http4xx, FailureReason::InBandError, FailureReason::Connect] {
            let json = serde_json::to_string(&reason).unwrap();
            assert_eq!(json, format!("\"{}\"", reason.name()));
        }
    }

    #[test]
    fn a_line_reads_back_as_written() {
        let record = tests_support::record();
        let line = serde_json::to_string(&record).unwrap();
        assert_eq!(serde_json::from_str::<RequestRecord>(&line).unwrap(), record);
    }
}
