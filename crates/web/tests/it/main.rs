//! The server as a visitor sees it: over sockets, and in a real browser.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod api;
mod browser;
mod hostile;
mod hub;
mod look;
mod pages;
mod runs;
mod support;
