//! Curves typed by hand.

use farebox_core::curve::{CURVE_SCHEMA, PhaseTimes, RequestCounts};
use farebox_core::run::Rental;
use farebox_core::{
    Deployment, Distribution, LoadCurve, LoadKind, LoadPoint, Milliseconds, Offered,
    RequestsPerSecond, Source, TokensPerSecond, UsdPerHour, Workload,
};
use farebox_price::PriceSettings;

/// A point at `concurrency` with these token rates, a quarter of its time prefill, and every
/// latency `latency_ms`.
pub(crate) fn point(concurrency: f64, input: f64, output: f64, latency_ms: f64) -> LoadPoint {
    let latency = Distribution::of([Milliseconds::new(latency_ms)]);
    LoadPoint {
        requests: RequestCounts { ok: 100, in_window: 100, ..RequestCounts::default() },
        ttft_ms: latency.clone(),
        tpot_ms: latency,
        phase: Some(PhaseTimes { prefill_s: 0.25, decode_s: 0.75, basis: "ttft1".to_owned() }),
        ..LoadPoint::of_rates(
            Offered { kind: LoadKind::Concurrency, value: concurrency, steady: true },
            TokensPerSecond::new(input),
            TokensPerSecond::new(output),
            RequestsPerSecond::new(1.0),
        )
    }
}

pub(crate) fn curve(points: Vec<LoadPoint>) -> LoadCurve {
    LoadCurve {
        schema: CURVE_SCHEMA.to_owned(),
        name: "run".to_owned(),
        deployment: Deployment::machine("m"),
        workload: Workload::default(),
        source: Source::Measured,
        complete: true,
        price: None,
        points,
    }
}

pub(crate) fn rental(usd_per_hour: f64, gpus_billed: u32, gpus_used: u32) -> Rental {
    let usd_per_hour_total = UsdPerHour::new(usd_per_hour);
    Rental {
        usd_per_hour_total,
        gpus_billed,
        gpus_used,
        unit_gpus: None,
        source: "test".to_owned(),
    }
}

/// $3.60 per hour for one accelerator, `slos` as on the command line.
pub(crate) fn settings(slos: &[&str]) -> PriceSettings {
    PriceSettings {
        slos: slos.iter().map(|slo| slo.parse().unwrap()).collect(),
        ..PriceSettings::new(rental(3.6, 1, 1))
    }
}

pub(crate) fn close(a: f64, b: f64, relative: f64) -> bool {
    (a - b).abs() <= relative * a.abs().max(b.abs())
}
