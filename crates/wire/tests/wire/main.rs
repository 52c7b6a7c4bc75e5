//! The wire format against recordings of real servers, and against everything else.

#![expect(clippy::unwrap_used, reason = "in a test a failed unwrap is the finding")]

mod engines;
mod expositions;
mod http_splits;
mod quirks;
mod recordings;
mod robustness;
mod round_trip;
mod sse_splits;
mod transcripts;
