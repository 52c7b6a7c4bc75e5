//! Whether a curve that somebody wrote can be one.

use crate::curve::{LoadCurve, LoadPoint};
use crate::distribution::Distribution;
use crate::metric::Metric;

/// A figure of a curve that cannot be one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("points[{point}].{field}: {problem}")]
pub struct CurveFault {
    /// Which point, from 0, in the order of the document.
    pub point: usize,
    /// Which field of it.
    pub field: String,
    /// What is wrong.
    pub problem: String,
}

/// By how much a higher percentile may be lower, as a share: what rounding does.
const ROUNDING: f64 = 1e-9;

impl LoadCurve {
    /// Fails on the first figure that cannot be one: a load that is not above 0, a rate or a latency
    /// below 0, percentiles that fall.
    pub fn check(&self) -> Result<(), CurveFault> {
        for (point, figures) in self.points.iter().enumerate() {
            let fault = |(field, problem)| CurveFault { point, field, problem };
            check_rates(figures).map_err(fault)?;
            for metric in Metric::ALL {
                let Some(latency) = figures.latency(metric) else { continue };
                check_latency(latency)
                    .map_err(|problem| fault((format!("{metric}_ms"), problem)))?;
            }
        }
        Ok(())
    }
}

fn check_rates(point: &LoadPoint) -> Result<(), (String, String)> {
    let load = point.offered.value;
    if !(load > 0.0 && load.is_finite()) {
        return Err(("offered.value".to_owned(), format!("{load} is no load: it is above 0")));
    }
    let cached = point.cached_input_tok_per_s.map_or(0.0, crate::TokensPerSecond::get);
    let rates = [
        ("input_tok_per_s", point.input_tok_per_s.get()),
        ("cached_input_tok_per_s", cached),
        ("output_tok_per_s", point.output_tok_per_s.get()),
        ("total_tok_per_s", point.total_tok_per_s.get()),
        ("requests_per_s", point.requests_per_s.get()),
        ("phase.prefill_s", point.phase.as_ref().map_or(0.0, |phase| phase.prefill_s)),
        ("phase.decode_s", point.phase.as_ref().map_or(0.0, |phase| phase.decode_s)),
    ];
    match rates.into_iter().find(|(_, rate)| !(*rate >= 0.0 && rate.is_finite())) {
        Some((field, rate)) => Err((field.to_owned(), format!("{rate} is below 0"))),
        None => Ok(()),
    }
}

fn check_latency(latency: &Distribution) -> Result<(), String> {
    let mean = latency.mean().get();
    if mean.is_nan() || mean < 0.0 {
        return Err(format!("a mean of {mean} ms is below 0"));
    }
    let Distribution::Quantiles { quantiles, .. } = latency else { return Ok(()) };
    let mut last: Option<(f64, f64)> = None;
    for (p, value) in quantiles.iter().map(|(p, value)| (*p, value.get())) {
        if !((0.0..=100.0).contains(&p) && value >= 0.0) {
            return Err(format!("p{p} of {value} ms cannot be"));
        }
        if let Some((before, lower)) = last {
            if p <= before {
                return Err(format!("p{p} is listed after p{before}"));
            }
            if value < lower * (1.0 - ROUNDING) {
                return Err(format!("p{p} of {value} ms is below p{before} of {lower} ms"));
            }
        }
        last = Some((p, value));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::curve::{Load, LoadKind};
    use crate::deployment::{Deployment, Workload};
    use crate::quantity::{Milliseconds, RequestsPerSecond, TokensPerSecond};

    fn curve(load: f64, output: f64, quantiles: &[(f64, f64)]) -> LoadCurve {
        let quantiles = quantiles.iter().map(|(p, value)| (*p, Milliseconds::new(*value)));
        let mean = Milliseconds::new(5.0);
        let ttft = Distribution::Quantiles { mean, n: 9, quantiles: quantiles.collect() };
        let rate = TokensPerSecond::new(1.0);
        let offered = Load { kind: LoadKind::Concurrency, value: load }.offered(true);
        let requests = RequestsPerSecond::new(1.0);
        let point = LoadPoint::of_rates(offered, rate, TokensPerSecond::new(output), requests);
        LoadCurve {
            schema: crate::curve::CURVE_SCHEMA.to_owned(),
            name: "c".to_owned(),
            deployment: Deployment::machine("m"),
            workload: Workload::default(),
            source: crate::curve::Source::Imported,
            complete: true,
            price: None,
            points: vec![LoadPoint { ttft_ms: Some(ttft), ..point }],
        }
    }

    #[test]
    fn what_cannot_be_is_named_with_its_place() {
        let rising = &[(50.0, 1.0), (90.0, 1.0), (99.0, 4.0)];
        assert_eq!(curve(3.0, 9.0, rising).check(), Ok(()));
        for (curve, words) in [
            (curve(-3.0, 9.0, rising), "points[0].offered.value: -3 is no load"),
            (curve(0.0, 9.0, rising), "points[0].offered.value: 0 is no load"),
            (curve(3.0, -9.0, rising), "points[0].output_tok_per_s: -9 is below 0"),
            (curve(3.0, 9.0, &[(50.0, 4.0), (90.0, 1.0)]), "ttft_ms: p90 of 1 ms is below p50"),
            (curve(3.0, 9.0, &[(90.0, 1.0), (50.0, 4.0)]), "ttft_ms: p50 is listed after p90"),
            (curve(3.0, 9.0, &[(150.0, 1.0)]), "ttft_ms: p150 of 1 ms cannot be"),
        ] {
            let fault = curve.check().unwrap_err().to_string();
            assert!(fault.contains(words), "{fault}");
        }
    }
}
