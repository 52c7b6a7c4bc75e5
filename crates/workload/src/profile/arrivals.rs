//! When requests came: how many per second, how evenly, and by hour of the day.

use crate::observed::Calendar;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// The arrivals of a source.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ArrivalProfile {
    /// Requests with a time, inside the window where one was given.
    pub n: u64,
    /// Seconds from the first to the last of them.
    pub span_s: f64,
    /// Gaps between them, per second.
    pub mean_rate_per_s: f64,
    /// `1/cv^2` of the gaps, which is what load generators call burstiness: 1 for a Poisson
    /// process, lower when arrivals come in clumps, higher when they are even. It holds whatever
    /// makes gaps vary, the hours of the day too. Null where the shortest gap above zero is longer
    /// than the mean gap: then gaps are about the ticks of the source's clock.
    pub burstiness: Option<f64>,
    /// Shape of a gamma distribution fitted to the gaps. Null where more than 1 % of them are 0:
    /// then the clock is too coarse for it.
    pub gamma_shape: Option<f64>,
    /// Requests per second in each hour of the day (UTC), from 0; null in an hour that was not
    /// seen, and altogether where the source has no calendar.
    pub by_hour_utc_per_s: Option<Vec<Option<f64>>>,
}

const NS_PER_S: f64 = 1e9;
const NS_PER_HOUR: i64 = 3_600_000_000_000;

impl ArrivalProfile {
    /// Sums up arrival times in nanoseconds, in any order, those outside `window` left out; none
    /// with fewer than two different times.
    pub fn of(
        times: impl IntoIterator<Item = i64>,
        calendar: Calendar,
        window: Option<&Range<i64>>,
    ) -> Option<Self> {
        let inside = |at: &i64| window.is_none_or(|window| window.contains(at));
        let mut times: Vec<i64> = times.into_iter().filter(inside).collect();
        times.sort_unstable();
        let (first, last) = (*times.first()?, *times.last()?);
        let span_s = last.checked_sub(first).filter(|span| *span > 0)? as f64 / NS_PER_S;
        let gaps: Vec<i64> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
        Some(Self {
            n: times.len() as u64,
            span_s,
            mean_rate_per_s: gaps.len() as f64 / span_s,
            burstiness: burstiness(&gaps),
            gamma_shape: gamma_shape(&gaps),
            by_hour_utc_per_s: (calendar == Calendar::Utc).then(|| by_hour(&times, first, last)),
        })
    }
}

/// `1/cv^2`: mean squared over sample variance.
fn burstiness(gaps: &[i64]) -> Option<f64> {
    let n = gaps.len() as f64;
    let mean = gaps.iter().map(|gap| *gap as f64).sum::<f64>() / n;
    let squares: f64 = gaps.iter().map(|gap| (*gap as f64 - mean).powi(2)).sum();
    let variance = squares / (n - 1.0);
    let tick = gaps.iter().copied().filter(|gap| *gap > 0).min()?;
    (n > 1.0 && variance > 0.0 && tick as f64 <= mean).then(|| mean * mean / variance)
}

/// Shape of the gamma distribution by the closed-form estimator of Ye & Chen, "Closed-Form
/// Estimators for the Gamma Distribution Derived From Likelihood Equations", The American
/// Statistician 71 (2017): `n S(x) / (n S(x ln x) - S(ln x) S(x))`. A gap of 0 has no logarithm; it
/// stands for half the shortest other.
fn gamma_shape(gaps: &[i64]) -> Option<f64> {
    let shortest = gaps.iter().copied().filter(|gap| *gap > 0).min()? as f64;
    let ties = gaps.iter().filter(|gap| **gap == 0).count();
    if gaps.len() < 2 || ties * 100 > gaps.len() {
        return None;
    }
    let n = gaps.len() as f64;
    let (mut x, mut log, mut x_log) = (0.0, 0.0, 0.0);
    for gap in gaps.iter().map(|gap| (*gap as f64).max(shortest / 2.0) / NS_PER_S) {
        x += gap;
        log += libm::log(gap);
        x_log += gap * libm::log(gap);
    }
    let denominator = n * x_log - log * x;
    (denominator > 0.0).then(|| n * x / denominator)
}

/// Requests per second of each hour of the day, over the part of it that was seen.
fn by_hour(times: &[i64], first: i64, last: i64) -> Vec<Option<f64>> {
    let hour = |at: i64| at.div_euclid(NS_PER_HOUR).rem_euclid(24) as usize;
    let (mut seen_ns, mut requests) = ([0_i64; 24], [0_u64; 24]);
    let mut from = first;
    while from < last {
        let next_hour = (from.div_euclid(NS_PER_HOUR) + 1).saturating_mul(NS_PER_HOUR);
        let until = next_hour.min(last);
        seen_ns[hour(from)] += until - from;
        from = until;
    }
    for at in times {
        requests[hour(*at)] += 1;
    }
    let rate = |(ns, n): (i64, u64)| (ns > 0).then(|| n as f64 / (ns as f64 / NS_PER_S));
    seen_ns.into_iter().zip(requests).map(rate).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = 1_000_000_000;

    fn profile(seconds: &[i64], calendar: Calendar) -> Option<ArrivalProfile> {
        ArrivalProfile::of(seconds.iter().map(|s| s * SECOND), calendar, None)
    }

    #[test]
    fn gaps_of_one_and_three_seconds() {
        let profile = profile(&[0, 1, 4, 5, 8], Calendar::Relative).unwrap();
        assert_eq!((profile.n, profile.span_s, profile.mean_rate_per_s), (5, 8.0, 0.5));
        // Gaps 1, 3, 1, 3: mean 2, sample variance 4/3.
        assert!((profile.burstiness.unwrap() - 3.0).abs() < 1e-12);
        // n S(x) = 4 * 8; n S(x ln x) - S(ln x) S(x) = 4 * 6 ln 3 - 2 ln 3 * 8 = 8 ln 3.
        assert!((profile.gamma_shape.unwrap() - 4.0 / 3.0_f64.ln()).abs() < 1e-12);
        assert_eq!(profile.by_hour_utc_per_s, None, "no calendar, no hours");
    }

    #[test]
    fn what_the_clock_cannot_show_is_null() {
        // Ten requests at each tick of three seconds.
        let ticks: Vec<i64> = (0..50).map(|i| i / 10 * 3).collect();
        let seen = profile(&ticks, Calendar::Relative).unwrap();
        assert_eq!((seen.burstiness, seen.gamma_shape), (None, None));
        assert_eq!(profile(&[7, 7], Calendar::Utc), None);
        assert_eq!(profile(&[], Calendar::Utc), None);
    }

    #[test]
    fn an_hour_of_the_day_is_over_the_part_that_was_seen() {
        // 23:30 to 01:00, a request every ten minutes.
        let times: Vec<i64> = (0..=9).map(|i| 23 * 3600 + 1800 + i * 600).collect();
        let hours = profile(&times, Calendar::Utc).unwrap().by_hour_utc_per_s.unwrap();
        assert_eq!(hours[23], Some(3.0 / 1800.0));
        assert_eq!(hours[0], Some(6.0 / 3600.0));
        assert_eq!((hours[1], hours[12]), (None, None), "01:00 is where it ends");
    }

    #[test]
    fn arrivals_outside_the_window_do_not_stretch_it() {
        let times = [-900, 0, 1, 2, 3].map(|s| s * SECOND);
        let profile = ArrivalProfile::of(times, Calendar::Utc, Some(&(0..4 * SECOND))).unwrap();
        assert_eq!((profile.n, profile.mean_rate_per_s), (4, 1.0));
    }
}
