//! Files, tokenizers and prompts as a caller uses them.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod columns;
mod counts;
mod damaged;
mod prompts;
mod shapes;
mod support;
mod templates;
