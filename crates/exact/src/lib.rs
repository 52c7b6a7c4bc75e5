//! A server of one thread that keeps exact times, and tells when it really wrote.
//!
//! What a client says about latency can only be judged by a server whose own times are known.
//! This one holds a thousand streams on absolute deadlines: a request's schedule counts from the
//! moment the kernel received it, however busy the server was with others, and its log has the
//! moment before each write. [`Schedule`] is what it does, [`ExactServer`] does it, [`Answered`]
//! is the truth about it.

mod bytes;
mod due;
mod request;
mod schedule;
mod server;
mod stream;
mod truth;

pub use schedule::{Opening, Schedule, Stall};
pub use server::ExactServer;
pub use truth::{Answered, Write};
