//! Prices as a caller sees them: conservation, the load line, and the pricing seed's own figures.

#![expect(
    clippy::unwrap_used,
    clippy::float_cmp,
    reason = "a test may panic and compares exact figures"
)]

mod conservation;
mod document;
mod engine_seed;
mod matrix;
mod pricing_seed;
mod support;
mod tiers;
