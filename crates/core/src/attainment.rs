//! Whether a load point keeps a promise.

use crate::curve::LoadPoint;
use crate::metric::Clock;
use crate::quantity::Milliseconds;
use crate::slo::{Bound, Slo};
use std::fmt;

/// The answer for one point and one promise.
#[derive(Debug, Clone, PartialEq)]
pub enum Attainment {
    /// Every bound holds.
    Met,
    /// A latency is over its bound.
    Over {
        /// The bound that was broken.
        bound: Bound,
        /// What was seen instead.
        seen: Milliseconds,
    },
    /// Too many requests failed.
    Errors {
        /// Share of failures seen.
        rate: f64,
        /// Share allowed.
        allowed: f64,
    },
    /// The data cannot decide this bound: it was never passed.
    Undecidable {
        /// The bound in question.
        bound: Bound,
        /// What is missing.
        lack: Lack,
    },
    /// No request ended, so nothing was shown.
    NothingEnded,
}

/// What an undecidable bound lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lack {
    /// Only the mean is known.
    OnlyTheMean,
    /// The percentiles known beside it lie on both sides of the limit.
    Unlisted,
    /// The metric was not measured at all.
    NotMeasured,
}

impl LoadPoint {
    /// Whether this point keeps `slo`, on the clock that its kind of load is promised on.
    pub fn attains(&self, slo: &Slo) -> Attainment {
        let clock = self.offered.kind.clock();
        match self.requests.error_rate() {
            None => return Attainment::NothingEnded,
            Some(rate) if rate > slo.max_error_rate() => {
                return Attainment::Errors { rate, allowed: slo.max_error_rate() };
            }
            Some(_) => {}
        }
        let broken = slo.bounds_on(clock).map(|bound| self.holds(bound));
        broken.into_iter().find(|a| *a != Attainment::Met).unwrap_or(Attainment::Met)
    }

    fn holds(&self, bound: Bound) -> Attainment {
        let Some(distribution) = self.latency(bound.metric) else {
            return Attainment::Undecidable { bound, lack: Lack::NotMeasured };
        };
        // A percentile is no lower than any below it and no higher than any above.
        match distribution.within(bound.statistic) {
            None => Attainment::Undecidable { bound, lack: Lack::OnlyTheMean },
            Some(span) if span.low > bound.limit => Attainment::Over { bound, seen: span.low },
            Some(span) if span.high <= bound.limit => Attainment::Met,
            Some(_) => Attainment::Undecidable { bound, lack: Lack::Unlisted },
        }
    }

    /// The clock on which this point's promises are read.
    pub fn clock(&self) -> Clock {
        self.offered.kind.clock()
    }
}

impl fmt::Display for Attainment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Met => f.write_str("met"),
            Self::Over { bound, seen } => {
                write!(f, "{} {} is {seen}, over {}", bound.metric, bound.statistic, bound.limit)
            }
            Self::Errors { rate, allowed } => {
                write!(f, "{:.1} % of requests failed, over {:.1} %", rate * 100.0, allowed * 100.0)
            }
            Self::Undecidable { bound, lack: Lack::OnlyTheMean } => write!(
                f,
                "{} {} cannot be decided: only the mean is known",
                bound.metric, bound.statistic
            ),
            Self::Undecidable { bound, lack: Lack::Unlisted } => write!(
                f,
                "{} {} cannot be decided: it is not among the percentiles known, and those around it \
                 lie on both sides of {}",
                bound.metric, bound.statistic, bound.limit
            ),
            Self::Undecidable { bound, lack: Lack::NotMeasured } => {
                write!(f, "{} cannot be decided: it was not measured", bound.metric)
            }
            Self::NothingEnded => f.write_str("no request ended"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::curve::{Load, LoadKind, RequestCounts};
    use crate::distribution::Distribution;
    use crate::quantity::{RequestsPerSecond, TokensPerSecond};

    /// TPOT of which p50 is 53.34 ms and p99 is 53.57 ms, and no more is known.
    fn imported() -> LoadPoint {
        let ms = Milliseconds::new;
        let quantiles = vec![(50.0, ms(53.34)), (99.0, ms(53.57))];
        let rate = TokensPerSecond::new(1.0);
        let offered = Load { kind: LoadKind::Concurrency, value: 1.0 }.offered(true);
        LoadPoint {
            requests: RequestCounts { ok: 100, ..RequestCounts::default() },
            tpot_ms: Some(Distribution::Quantiles { mean: ms(53.4), n: 100, quantiles }),
            ..LoadPoint::of_rates(offered, rate, rate, RequestsPerSecond::new(1.0))
        }
    }

    #[test]
    fn a_bound_between_two_known_percentiles_is_decided_only_by_both() {
        let of = |slo: &str| imported().attains(&slo.parse::<Slo>().unwrap());
        assert_eq!(of("tpot.p90=54ms"), Attainment::Met, "even p99 keeps it");
        assert!(matches!(of("tpot.p90=53ms"), Attainment::Over { .. }), "even p50 breaks it");
        for slo in ["tpot.p90=53.55ms", "tpot.p99.9=60ms", "tpot.p25=50ms"] {
            let Attainment::Undecidable { lack: Lack::Unlisted, .. } = of(slo) else {
                panic!("{slo}: {}", of(slo));
            };
        }
        assert!(of("tpot.p90=53.55ms").to_string().contains("not among the percentiles known"));
    }
}
