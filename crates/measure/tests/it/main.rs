//! The measuring path against a server that keeps its own books.
//!
//! Reading order: `support` (a server, a client and the books of both), then `timing`, `quirks`
//! and `failures` (one request), `load`, `open_loop` and `prompts` (many), `ready`, `negotiation` and
//! `secrets` (before the first).

#![expect(clippy::unwrap_used, reason = "in a test a failed unwrap is the finding")]

mod calibration;
mod conversations;
mod dialects;
mod engines;
mod failures;
mod load;
mod lost_connections;
mod negotiation;
mod omission;
mod open_loop;
mod prompts;
mod quirks;
mod ready;
mod secrets;
mod support;
mod timing;
