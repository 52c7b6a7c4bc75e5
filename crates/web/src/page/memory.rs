//! Where the memory of one accelerator goes, as a bar.

use super::spell::{gib, gib_of};
use super::worked::Worked;
use serde::Serialize;

/// The bar.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct MemoryBar {
    pub(super) parts: Vec<Part>,
    /// The whole bar.
    pub(super) total: String,
    /// How far the device reaches, in per cent of the bar; below 100 where it does not fit.
    pub(super) device_pct: f64,
    /// The same for eyes that do not see.
    pub(super) words: String,
}

/// One part of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Part {
    pub(super) class: &'static str,
    pub(super) name: &'static str,
    pub(super) size: String,
    /// Where it begins and how wide it is, in per cent of the bar.
    pub(super) x: f64,
    pub(super) width: f64,
}

/// The bar of `worked`.
pub(super) fn bar(worked: &Worked) -> MemoryBar {
    let memory = &worked.document.memory;
    let device = worked.machine.gpu.memory.usable.get() as f64;
    let gpus = worked.machine.parallel.gpus_per_replica() as f64;
    let weights = memory.weights_bytes_per_gpu as f64;
    let overhead = memory.overhead_bytes_per_gpu as f64;
    let usable = memory.usable_bytes_per_gpu as f64;
    let left = (usable - weights - overhead).max(0.0);
    let cache = if memory.fits { (memory.kv_bytes_total as f64 / gpus).min(left) } else { 0.0 };
    let missing = memory.short_bytes_per_gpu as f64;
    let sizes = [
        ("weights", "weights", weights),
        ("overhead", "activations and runtime", overhead),
        ("cache", "KV cache in use", cache),
        ("free", "KV cache free", if memory.fits { left - cache } else { 0.0 }),
        ("short", "missing for one request", if memory.fits { 0.0 } else { missing }),
        ("kept", "left to the driver", if memory.fits { device - usable } else { 0.0 }),
    ];
    let total = sizes.iter().map(|(.., size)| size).sum::<f64>().max(device);
    let mut x = 0.0;
    let mut parts = Vec::new();
    for (class, name, size) in sizes.into_iter().filter(|(.., size)| *size > 0.0) {
        let width = size / total * 100.0;
        parts.push(Part { class, name, size: gib_of(size), x: round(x), width: round(width) });
        x += width;
    }
    let words: Vec<String> = parts.iter().map(|p| format!("{} {}", p.name, p.size)).collect();
    MemoryBar {
        words: format!("{} of {}", words.join(", "), gib(device as u64)),
        parts,
        total: gib(device as u64),
        device_pct: round(device / total * 100.0),
    }
}

fn round(x: f64) -> f64 {
    (x * 100.0).round() / 100.0
}
