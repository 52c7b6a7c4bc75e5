//! The grammar of promises.
//!
//! ```text
//! slo   = [name ":"] term {"," term}
//! term  = metric "." stat "=" limit      ttft.p90=500ms      (ours)
//!       | metric ":" stat "<" limit      ttft:p90<500ms      (quoted)
//!       | metric ":" limit               ttft:200            (vLLM's --goodput: milliseconds, p90)
//!       | "errors.rate" "=" share        errors.rate=1%
//! ```

use super::{Bound, IMPLIED_ERROR_RATE, Slo};
use crate::metric::{Metric, Statistic};
use crate::quantity::Milliseconds;
use std::str::FromStr;

/// The statistic of a bare bound such as vLLM's `ttft:200`.
const BARE_STATISTIC: Statistic = Statistic::Percentile(90.0);

/// The longest latency a promise may name: a day.
const MAX_LIMIT_MS: f64 = 86_400_000.0;

/// Why a text is no promise.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum SloError {
    /// Nothing was bounded.
    #[error("an SLO needs at least one bound, such as ttft.p90=500ms")]
    Empty,
    /// The metric has no such name.
    #[error("unknown metric `{0}` in an SLO: use ttft, ttfo, tpot, icl, itl, e2e or errors.rate")]
    UnknownMetric(String),
    /// The statistic has no such name.
    #[error("unknown statistic `{0}` in an SLO: use mean or a percentile between p0 and p100")]
    UnknownStatistic(String),
    /// The term has no limit.
    #[error("the SLO term `{0}` has no limit: write it like ttft.p90=500ms")]
    NoLimit(String),
    /// The limit is not a possible latency.
    #[error("the SLO limit `{0}` is impossible: a latency above 0 and up to a day, such as 500ms")]
    BadLimit(String),
    /// The share of errors is not a share.
    #[error("the SLO error rate `{0}` is impossible: a share from 0% up to 100%")]
    BadErrorRate(String),
    /// The same statistic is bounded twice.
    #[error("the SLO bounds `{0}` twice")]
    Twice(String),
}

impl FromStr for Slo {
    type Err = SloError;

    fn from_str(text: &str) -> Result<Self, SloError> {
        let (name, terms) = split_name(text.trim());
        let mut slo = Self { name, bounds: Vec::new(), max_error_rate: IMPLIED_ERROR_RATE };
        let mut errors_bounded = false;
        for term in terms.split(',').map(str::trim).filter(|term| !term.is_empty()) {
            if let Some(share) = error_term(term) {
                if std::mem::replace(&mut errors_bounded, true) {
                    return Err(SloError::Twice("errors.rate".to_owned()));
                }
                slo.max_error_rate = parse_share(share)?;
                continue;
            }
            slo.push(parse_bound(term)?)?;
        }
        if slo.bounds.is_empty() && !errors_bounded { Err(SloError::Empty) } else { Ok(slo) }
    }
}

impl Slo {
    fn push(&mut self, bound: Bound) -> Result<(), SloError> {
        let same = |b: &Bound| b.metric == bound.metric && b.statistic == bound.statistic;
        if self.bounds.iter().any(same) {
            return Err(SloError::Twice(format!("{}.{}", bound.metric, bound.statistic)));
        }
        self.bounds.push(bound);
        Ok(())
    }
}

/// Splits `fast:ttft...` at the first colon, unless what precedes it is a metric's name.
fn split_name(text: &str) -> (Option<String>, &str) {
    match text.split_once(':') {
        Some((name, rest)) if is_name(name) => (Some(name.to_owned()), rest),
        _ => (None, text),
    }
}

/// A tier's name: no metric's, and without the signs the grammar uses.
fn is_name(name: &str) -> bool {
    let plain = |c: char| c.is_alphanumeric() || "-_ ".contains(c);
    !name.is_empty() && name.chars().all(plain) && Metric::from_name(name).is_none()
}

fn error_term(term: &str) -> Option<&str> {
    let rest = term.strip_prefix("errors.rate").or_else(|| term.strip_prefix("errors:rate"))?;
    Some(rest.trim_start_matches(['<', '=', ' ']))
}

fn parse_share(text: &str) -> Result<f64, SloError> {
    let bad = || SloError::BadErrorRate(text.to_owned());
    let (number, scale) = text.strip_suffix('%').map_or((text, 1.0), |number| (number, 100.0));
    let share = number.trim().parse::<f64>().map_err(|_| bad())? / scale;
    if (0.0..1.0).contains(&share) { Ok(share) } else { Err(bad()) }
}

