//! Telemetry against recordings of real engines, scripted servers and stand-ins for GPU programs.

#![expect(clippy::unwrap_used, reason = "in a test a failed unwrap is the finding")]

mod sampling;
mod scrapes;
mod server;
