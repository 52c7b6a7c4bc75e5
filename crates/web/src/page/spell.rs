//! Quantities as words.

use farebox_core::Load;
use farebox_core::curve::LoadKind;
use farebox_estimate::Bound;
use farebox_report::numbers::plain;

const GIB: f64 = 1_073_741_824.0;

/// Bytes in GiB.
pub(super) fn gib(bytes: u64) -> String {
    gib_of(bytes as f64)
}

/// The same of a fraction.
pub(super) fn gib_of(bytes: f64) -> String {
    let gib = bytes / GIB;
    if gib >= 100.0 { format!("{gib:.0} GiB") } else { format!("{gib:.2} GiB") }
}

/// Bytes in the unit that keeps them readable.
pub(super) fn bytes(bytes: u64) -> String {
    match bytes as f64 {
        n if n >= GIB / 10.0 => gib_of(n),
        n if n >= 1_048_576.0 => format!("{:.2} MiB", n / 1_048_576.0),
        n => format!("{:.1} KiB", n / 1024.0),
    }
}

/// Parameters in billions or millions.
pub(super) fn billions(params: u64) -> String {
    match params as f64 {
        n if n >= 1e9 => format!("{:.2}B", n / 1e9),
        n => format!("{:.1}M", n / 1e6),
    }
}

/// A load, as in `64 in flight`.
pub(super) fn load(load: Load) -> String {
    let n = plain(load.value);
    match load.kind {
        LoadKind::Concurrency => format!("{n} in flight"),
        LoadKind::Batch => format!("{n} at once"),
        LoadKind::Rate | LoadKind::Trace => format!("{n} requests/s"),
    }
}

/// What limits a phase.
pub(super) const fn bound(bound: Bound) -> &'static str {
    match bound {
        Bound::Compute => "bound by arithmetic",
        Bound::Memory => "bound by memory bandwidth",
        Bound::Network => "bound by links",
        Bound::Overhead => "bound by overhead",
    }
}

/// A typical error, as in `±12 % typical`.
pub(super) fn error(ape: Option<f64>) -> String {
    ape.map_or(String::new(), |ape| format!("±{ape:.0} % typical"))
}
