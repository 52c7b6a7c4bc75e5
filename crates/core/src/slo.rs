//! A latency promise: bounds on stated statistics, and a bound on failures.
//!
//! `fast:ttft.p90=500ms,tpot.p90=16.7ms` reads: in the tier "fast", nine requests in ten see their
//! first token within 500 ms and then a token every 16.7 ms; at most 1 % of requests fail.

mod parse;

pub use parse::{SloError, parse_duration_ms};

use crate::metric::{Clock, Metric, Statistic};
use crate::quantity::Milliseconds;
use std::fmt;

/// The share of requests that may fail where a promise does not say: 1 %.
pub const IMPLIED_ERROR_RATE: f64 = 0.01;

/// A named promise.
#[derive(Debug, Clone, PartialEq)]
pub struct Slo {
    name: Option<String>,
    bounds: Vec<Bound>,
    max_error_rate: f64,
}

/// `metric.statistic <= limit`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bound {
    /// What is bounded.
    pub metric: Metric,
    /// Which statistic of it.
    pub statistic: Statistic,
    /// The highest value that keeps the promise.
    pub limit: Milliseconds,
}

impl Slo {
    /// The promise as the field would say it when nobody named it.
    pub fn name(&self) -> String {
        self.name.clone().unwrap_or_else(|| self.terms())
    }

    /// The latency bounds, as written.
    pub fn bounds(&self) -> &[Bound] {
        &self.bounds
    }

    /// The highest share of failed requests that keeps the promise, 0 to 1.
    pub fn max_error_rate(&self) -> f64 {
        self.max_error_rate
    }

    /// The bounds read on `clock`: in open loop, ttft and e2e count from the scheduled time.
    pub fn bounds_on(&self, clock: Clock) -> impl Iterator<Item = Bound> + '_ {
        self.bounds.iter().map(move |bound| Bound { metric: bound.metric.on(clock), ..*bound })
    }

    /// The bounds alone, in the grammar that [`Slo`] parses.
    pub fn terms(&self) -> String {
        let bounds = self.bounds.iter().map(ToString::to_string);
        let errors = (self.max_error_rate.to_bits() != IMPLIED_ERROR_RATE.to_bits())
            .then(|| format!("errors.rate={}%", self.max_error_rate * 100.0));
        bounds.chain(errors).collect::<Vec<_>>().join(",")
    }
}

impl fmt::Display for Slo {
    /// The grammar again: parsing what is displayed gives the same promise.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(name) = &self.name {
            write!(f, "{name}:")?;
        }
        f.write_str(&self.terms())
    }
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}={}ms", self.metric, self.statistic, self.limit.get())
    }
}
