//! Two published estimators beside ours: `docs/seeds-side-by-side.md`, rendered and guarded here.
//!
//! Reading order: `calculator` and `roofline` (their formulas, held against the answers carried in
//! `fixtures/closed-form-seeds`), `ours` (the binary asked the same), `page` (the comparison).

mod calculator;
mod ours;
mod page;
mod roofline;

use serde_json::Value;

/// A number that must be there.
fn number(value: &Value, path: &str) -> f64 {
    value.pointer(path).and_then(Value::as_f64).unwrap_or_else(|| panic!("{path} in {value}"))
}

/// Whether two figures agree to `share`.
fn close(a: f64, b: f64, share: f64) -> bool {
    (a - b).abs() <= share * b.abs().max(1e-12)
}