fn parse_bound(term: &str) -> Result<Bound, SloError> {
    let (left, limit) = split_limit(term).ok_or_else(|| SloError::NoLimit(term.to_owned()))?;
    let (metric, statistic) = match left.split_once(['.', ':']) {
        Some((metric, statistic)) => (metric, Some(statistic)),
        None => (left, None),
    };
    let metric =
        Metric::from_name(metric).ok_or_else(|| SloError::UnknownMetric(metric.to_owned()))?;
    let statistic = match statistic {
        None => BARE_STATISTIC,
        Some(name) => {
            Statistic::from_name(name).ok_or_else(|| SloError::UnknownStatistic(name.to_owned()))?
        }
    };
    let limit = parse_duration_ms(limit).ok_or_else(|| SloError::BadLimit(limit.to_owned()))?;
    Ok(Bound { metric, statistic, limit })
}

/// `ttft.p90=500ms`, `ttft:p90<=500ms` and vLLM's `ttft:200` into what is bounded and the limit.
fn split_limit(term: &str) -> Option<(&str, &str)> {
    let (left, right) = match term.find(['=', '<']) {
        Some(at) => (&term[..at], term[at..].trim_start_matches(['<', '='])),
        None => term.rsplit_once(':')?,
    };
    let (left, right) = (left.trim(), right.trim());
    (!left.is_empty() && !right.is_empty()).then_some((left, right))
}

/// Reads a latency such as `500ms`, `1.5s`, `800us`, `1m`; a bare number is milliseconds.
/// None unless it is above zero and at most a day.
pub fn parse_duration_ms(text: &str) -> Option<Milliseconds> {
    const UNITS: [(&str, f64); 5] =
        [("ms", 1.0), ("us", 1e-3), ("s", 1e3), ("m", 60e3), ("h", 3.6e6)];
    let unit = UNITS.iter().find_map(|(unit, scale)| Some((text.strip_suffix(unit)?, *scale)));
    let (number, scale) = unit.unwrap_or((text, 1.0));
    let limit = Milliseconds::positive(number.trim().parse::<f64>().ok()? * scale)?;
    (limit.get() <= MAX_LIMIT_MS).then_some(limit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_every_dialect() {
        for (text, name, canonical) in [
            ("fast:ttft.p90=500ms,tpot.p90=16.7ms", "fast", "ttft.p90=500ms,tpot.p90=16.7ms"),
            ("ttft:p90<500ms", "ttft.p90=500ms", "ttft.p90=500ms"),
            ("tier 1:ttft:p99<=1s", "tier 1", "ttft.p99=1000ms"),
            ("ttft:200", "ttft.p90=200ms", "ttft.p90=200ms"),
            ("instant:ttft.mean=0.25s,tpot.mean=10ms", "instant", "ttft.mean=250ms,tpot.mean=10ms"),
            ("x:e2el:5000,errors.rate=5%", "x", "e2e.p90=5000ms,errors.rate=5%"),
            ("errors.rate=0", "errors.rate=0%", "errors.rate=0%"),
        ] {
            let slo: Slo = text.parse().unwrap();
            assert_eq!((slo.name().as_str(), slo.terms().as_str()), (name, canonical), "{text}");
            assert_eq!(slo.to_string().parse::<Slo>().unwrap(), slo, "{text} displayed and reread");
        }
    }

    #[test]
    fn refuses_the_impossible() {
        for (text, error) in [
            ("", SloError::Empty),
            ("fast:", SloError::Empty),
            ("ttfb.p90=1s", SloError::UnknownMetric("ttfb".into())),
            ("ttft.p100=1s", SloError::UnknownStatistic("p100".into())),
            ("ttft.max=1s", SloError::UnknownStatistic("max".into())),
            ("ttft.p90", SloError::NoLimit("ttft.p90".into())),
            ("ttft.p90=0ms", SloError::BadLimit("0ms".into())),
            ("ttft.p90=-5", SloError::BadLimit("-5".into())),
            ("ttft.p90=NaN", SloError::BadLimit("NaN".into())),
            ("ttft.p90=1e99s", SloError::BadLimit("1e99s".into())),
            ("errors.rate=200%", SloError::BadErrorRate("200%".into())),
            ("ttft.p90=1s,ttft:p90<2s", SloError::Twice("ttft.p90".into())),
        ] {
            assert_eq!(text.parse::<Slo>(), Err(error), "{text}");
        }
    }
}
