//! Values to distances: the part of an axis that is shown, and its ticks.

use crate::chart::Scale;

/// The shown part of an axis; never empty.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Span {
    scale: Scale,
    /// In the scale's own measure: the logarithm, where it is one.
    low: f64,
    high: f64,
}

impl Span {
    /// The span that holds every value of `values` that `scale` can place; none without any.
    pub(super) fn of(values: impl Iterator<Item = f64>, scale: Scale) -> Option<Self> {
        let placed: Vec<f64> = values.filter_map(|value| measure(scale, value)).collect();
        let low = placed.iter().copied().reduce(f64::min)?;
        let high = placed.iter().copied().reduce(f64::max)?;
        Some(match scale {
            Scale::Linear => Self::linear(low, high),
            Scale::Log2 | Scale::Log10 => Self::logarithmic(scale, low, high),
        })
    }

    fn linear(low: f64, high: f64) -> Self {
        let (low, high) = (low.min(0.0), high.max(0.0));
        let height = if high > low { high - low } else { 1.0 };
        let below = if low < 0.0 { 0.06 * height } else { 0.0 };
        Self { scale: Scale::Linear, low: low - below, high: low + 1.06 * height }
    }

    fn logarithmic(scale: Scale, low: f64, high: f64) -> Self {
        let least = if scale == Scale::Log2 { 1.0 } else { 0.4 };
        let lacking = (least - (high - low)).max(0.0) / 2.0;
        let (low, high) = (low - lacking, high + lacking);
        let edge = 0.05 * (high - low);
        Self { scale, low: low - edge, high: high + edge }
    }

    /// How far along the axis `value` stands, 0 to 1; none where the scale cannot place it.
    pub(super) fn place(&self, value: f64) -> Option<f64> {
        let share = (measure(self.scale, value)? - self.low) / (self.high - self.low);
        share.is_finite().then_some(share)
    }

    /// Round values inside the span.
    pub(super) fn ticks(&self) -> Vec<f64> {
        match self.scale {
            Scale::Linear => self.linear_ticks(),
            Scale::Log2 => powers(2.0, self.low, self.high, &[1.0]),
            Scale::Log10 => self.decimal_ticks(),
        }
    }

    /// The coarsest of the usual steps that still gives three ticks.
    fn decimal_ticks(&self) -> Vec<f64> {
        const FINEST: [f64; 7] = [1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 7.0];
        let steps: [&[f64]; 2] = [&[1.0], &[1.0, 2.0, 5.0]];
        let ticks = |units| powers(10.0, self.low, self.high, units);
        steps.into_iter().map(ticks).find(|ticks| ticks.len() > 2).unwrap_or_else(|| ticks(&FINEST))
    }

    fn linear_ticks(&self) -> Vec<f64> {
        let rough = (self.high - self.low) / 5.0;
        let decade = 10f64.powf(rough.log10().floor());
        let step = [1.0, 2.0, 5.0, 10.0].map(|unit| unit * decade);
        let step = step.into_iter().find(|step| *step >= rough).unwrap_or(rough);
        let first = (self.low / step).ceil() as i64;
        (first..first + 12)
            .map(|index| index as f64 * step)
            .take_while(|tick| *tick <= self.high)
            .collect()
    }
}

/// `value` in the measure of `scale`; none where there is no such place.
fn measure(scale: Scale, value: f64) -> Option<f64> {
    let measured = match scale {
        Scale::Linear => value,
        Scale::Log2 => value.log2(),
        Scale::Log10 => value.log10(),
    };
    measured.is_finite().then_some(measured)
}

/// `units` times whole powers of `base`, between two exponents.
fn powers(base: f64, low: f64, high: f64, units: &[f64]) -> Vec<f64> {
    let exponents = low.floor() as i32..=high.ceil() as i32;
    exponents
        .flat_map(|exponent| units.iter().map(move |unit| unit * base.powi(exponent)))
        .filter(|tick| (low..=high).contains(&tick.log(base)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_hold_their_values_and_round_ticks() {
        for (values, scale, ticks) in [
            (vec![0.0, 950.0], Scale::Linear, vec![0.0, 500.0, 1000.0]),
            (vec![8.0, 150.0], Scale::Log10, vec![10.0, 20.0, 50.0, 100.0]),
            (vec![1000.0, 3000.0], Scale::Log10, vec![1000.0, 1500.0, 2000.0, 3000.0]),
            (vec![0.001, 1000.0], Scale::Log10, vec![0.001, 0.01, 0.1, 1.0, 10.0, 100.0, 1000.0]),
            (vec![16.0], Scale::Log2, vec![16.0]),
            (vec![0.0, -3.0, f64::NAN, 4.0], Scale::Log10, vec![3.0, 4.0, 5.0]),
        ] {
            let span = Span::of(values.iter().copied(), scale).unwrap();
            let got = span.ticks();
            assert_eq!(got.len(), ticks.len(), "{values:?}: {got:?}");
            assert!(got.iter().zip(&ticks).all(|(a, b)| (a - b).abs() < 1e-9 * b.abs() + 1e-12));
            let places = values.iter().filter_map(|value| span.place(*value));
            assert!(places.into_iter().all(|place| (0.0..=1.0).contains(&place)));
        }
        assert_eq!(Span::of([f64::NAN].into_iter(), Scale::Linear), None);
        assert_eq!(Span::of([0.0].into_iter(), Scale::Log10), None);
    }
}
