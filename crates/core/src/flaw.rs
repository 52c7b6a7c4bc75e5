//! Figures of a curve that cannot be: a file may come from anywhere.

use crate::curve::{LoadCurve, LoadPoint};
use crate::distribution::Distribution;
use crate::metric::Metric;

impl LoadCurve {
    /// What cannot be, and where; none in a sound curve.
    pub fn flaw(&self) -> Option<String> {
        let of_point = |(index, point): (usize, &LoadPoint)| {
            let flaw = flaw_of(point)?;
            Some(format!("points[{index}] ({}): {flaw}", point.offered))
        };
        self.points.iter().enumerate().find_map(of_point)
    }
}

fn flaw_of(point: &LoadPoint) -> Option<String> {
    let load = point.offered.value;
    if !(load.is_finite() && load > 0.0) {
        return Some(format!("a load of {load}: it is above 0"));
    }
    let rates = [
        ("input_tok_per_s", point.input_tok_per_s.get()),
        ("output_tok_per_s", point.output_tok_per_s.get()),
        ("total_tok_per_s", point.total_tok_per_s.get()),
        ("requests_per_s", point.requests_per_s.get()),
    ];
    if let Some((name, rate)) = rates.into_iter().find(|(_, rate)| *rate < 0.0) {
        return Some(format!("{name} of {rate}: it is not below 0"));
    }
    Metric::ALL.into_iter().find_map(|metric| {
        let flaw = flaw_of_latency(point.latency(metric)?)?;
        Some(format!("{metric}_ms: {flaw}"))
    })
}

fn flaw_of_latency(latency: &Distribution) -> Option<String> {
    let mean = latency.mean().get();
    if mean < 0.0 {
        return Some(format!("a mean of {mean}"));
    }
    let Distribution::Quantiles { quantiles, .. } = latency else { return None };
    if let Some((p, _)) = quantiles.iter().find(|(p, _)| !(0.0..=100.0).contains(p)) {
        return Some(format!("quantiles has a percentile of {p}"));
    }
    if let Some((p, value)) = quantiles.iter().find(|(_, value)| value.get() < 0.0) {
        return Some(format!("quantiles has {} at p{p}", value.get()));
    }
    let fall = quantiles.windows(2).find(|pair| pair[1].0 <= pair[0].0 || pair[1].1 < pair[0].1)?;
    let [(low_p, low), (high_p, high)] = [fall[0], fall[1]];
    Some(format!("quantiles fall from {} at p{low_p} to {} at p{high_p}", low.get(), high.get()))
}
