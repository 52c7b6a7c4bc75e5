//! The bytes of answers, made once.

use crate::schedule::{Opening, Schedule};
use farebox_wire::encode::{ChunkEncoder, ChunkParts, FrameStyle, Say, Shape};
use farebox_wire::{FinishReason, Usage};

/// Everything the server ever says, but for token counts.
#[derive(Debug)]
pub(crate) struct Phrases {
    /// Head, and role event where it comes at once.
    pub(crate) opening: Vec<u8>,
    /// One event of `tokens_per_event` tokens.
    pub(crate) event: Vec<u8>,
}

const HEAD: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\
    Transfer-Encoding: chunked\r\n\r\n";

impl Phrases {
    pub(crate) fn of(schedule: &Schedule) -> Self {
        let mut opening = HEAD.to_vec();
        if schedule.opening == Opening::RoleAtOnce {
            opening.extend(chunk(&framed(ChunkParts::say(Say::Role))));
        }
        let text = " tok".repeat(schedule.tokens_per_event as usize);
        let event = chunk(&framed(ChunkParts::say(Say::Content(&text))));
        Self { opening, event }
    }
}

/// Finish, usage, `[DONE]` and the end of the body.
pub(crate) fn tail(tokens: u32) -> Vec<u8> {
    let mut events = framed(ChunkParts::finish(FinishReason::Length));
    let usage = Usage { input_tokens: Some(10), output_tokens: tokens.into(), ..Usage::default() };
    let mut json = Vec::new();
    encoder().usage(&mut json, usage);
    FrameStyle::default().event(&mut events, &json);
    FrameStyle::default().done(&mut events);
    let mut bytes = chunk(&events);
    bytes.extend_from_slice(b"0\r\n\r\n");
    bytes
}

/// An answer that is not streamed.
pub(crate) fn plain(status: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n\
         {body}"
    )
    .into_bytes()
}

fn encoder() -> ChunkEncoder {
    ChunkEncoder::new(Shape::Chat, "exact", "exact", 0)
}

fn framed(parts: ChunkParts<'_>) -> Vec<u8> {
    let (mut json, mut bytes) = (Vec::new(), Vec::new());
    encoder().chunk(&mut json, parts);
    FrameStyle::default().event(&mut bytes, &json);
    bytes
}

fn chunk(body: &[u8]) -> Vec<u8> {
    let mut bytes = format!("{:x}\r\n", body.len()).into_bytes();
    bytes.extend_from_slice(body);
    bytes.extend_from_slice(b"\r\n");
    bytes
}
