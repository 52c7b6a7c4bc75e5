//! What the serving machine reported, put beside what was measured from outside.

use crate::books::ServerBooks;
use crate::curve::{LoadPoint, PhaseTimes};
use crate::quantity::RunInstant;
use crate::recording::{Recording, Span, mean_max};
use crate::run::PointMarks;
use crate::telemetry::Signal;

/// Fills in what `recording` says of each point: KV cache, memory, processor cores and power over its
/// window, the server's own account of the whole load, and from its phase counters the time of
/// prefill.
///
/// `edges` are the snapshots around each load, in the order of `marks`; without them there is no
/// account. Points that were cut short have none either.
pub fn attach_reported(
    points: &mut [LoadPoint],
    marks: &[PointMarks],
    edges: &[Span],
    recording: &Recording,
) {
    for point in points.iter_mut() {
        let load = point.offered.load();
        let of_load = |marks: &&PointMarks| marks.load == load;
        let windows: Vec<Span> =
            marks.iter().filter(of_load).filter_map(|marks| inside(point, marks)).collect();
        attach_gauges(point, recording, &windows);
        let edged = marks.iter().zip(edges).filter(|(marks, _)| of_load(marks));
        let spans: Vec<Span> = edged.map(|(_, edge)| *edge).collect();
        let complete = spans.len() == point.repeats as usize;
        if let Some(health) = &mut point.health {
            health.server = complete.then(|| ServerBooks::of(recording, &spans)).flatten();
        }
    }
    attach_server_phases(points);
}

/// What was in use in the point's windows; accelerators and processes all together.
fn attach_gauges(point: &mut LoadPoint, recording: &Recording, windows: &[Span]) {
    let engine = |signal| mean_max(recording.engine(signal), windows);
    let total = |signal| mean_max(&recording.total(signal), windows);
    point.kv_used_fraction = engine(Signal::KvUsedFraction);
    point.kv_used_bytes_estimated = engine(Signal::KvUsedBytesEstimated);
    point.power_w = total(Signal::PowerW).map(|power| power.mean);
    point.gpu_memory_used_bytes = total(Signal::MemoryUsedBytes);
    point.engine_resident_bytes = total(Signal::ResidentBytes);
    point.engine_cpu_cores = mean_max(&recording.rate(Signal::CpuSecondsTotal), windows);
}

/// The part of a load's time that lies in the point's window.
fn inside(point: &LoadPoint, marks: &PointMarks) -> Option<Span> {
    let end = marks.stopped_ns.unwrap_or(RunInstant::from_nanos(u64::MAX));
    let from_ns = point.window_start_ns?.max(marks.started_ns);
    let to_ns = point.window_end_ns?.min(end);
    (from_ns < to_ns).then_some(Span { from_ns, to_ns })
}

