//! What a serving machine reported over a run, by who reported it and what it is.
//!
//! A gauge holds its value until it is read again. A counter only rises; where it falls, its server
//! began anew, and what it shows after the fall has risen from zero: the rule of Prometheus's
//! `increase()` (Prometheus documentation, "Query functions", `increase`: "breaks in monotonicity
//! ... are automatically adjusted for").

use crate::curve::MeanMax;
use crate::quantity::RunInstant;
use crate::telemetry::{Scope, Signal, TelemetrySample};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A value and when it was read.
pub type Reading = (RunInstant, f64);

/// Everything that was reported, each signal in the order of time.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Recording {
    series: BTreeMap<(Signal, Scope), Vec<Reading>>,
}

/// A stretch of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// Where it begins.
    pub from_ns: RunInstant,
    /// Where it ends.
    pub to_ns: RunInstant,
}

/// By how much a counter rose.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rise {
    /// The sum of its rises.
    pub amount: f64,
    /// How often it fell: the server began anew, or several answer in turn.
    pub resets: u64,
}

impl FromIterator<TelemetrySample> for Recording {
    fn from_iter<I: IntoIterator<Item = TelemetrySample>>(samples: I) -> Self {
        let mut recording = Self::default();
        samples.into_iter().for_each(|sample| recording.add(sample));
        recording
    }
}

impl Recording {
    /// Takes in a sample, wherever its time lies. What is no number is left out.
    pub fn add(&mut self, sample: TelemetrySample) {
        let TelemetrySample { t_ns, scope, metric, value } = sample;
        if !value.is_finite() {
            return;
        }
        let readings = self.series.entry((metric, scope)).or_default();
        let place = readings.partition_point(|(t, _)| *t <= t_ns);
        let (before, after) = readings.split_at(place);
        let crossed = before.last().is_some_and(|(_, before)| is_overtaken(value, *before))
            || after.first().is_some_and(|(_, after)| is_overtaken(*after, value));
        if !(metric.is_counter() && crossed) {
            readings.insert(place, (t_ns, value));
        }
    }

    /// Whether nobody reported anything.
    pub fn is_empty(&self) -> bool {
        self.series.is_empty()
    }

    /// When the last value was read; none where nobody reported anything.
    pub fn end(&self) -> Option<RunInstant> {
        self.series.values().filter_map(|readings| readings.last()).map(|(t, _)| *t).max()
    }

    /// What the engine said of `signal`.
    pub fn engine(&self, signal: Signal) -> &[Reading] {
        self.series.get(&(signal, Scope::Engine)).map_or(&[], Vec::as_slice)
    }

    /// What each reporter said of `signal`.
    pub fn by_scope(&self, signal: Signal) -> impl Iterator<Item = (&Scope, &[Reading])> {
        let of = self.series.iter().filter(move |((known, _), _)| *known == signal);
        of.map(|((_, scope), readings)| (scope, readings.as_slice()))
    }

    /// Everything: each signal of each reporter, and what it said.
    pub fn series(&self) -> impl Iterator<Item = (Signal, &Scope, &[Reading])> {
        self.series.iter().map(|((signal, scope), readings)| (*signal, scope, readings.as_slice()))
    }

    /// `signal` summed over all who report it, from the moment on at which each has said
    /// something.
    pub fn total(&self, signal: Signal) -> Vec<Reading> {
        let all: Vec<&[Reading]> = self.by_scope(signal).map(|(_, readings)| readings).collect();
        if let [one] = all.as_slice() {
            return one.to_vec();
        }
        let mut times: Vec<RunInstant> = all.iter().copied().flatten().map(|(t, _)| *t).collect();
        times.sort_unstable();
        times.dedup();
        let sum = |t: RunInstant| all.iter().map(|readings| held(readings, t)).sum::<Option<f64>>();
        times.into_iter().filter_map(|t| Some((t, sum(t)?))).collect()
    }

