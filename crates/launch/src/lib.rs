//! Engines as processes and containers: their command lines, their readiness, their logs and their
//! end.
//!
//! Reading order: [`spec`] (what is to be served, and how), [`flags`] (how each engine wants to be
//! told), [`command_line`](mod@command_line) (the two together), [`guard`] (why nothing is left
//! behind), [`running`] (an engine that was started), [`cause`] (why one died) and [`setup`] (an
//! environment for the naive baseline).

pub mod cause;
pub mod command_line;
mod docker;
mod error;
pub mod flags;
pub mod guard;
mod health;
mod log;
mod ports;
mod processes;
pub mod running;
mod said;
mod secrets;
pub mod setup;
pub mod spec;
mod told;

pub use cause::Cause;
pub use command_line::{CommandLine, command_line, quoted};
pub use error::{Death, LaunchError};
pub use ports::free_port;
pub use running::{Launcher, Running};
pub use said::Said;
pub use spec::{Docker, How, LaunchSpec, Local};