/// Splits each window by the prefill time that the server itself reports at the lowest load, where
/// prefills overlap least: its counters add up the time of every request, and requests that are
/// prefilled side by side count the same second several times. Left as it was where the server does
/// not say, and where prefills would take more than all of the time.
fn attach_server_phases(points: &mut [LoadPoint]) {
    let of_a_request = |point: &LoadPoint| {
        let health = point.health.as_ref()?;
        let server = health.server.filter(|server| server.resets == 0)?;
        // llama.cpp counts no requests: those that we sent.
        let requests = server.requests.or_else(|| Some(health.ours?.requests as f64));
        Some(server.prefill_s.filter(|s| *s > 0.0)? / requests.filter(|n| *n > 0.0)?)
    };
    let prefill_s = points.iter().find_map(of_a_request);
    let Some(prefill_s) = prefill_s else { return };
    for point in points {
        let share = point.requests_per_s.get() * prefill_s;
        if share > 0.0 && share < 1.0 {
            let window_s = point.window_s.unwrap_or(1.0);
            point.phase = Some(PhaseTimes {
                prefill_s: share * window_s,
                decode_s: (1.0 - share) * window_s,
                basis: "server".to_owned(),
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::books::OurBooks;
    use crate::curve::{Load, LoadKind, MeanMax};
    use crate::health::Health;
    use crate::quantity::{RequestsPerSecond, TokensPerSecond};
    use crate::telemetry::{Scope, TelemetrySample};

    fn at(ms: u64) -> RunInstant {
        RunInstant::from_nanos(ms * 1_000_000)
    }

    fn sample(ms: u64, scope: Scope, metric: Signal, value: f64) -> TelemetrySample {
        TelemetrySample { t_ns: at(ms), scope, metric, value }
    }

    /// One load from 100 to 1100 ms, its window from 200 to 1000.
    fn measured(samples: Vec<TelemetrySample>) -> LoadPoint {
        let load = Load { kind: LoadKind::Concurrency, value: 2.0 };
        let point = LoadPoint {
            window_start_ns: Some(at(200)),
            window_end_ns: Some(at(1000)),
            window_s: Some(0.8),
            health: Some(Health { ours: Some(OurBooks::default()), ..Health::default() }),
            ..LoadPoint::of_rates(
                load.offered(true),
                TokensPerSecond::new(100.0),
                TokensPerSecond::new(10.0),
                RequestsPerSecond::new(5.0),
            )
        };
        let marks = PointMarks { load, started_ns: at(100), stopped_ns: Some(at(1000)) };
        let edges = [Span { from_ns: at(95), to_ns: at(1120) }];
        let mut points = [point];
        attach_reported(&mut points, &[marks], &edges, &samples.into_iter().collect());
        let [point] = points;
        point
    }

    #[test]
    fn gauges_are_of_the_window_and_counters_of_the_whole_load() {
        let engine = |ms, metric, value| sample(ms, Scope::Engine, metric, value);
        let point = measured(vec![
            engine(90, Signal::KvUsedFraction, 0.0),
            engine(300, Signal::KvUsedFraction, 0.5),
            engine(600, Signal::KvUsedFraction, 1.0),
            engine(1110, Signal::KvUsedFraction, 0.0),
            engine(90, Signal::GenerationTokensTotal, 7.0),
            engine(600, Signal::GenerationTokensTotal, 37.0),
            engine(1110, Signal::GenerationTokensTotal, 57.0),
            engine(90, Signal::TtftSecondsTotal, 1.0),
            engine(1110, Signal::TtftSecondsTotal, 1.4),
            engine(90, Signal::TtftRequestsTotal, 10.0),
            engine(1110, Signal::TtftRequestsTotal, 20.0),
            sample(500, Scope::Gpu(0), Signal::PowerW, 300.0),
            sample(510, Scope::Gpu(1), Signal::PowerW, 100.0),
        ]);
        let kv = point.kv_used_fraction.unwrap();
        // 100 ms of 0, 300 ms of 0.5, 400 ms of 1.
        assert!((kv.mean - 0.6875).abs() < 1e-12 && (kv.max - 1.0).abs() < 1e-12, "{kv:?}");
        assert_eq!(point.power_w, Some(400.0));
        let server = point.health.unwrap().server.unwrap();
        assert_eq!((server.output_tokens, server.requests), (Some(50.0), Some(10.0)));
        assert!((server.ttft_ms.unwrap() - 40.0).abs() < 1e-9);
        assert_eq!((server.input_tokens, server.preemptions, server.resets), (None, None, 0));
    }

    #[test]
    fn processes_and_accelerators_are_of_the_window_too() {
        let host = |ms, metric, value| sample(ms, Scope::Host, metric, value);
        let point = measured(vec![
            host(100, Signal::ResidentBytes, 1e9),
            host(600, Signal::ResidentBytes, 3e9),
            // Half a core until 600 ms, then two.
            host(100, Signal::CpuSecondsTotal, 7.0),
            host(600, Signal::CpuSecondsTotal, 7.25),
            host(1100, Signal::CpuSecondsTotal, 8.25),
            sample(500, Scope::Gpu(0), Signal::MemoryUsedBytes, 5e9),
            sample(500, Scope::Gpu(1), Signal::MemoryUsedBytes, 6e9),
        ]);
        let resident = point.engine_resident_bytes.unwrap();
        assert_eq!(resident, MeanMax { mean: 2e9, max: 3e9 });
        let cores = point.engine_cpu_cores.unwrap();
        assert!((cores.mean - 1.25).abs() < 1e-9 && (cores.max - 2.0).abs() < 1e-9, "{cores:?}");
        let memory = point.gpu_memory_used_bytes.map(|used| used.max);
        assert_eq!(memory, Some(11e9));
    }

    #[test]
    fn nothing_reported_is_nothing_known() {
        let point = measured(Vec::new());
        assert_eq!((point.kv_used_fraction, point.power_w), (None, None));
        assert_eq!((point.engine_resident_bytes, point.engine_cpu_cores), (None, None));
        assert_eq!(point.health.unwrap().server, None);
        assert_eq!(point.phase, None);
    }

    #[test]
    fn prefill_time_is_what_the_server_says_of_a_request() {
        let engine = |ms, metric, value| sample(ms, Scope::Engine, metric, value);
        let point = measured(vec![
            engine(90, Signal::PrefillSecondsTotal, 2.0),
            engine(1110, Signal::PrefillSecondsTotal, 2.5),
            engine(90, Signal::RequestsFinishedTotal, 0.0),
            engine(1110, Signal::RequestsFinishedTotal, 5.0),
        ]);
        let phase = point.phase.unwrap();
        // 5 requests a second of 0.1 s each.
        assert!((phase.prefill_share() - 0.5).abs() < 1e-12);
        assert_eq!(phase.basis, "server");
    }
}
