//! Short hands.

use farebox_workload::{
    About, Arrivals, Generated, Lengths, Planned, Rhythm, Sharing, Traffic, Workload, observe,
};

pub(crate) fn generated(
    lengths: Lengths,
    rhythm: Option<(f64, Rhythm)>,
    sharing: Sharing,
) -> Workload {
    let arrivals = rhythm.map(|(rate, rhythm)| Arrivals::new(rate, rhythm).unwrap());
    Workload::Generated(Generated { lengths, arrivals, sharing })
}

pub(crate) fn planned(workload: &Workload, seed: u64, n: usize) -> Vec<Planned> {
    workload.plan(seed).take(n).collect()
}

/// The profile of the first `n` requests.
pub(crate) fn profile(workload: &Workload, seed: u64, n: usize) -> Traffic {
    Traffic::of(&observe(&planned(workload, seed, n)), About::default()).unwrap()
}

/// Fails unless `seen` is `expected` within `relative`.
#[track_caller]
pub(crate) fn close(seen: f64, expected: f64, relative: f64) {
    assert!((seen - expected).abs() <= relative * expected.abs(), "{seen}, not {expected}");
}
