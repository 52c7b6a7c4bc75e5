//! The server as a visitor sees it: over sockets, and in a real browser.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod accessible;
mod api;
mod api_tables;
mod browser;
mod hostile;
mod hub;
mod look;
mod pages;
mod runs;
mod runs_api;
mod support;
mod written;
