//! How much a counter rose over a window, and whether all of it was ours. Pure.

use crate::reading::{EngineReading, Missing};
use farebox_core::{RunInstant, Scope, Signal, TelemetrySample};

/// How much a counter rose.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Delta {
    /// The rise, 0 or more. After a reset, what was counted since.
    pub amount: f64,
    /// How often the counter began anew: the server was restarted. Then `amount` lacks what was
    /// counted between the last look and the restart.
    pub resets: u32,
}

impl Delta {
    /// The rise over values in the order in which they were read; none for fewer than two.
    ///
    /// A counter that falls began anew at 0, as in Prometheus' `increase`, but without its
    /// extrapolation to the edges. What is not a number is left out.
    pub fn over(values: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut values = values.into_iter().filter(|value| value.is_finite());
        let mut last = values.next()?;
        let mut delta = None;
        for value in values {
            let Self { amount, resets } = delta.unwrap_or(Self { amount: 0.0, resets: 0 });
            let is_new = value < last;
            let rise = if is_new { value.max(0.0) } else { value - last };
            delta = Some(Self { amount: amount + rise, resets: resets + u32::from(is_new) });
            last = value;
        }
        delta
    }

    /// The rise of `signal` from one reading to a later one.
    pub fn between(
        before: &EngineReading,
        after: &EngineReading,
        signal: Signal,
    ) -> Result<Self, Missing> {
        let ends = [before.value(signal)?, after.value(signal)?];
        Self::over(ends).ok_or(Missing::NotANumber)
    }

    /// The rise of an engine's counter over the samples from `from` to `to`, both included. The
    /// samples are in order of time.
    pub fn within(
        samples: &[TelemetrySample],
        signal: Signal,
        (from, to): (RunInstant, RunInstant),
    ) -> Option<Self> {
        let ours = |sample: &&TelemetrySample| {
            sample.metric == signal
                && sample.scope == Scope::Engine
                && (from..=to).contains(&sample.t_ns)
        };
        Self::over(samples.iter().filter(ours).map(|sample| sample.value))
    }

    /// Whether the server was restarted.
    pub const fn is_broken(self) -> bool {
        self.resets > 0
    }
}

/// Whose requests a server counted, of those that we know to have ended.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Traffic {
    /// Its count is what ours can explain.
    Ours,
    /// It counted so many requests that are not ours, at least.
    Foreign(f64),
    /// It did not count so many of ours, at least: another server behind the same address answered
    /// them, or it counts otherwise.
    Uncounted(f64),
}

impl Traffic {
    /// Judges the rise of a server's count of ended requests.
    ///
    /// `certain` of our requests ended between the two looks at the counter. Up to `possible` more
    /// ended so near to one of them that they may or may not be in the rise, or ended otherwise
    /// than by a whole answer (vLLM does not count a request that its client gave up).
    pub fn judge(counted: f64, certain: u64, possible: u64) -> Self {
        let (least, most) = (certain as f64, certain.saturating_add(possible) as f64);
        if counted > most {
            Self::Foreign(counted - most)
        } else if counted < least {
            Self::Uncounted(least - counted)
        } else {
            Self::Ours
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_counter_that_falls_began_anew() {
        let over = |values: &[f64]| Delta::over(values.iter().copied());
        assert_eq!(over(&[100.0, 130.0]), Some(Delta { amount: 30.0, resets: 0 }));
        assert_eq!(over(&[100.0, 130.0, 20.0, 25.0]), Some(Delta { amount: 55.0, resets: 1 }));
        assert_eq!(over(&[5.0, f64::NAN, 7.0]), Some(Delta { amount: 2.0, resets: 0 }));
        assert_eq!(over(&[5.0]), None, "one look says nothing about a rise");
        assert_eq!(over(&[]), None);
    }

    #[test]
    fn only_the_engines_samples_within_the_window_count() {
        let sample = |t, scope, value| TelemetrySample {
            t_ns: RunInstant::from_nanos(t),
            scope,
            metric: Signal::PromptTokensTotal,
            value,
        };
        let samples = [
            sample(1, Scope::Engine, 1.0),
            sample(2, Scope::Engine, 10.0),
            sample(2, Scope::Host, 999.0),
            sample(3, Scope::Engine, 15.0),
            sample(4, Scope::Engine, 100.0),
        ];
        let window = (RunInstant::from_nanos(2), RunInstant::from_nanos(3));
        let rise = Delta::within(&samples, Signal::PromptTokensTotal, window);
        assert_eq!(rise, Some(Delta { amount: 5.0, resets: 0 }));
        assert_eq!(Delta::within(&samples, Signal::GenerationTokensTotal, window), None);
    }

    #[test]
    fn what_ours_cannot_explain_is_foreign() {
        assert_eq!(Traffic::judge(100.0, 98, 4), Traffic::Ours);
        assert_eq!(Traffic::judge(98.0, 98, 0), Traffic::Ours);
        assert_eq!(Traffic::judge(110.0, 98, 4), Traffic::Foreign(8.0));
        assert_eq!(Traffic::judge(90.0, 98, 4), Traffic::Uncounted(8.0));
    }

    proptest! {
        /// Looking more often changes nothing but finds more resets.
        #[test]
        fn looks_between_change_no_rise_without_resets(steps in prop::collection::vec(0.0..1e6_f64, 1..40)) {
            let mut values = vec![3.0];
            for step in &steps {
                values.push(values[values.len() - 1] + step);
            }
            let whole = Delta::over(values.iter().copied()).unwrap();
            let ends = Delta::over([values[0], values[values.len() - 1]]).unwrap();
            prop_assert_eq!(whole.resets, 0);
            prop_assert!((whole.amount - ends.amount).abs() <= 1e-9 * ends.amount.max(1.0));
        }

        /// A restart is noticed, whatever came before, and never makes a rise negative.
        #[test]
        fn a_restart_is_noticed(
            before in prop::collection::vec(1.0..1e9_f64, 1..10),
            after in prop::collection::vec(0.0..1.0_f64, 1..10),
        ) {
            let sorted = |mut values: Vec<f64>| { values.sort_by(f64::total_cmp); values };
            let (before, after) = (sorted(before), sorted(after));
            let rise = Delta::over(before.iter().chain(&after).copied()).unwrap();
            prop_assert_eq!(rise.resets, 1);
            let least = before[before.len() - 1] - before[0] + after[after.len() - 1];
            prop_assert!((rise.amount - least).abs() <= 1e-9 * least.max(1.0));
        }

        #[test]
        fn any_values_give_a_rise_that_is_no_less_than_zero(values in prop::collection::vec(any::<f64>(), 0..20)) {
            if let Some(rise) = Delta::over(values) {
                prop_assert!(rise.amount >= 0.0, "{:?}", rise);
            }
        }

        /// Our own requests alone are never called foreign, and each judgement is exact.
        #[test]
        fn judgements_add_up(certain in 0_u64..1000, possible in 0_u64..100, foreign in 0_u64..1000) {
            for extra in [0, possible] {
                prop_assert_eq!(Traffic::judge((certain + extra) as f64, certain, possible), Traffic::Ours);
            }
            let counted = (certain + possible + foreign) as f64;
            let expected = if foreign > 0 { Traffic::Foreign(foreign as f64) } else { Traffic::Ours };
            prop_assert_eq!(Traffic::judge(counted, certain, possible), expected);
        }
    }
}
