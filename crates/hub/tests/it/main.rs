//! The Hub as a caller sees it, against a local server that answers as the Hub does.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod cached;
mod datasets;
mod encrypted;
mod failures;
mod fetched;
mod refused;
mod server;
mod support;
mod weights;
