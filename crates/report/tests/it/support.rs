//! A curve typed by hand: three loads, of which the last is too slow for most.

use farebox_core::curve::{CURVE_SCHEMA, PhaseTimes, RequestCounts};
use farebox_core::run::Rental;
use farebox_core::{
    Deployment, Distribution, LoadCurve, LoadKind, LoadPoint, Milliseconds, Offered,
    RequestsPerSecond, Slo, Source, TokensPerSecond, UsdPerHour, Workload,
};
use farebox_price::PriceSettings;

pub(crate) fn curve() -> LoadCurve {
    let points = vec![
        point(1.0, 80.0, 60.0, 8.0),
        point(4.0, 290.0, 150.0, 9.5),
        point(16.0, 900.0, 700.0, 14.0),
    ];
    LoadCurve {
        schema: CURVE_SCHEMA.to_owned(),
        name: "first".to_owned(),
        deployment: Deployment { engine: Some("vllm".to_owned()), ..Deployment::machine("m/8b") },
        workload: Workload { isl: Some(512), osl: Some(128), ..Workload::default() },
        source: Source::Measured,
        complete: true,
        price: None,
        points,
    }
}

fn point(concurrency: f64, output: f64, ttft_ms: f64, tpot_ms: f64) -> LoadPoint {
    LoadPoint {
        requests: RequestCounts { ok: 110, in_window: 100, ..RequestCounts::default() },
        ttft_ms: spread(ttft_ms, 100),
        tpot_ms: spread(tpot_ms, 20),
        phase: Some(PhaseTimes { prefill_s: 0.2, decode_s: 0.8, basis: "ttft1".to_owned() }),
        ..LoadPoint::of_rates(
            Offered { kind: LoadKind::Concurrency, value: concurrency, steady: concurrency < 16.0 },
            TokensPerSecond::new(output * 4.0),
            TokensPerSecond::new(output),
            RequestsPerSecond::new(output / 128.0),
        )
    }
}

/// `n` latencies from `low` up to half as much again.
fn spread(low: f64, n: u32) -> Option<Distribution> {
    let at = |index: u32| low * (1.0 + 0.5 * f64::from(index) / f64::from(n - 1));
    Distribution::of((0..n).map(|index| Milliseconds::new(at(index))))
}

/// A tier that holds up to concurrency 4, and one that never does.
pub(crate) fn slos() -> Vec<Slo> {
    ["fast:ttft.p90=500ms,tpot.p90=16.7ms", "instant:ttft.p90=20ms"]
        .map(|slo| slo.parse().unwrap())
        .into()
}

/// $3.60 per hour for two accelerators, of which one serves.
pub(crate) fn settings() -> PriceSettings {
    let rental = Rental {
        usd_per_hour_total: UsdPerHour::new(3.6),
        gpus_billed: 2,
        gpus_used: 1,
        unit_gpus: None,
        source: "--price-per-hour".to_owned(),
    };
    PriceSettings { slos: slos(), ..PriceSettings::new(rental) }
}