    /// How fast a counter rises, per second, over all who report it: each rate holds from its time to
    /// the next one's, and the last stands at both ends of its time. Where the counter falls, nothing is
    /// known.
    pub fn rate(&self, signal: Signal) -> Vec<Reading> {
        let readings = self.total(signal);
        let rate = |pair: &[Reading]| {
            let seconds = pair[1].0.since(pair[0].0).as_secs_f64();
            let rise = pair[1].1 - pair[0].1;
            (seconds > 0.0 && rise >= 0.0).then(|| (pair[0].0, rise / seconds))
        };
        let mut rates: Vec<Reading> = readings.windows(2).filter_map(rate).collect();
        if let (Some((_, latest)), Some((end, _))) = (rates.last().copied(), readings.last()) {
            rates.push((*end, latest));
        }
        rates
    }

    /// How much the engine's counter rose within `span`: from the last reading before it (else the
    /// first in it) to the last one in it. None without two readings.
    pub fn rise(&self, signal: Signal, span: Span) -> Option<Rise> {
        let readings = self.engine(signal);
        let first = readings.partition_point(|(t, _)| *t <= span.from_ns).saturating_sub(1);
        let end = readings.partition_point(|(t, _)| *t <= span.to_ns);
        let inside = readings.get(first..end).filter(|inside| inside.len() > 1)?;
        let mut rise = Rise { amount: 0.0, resets: 0 };
        for pair in inside.windows(2) {
            let (before, after) = (pair[0].1, pair[1].1);
            rise.amount += if after < before { after } else { after - before };
            rise.resets += u64::from(after < before);
        }
        Some(rise)
    }
}

/// Two looks at the same time may be answered in another order than they were made. A counter that
/// falls by less than half has not begun anew: one of the readings was overtaken.
fn is_overtaken(value: f64, before: f64) -> bool {
    value < before && value > before / 2.0
}

/// The last value up to `t`.
fn held(readings: &[Reading], t: RunInstant) -> Option<f64> {
    let after = readings.partition_point(|(read, _)| *read <= t);
    readings.get(after.checked_sub(1)?).map(|(_, value)| *value)
}

/// Mean over time and highest value of a gauge within `spans`; none where it was never read in
/// them.
pub fn mean_max(readings: &[Reading], spans: &[Span]) -> Option<MeanMax> {
    let (mut area, mut seconds, mut max) = (0.0, 0.0, None::<f64>);
    for span in spans {
        let end = readings.partition_point(|(t, _)| *t <= span.to_ns);
        if readings.partition_point(|(t, _)| *t < span.from_ns) == end {
            continue;
        }
        // What was read before the span holds in it until it is read again.
        let first = readings.partition_point(|(t, _)| *t <= span.from_ns).saturating_sub(1);
        let inside = &readings[first..end];
        let ends = inside.iter().skip(1).map(|(t, _)| *t).chain([span.to_ns]);
        for ((t, value), until) in inside.iter().zip(ends) {
            let held = until.since((*t).max(span.from_ns)).as_secs_f64();
            (area, seconds) = (area + value * held, seconds + held);
            max = Some(max.map_or(*value, |max| max.max(*value)));
        }
    }
    let max = max?;
    Some(MeanMax { mean: if seconds > 0.0 { area / seconds } else { max }, max })
}

