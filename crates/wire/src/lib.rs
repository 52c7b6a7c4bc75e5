//! The OpenAI-compatible wire format, read and written without IO, clock or runtime.
//!
//! Bytes go in, typed values come out; whoever owns the socket stamps the time. Read in this order:
//!
//! 1. [`stream`]: what a streamed answer says, event by event, and how it ended. This is what a
//!    load generator uses; it stands on
//! 2. [`sse`]: bytes to server-sent events, linear and copy-free where it can be, and
//! 3. [`chunk`]: one event's payload to a typed chunk.
//! 4. [`reply`] and [`error_body`]: answers that are not streamed, and refusals.
//! 5. [`request`] and [`models`]: what is sent, which fields may be dropped, what is served;
//!    [`engine`]: who answers, and what its dialect lacks.
//! 6. [`http`]: the HTTP/1.1 answer around it all.
//! 7. [`prometheus`]: what a server publishes of itself.
//! 8. [`encode`]: the same format written, for simulated and scripted servers.

pub mod chunk;
pub mod encode;
pub mod engine;
pub mod error_body;
mod excerpt;
pub mod finish;
pub mod http;
pub mod models;
pub mod prometheus;
pub mod reply;
pub mod request;
pub mod sse;
pub mod stream;
pub mod usage;

pub use chunk::{BadJson, Chunk, Payload};
pub use error_body::ErrorBody;
pub use finish::FinishReason;
pub use reply::Reply;
pub use sse::{Framing, SseDecoder, SseEvent};
pub use stream::{Ending, EventKind, StreamEvent, StreamOutcome, StreamReader};
pub use usage::{NativeCounts, Usage};
