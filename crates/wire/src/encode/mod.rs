//! The streaming format, written: frames and OpenAI chunks into a byte buffer.
//!
//! For servers that pretend: the simulated engine and the scripted test server. Nothing is kept and
//! nothing is sent; the caller owns the buffer and decides when it is written. `chunk` writes the
//! JSON of chunks and answers, `objects` the usage and error objects in it, `frame` what goes around.

mod chunk;
mod frame;
mod objects;

pub use chunk::{ChunkEncoder, ChunkParts, Say, Shape};
pub use frame::{FrameStyle, Gap, LineEnd};
pub use objects::error_json;