/// The span of all readings; none without any.
pub fn whole(readings: &[Reading]) -> Option<Span> {
    let ((from_ns, _), (to_ns, _)) = (*readings.first()?, *readings.last()?);
    Some(Span { from_ns, to_ns })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(ms: u64) -> RunInstant {
        RunInstant::from_nanos(ms * 1_000_000)
    }

    fn span(from: u64, to: u64) -> Span {
        Span { from_ns: at(from), to_ns: at(to) }
    }

    fn said(metric: Signal, scope: &Scope, values: &[(u64, f64)]) -> Vec<TelemetrySample> {
        let sample = |(ms, value): &(u64, f64)| TelemetrySample {
            t_ns: at(*ms),
            scope: scope.clone(),
            metric,
            value: *value,
        };
        values.iter().map(sample).collect()
    }

    fn engine(metric: Signal, values: &[(u64, f64)]) -> Recording {
        said(metric, &Scope::Engine, values).into_iter().collect()
    }

    #[test]
    fn a_gauge_holds_until_it_is_read_again() {
        let readings = [(at(0), 0.2), (at(100), 0.6), (at(200), 0.4)];
        let seen = mean_max(&readings, &[span(50, 250)]).unwrap();
        // 50 ms of 0.2, 100 ms of 0.6, 50 ms of 0.4.
        assert!((seen.mean - 0.45).abs() < 1e-12 && (seen.max - 0.6).abs() < 1e-12, "{seen:?}");
        assert_eq!(mean_max(&readings, &[span(210, 300)]), None, "never read in it");
        let both = mean_max(&readings, &[span(50, 100), span(150, 200)]).unwrap();
        assert!((both.mean - 0.4).abs() < 1e-12, "{both:?}");
        assert_eq!(whole(&readings), Some(Span { from_ns: at(0), to_ns: at(200) }));
    }

    #[test]
    fn a_counter_that_falls_began_anew() {
        let counter = Signal::GenerationTokensTotal;
        let recording = engine(counter, &[(10, 100.0), (20, 150.0), (30, 5.0), (40, 25.0)]);
        let rise = |from, to| recording.rise(counter, span(from, to));
        assert_eq!(rise(10, 20), Some(Rise { amount: 50.0, resets: 0 }));
        assert_eq!(rise(15, 45), Some(Rise { amount: 75.0, resets: 1 }), "from the reading before");
        assert_eq!(rise(0, 20), Some(Rise { amount: 50.0, resets: 0 }), "or the first one in it");
        assert_eq!(rise(40, 60), None, "one reading says nothing");
        let overtaken = engine(counter, &[(10, 100.0), (20, 150.0), (21, 148.0), (30, 160.0)]);
        let rise = overtaken.rise(counter, span(10, 30));
        assert_eq!(rise, Some(Rise { amount: 60.0, resets: 0 }), "two looks crossed");
        assert_eq!(recording.rise(Signal::PromptTokensTotal, span(0, 50)), None);
    }

    #[test]
    fn accelerators_are_summed_once_all_have_spoken() {
        let memory = Signal::MemoryUsedBytes;
        let one = said(memory, &Scope::Gpu(0), &[(0, 1.0), (20, 3.0)]);
        let two = said(memory, &Scope::Gpu(1), &[(10, 10.0), (20, 20.0)]);
        let recording: Recording = one.into_iter().chain(two).collect();
        assert_eq!(recording.total(memory), [(at(10), 11.0), (at(20), 23.0)]);
    }

    proptest! {
        /// Rises of neighbouring spans add up to the rise of both, wherever they are cut.
        #[test]
        fn no_rise_is_lost_between_spans(values in prop::collection::vec(0..1000_u32, 2..30),
                                         cut in 1..28_usize) {
            let readings: Vec<(u64, f64)> =
                values.iter().enumerate().map(|(at, v)| (at as u64, f64::from(*v))).collect();
            let counter = Signal::PromptTokensTotal;
            let recording = engine(counter, &readings);
            let (cut, end) = ((cut.min(values.len() - 1)) as u64, values.len() as u64);
            let rise = |from, to| recording.rise(counter, span(from, to));
            let amount = |from, to| rise(from, to).map_or(0.0, |rise: Rise| rise.amount);
            let parts = amount(0, cut) + amount(cut, end);
            prop_assert!((parts - amount(0, end)).abs() < 1e-9);
        }

        /// A mean lies between the lowest and the highest reading.
        #[test]
        fn means_lie_between_extremes(values in prop::collection::vec(0.0..1.0_f64, 1..30)) {
            let readings: Vec<Reading> =
                values.iter().enumerate().map(|(i, v)| (at(i as u64 * 7), *v)).collect();
            let seen = mean_max(&readings, &[whole(&readings).unwrap()]).unwrap();
            let least = values.iter().copied().fold(f64::INFINITY, f64::min);
            prop_assert!(seen.mean >= least - 1e-12 && seen.mean <= seen.max + 1e-12);
        }
    }
}
