//! The crate from outside: tables of rows, error tables, and the fit.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod fit;
mod rows;
