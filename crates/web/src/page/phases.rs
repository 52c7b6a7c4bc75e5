//! What the time of a phase is spent on, as bars.

use super::spell;
use super::worked::Worked;
use farebox_estimate::compose::Breakdown;
use farebox_report::numbers::ms;
use serde::Serialize;

/// One phase.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Phase {
    pub(super) name: &'static str,
    pub(super) total: String,
    pub(super) bound: &'static str,
    pub(super) parts: Vec<Spent>,
    pub(super) words: String,
}

/// A part of its time.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Spent {
    pub(super) class: &'static str,
    pub(super) name: String,
    pub(super) time: String,
    /// Where it begins and how wide it is, in per cent.
    pub(super) x: f64,
    pub(super) width: f64,
}

/// Prefill of one prompt, and one step of decode.
pub(super) fn phases(worked: &Worked) -> Vec<Phase> {
    let Some(estimate) = &worked.estimate else { return Vec::new() };
    vec![
        phase("Prefill of one prompt", &estimate.prefill),
        phase("One step of decode", &estimate.decode),
    ]
}

fn phase(name: &'static str, spent: &Breakdown) -> Phase {
    let products = if spent.reading > spent.arithmetic {
        "matrix products, bound by reading weights"
    } else {
        "matrix products, bound by arithmetic"
    };
    let times = [
        ("products", products, spent.products),
        ("attention", "attention over the cache", spent.attention),
        ("network", "collectives", spent.network),
        ("launches", "launches and scheduling", spent.overhead),
    ];
    let total = spent.seconds();
    let mut x = 0.0;
    let mut parts = Vec::new();
    for (class, name, seconds) in times.into_iter().filter(|(.., seconds)| *seconds > 0.0) {
        let width = seconds / total * 100.0;
        let time = format!("{} ms", ms(seconds * 1e3));
        parts.push(Spent { class, name: name.to_owned(), time, x: round(x), width: round(width) });
        x += width;
    }
    let words: Vec<String> = parts.iter().map(|p| format!("{} {}", p.name, p.time)).collect();
    let bound = spell::bound(spent.bound());
    Phase { name, total: format!("{} ms", ms(total * 1e3)), bound, parts, words: words.join(", ") }
}

fn round(x: f64) -> f64 {
    (x * 100.0).round() / 100.0
}
