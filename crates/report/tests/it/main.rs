//! Tables and pictures as a reader gets them.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod matrix;
mod picture;
mod report;
mod support;
mod tables;
