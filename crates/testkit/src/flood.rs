//! Tokens as fast as the socket takes them, for benches of the client.

use std::io::{self, Write};
use std::sync::Arc;

use farebox_wire::encode::{ChunkEncoder, ChunkParts, FrameStyle, Say, Shape};
use farebox_wire::{FinishReason, Usage};

use crate::http::{LAST_CHUNK, Received, chunk, head};

/// As many one-token events as the request's output limit asks for, a set number per write, then
/// finish, usage and `[DONE]`. The bytes are made once; a request costs little but its writes.
#[derive(Debug, Clone)]
pub struct Flood {
    event: Arc<[u8]>,
    block: Arc<[u8]>,
    events_per_write: u32,
}

impl Flood {
    /// A flood of this many events per write.
    pub fn new(events_per_write: u32) -> Self {
        let events_per_write = events_per_write.max(1);
        let mut json = Vec::new();
        encoder().chunk(&mut json, ChunkParts::say(Say::Content(" tok")));
        let event = framed(&json);
        let block = chunk(&event.repeat(events_per_write as usize));
        Self { event: event.into(), block: block.into(), events_per_write }
    }

    /// How many tokens this request gets: its output limit, or 16.
    pub(crate) fn tokens(request: &Received) -> u32 {
        request.max_tokens().unwrap_or(16)
    }

    pub(crate) fn head() -> Vec<u8> {
        head(200, &[("Content-Type", "text/event-stream"), ("Transfer-Encoding", "chunked")])
    }

    /// Writes the events.
    pub(crate) fn write_tokens(&self, out: &mut impl Write, tokens: u32) -> io::Result<()> {
        for _ in 0..tokens / self.events_per_write {
            out.write_all(&self.block)?;
        }
        let rest = (tokens % self.events_per_write) as usize;
        if rest > 0 {
            out.write_all(&chunk(&self.event.repeat(rest)))?;
        }
        Ok(())
    }

    /// Finish, usage, `[DONE]` and the end of the body, in one write.
    pub(crate) fn tail(tokens: u32) -> Vec<u8> {
        let (mut finish, mut usage) = (Vec::new(), Vec::new());
        encoder().chunk(&mut finish, ChunkParts::finish(FinishReason::Length));
        let output_tokens = tokens.into();
        let stated = Usage { input_tokens: Some(10), output_tokens, ..Usage::default() };
        encoder().usage(&mut usage, stated);
        let mut events = framed(&finish);
        events.extend(framed(&usage));
        FrameStyle::default().done(&mut events);
        let mut bytes = chunk(&events);
        bytes.extend_from_slice(LAST_CHUNK);
        bytes
    }
}

fn encoder() -> ChunkEncoder {
    ChunkEncoder::new(Shape::Chat, "flood", "scripted", 0)
}

fn framed(json: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    FrameStyle::default().event(&mut bytes, json);
    bytes
}
