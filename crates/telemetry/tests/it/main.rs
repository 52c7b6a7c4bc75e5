//! Telemetry against recordings of real engines, scripted servers and stand-ins for GPU programs.

#![expect(clippy::unwrap_used, reason = "in a test a failed unwrap is the finding")]

mod gpus;
mod kv_estimate;
mod probes;
mod sampling;
mod scrapes;
mod server;
mod tables;
