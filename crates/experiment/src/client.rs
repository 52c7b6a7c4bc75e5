//! The client's own part in a run: how it stood a load, and the trial that tells its error.

use farebox_core::{ClientHealth, LoadKind, LoadPoint, Metric, ReadLag};
use farebox_measure::calibration::Trial;
use farebox_measure::host;
use std::time::{Duration, Instant};

/// How the client stood a load that began at `before`.
pub(crate) fn health(
    before: (Instant, Option<f64>),
    threads: &host::Watch,
    read_lag: Option<ReadLag>,
) -> ClientHealth {
    let (wall, cpu_before) = before;
    let cores = std::thread::available_parallelism().map_or(1.0, |cores| cores.get() as f64);
    let had = wall.elapsed().as_secs_f64() * cores;
    let used = host::cpu_seconds().zip(cpu_before).map(|(after, before)| after - before);
    // Ticks of a hundredth of a second say nothing about a load that is as short.
    let cpu_fraction = used.filter(|_| had > 0.5).map(|used| used / had);
    let busiest_thread_fraction = threads.busiest_thread();
    ClientHealth { busiest_thread_fraction, cpu_fraction, read_lag }
}

/// The trial that is like a load: streams in flight by Little's law, and their token rate.
pub(crate) fn trial(point: &LoadPoint) -> Trial {
    const PLAUSIBLE: Duration = Duration::from_millis(10);
    let mean_s = |metric| point.latency(metric).map(|d| d.mean().as_secs());
    let streams = match point.offered.kind {
        LoadKind::Concurrency | LoadKind::Batch => point.offered.value,
        _ => point.requests_per_s.get() * mean_s(Metric::E2e).unwrap_or_default(),
    };
    let gap = mean_s(Metric::Tpot).map_or(PLAUSIBLE, Duration::from_secs_f64);
    Trial::short(streams.ceil().max(1.0) as u32, gap)
}
