//! When requests come: generators of arrival times.
//!
//! Times are absolute, in nanoseconds since the start, and a pure function of the seed. A random
//! process is never rescaled to end on time: a Poisson process of rate `r` has `r T` arrivals in
//! `T` seconds on average, and now more, now fewer.

mod hours;

pub use hours::HourlyRate;

use crate::random::{Choice, random};
use rand_distr::{Distribution, Exp1, Gamma};
use rand_pcg::Pcg64;

/// How requests come.
#[derive(Debug, Clone, PartialEq)]
pub struct Arrivals {
    pace: Pace,
    /// The shape of the day, where the rate is not the same all day.
    day: Option<HourlyRate>,
}

/// How many requests come and how evenly.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pace {
    /// Requests per second, on average; above zero.
    rate: f64,
    rhythm: Rhythm,
}

/// How evenly requests come.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Rhythm {
    /// At equal distances.
    Constant,
    /// Each whenever it likes: gaps are exponential.
    Poisson,
    /// Gaps are gamma-distributed with this shape and scale `1 / (rate x shape)`, which load
    /// generators call burstiness: below 1 in clumps, 1 as Poisson, above more and more even.
    Gamma(f64),
    /// So many at once, at equal distances.
    Bursts(u32),
}

/// What cannot be a process of arrivals.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum ArrivalsError {
    /// No rate.
    #[error("{0} is no request rate: requests per second above 0")]
    Rate(f64),
    /// No burstiness.
    #[error("{0} is no burstiness: above 0, where 1 is Poisson")]
    Burstiness(f64),
    /// An empty burst.
    #[error("a burst holds at least one request")]
    Burst,
    /// A day without requests, or of other than 24 hours.
    #[error("a day is 24 hourly rates from 0 up, one of them above 0")]
    Day,
}

const NS_PER_S: f64 = 1e9;

impl Pace {
    /// `rate` requests per second in this rhythm.
    pub fn new(rate: f64, rhythm: Rhythm) -> Result<Self, ArrivalsError> {
        if !(rate.is_finite() && rate > 0.0) {
            return Err(ArrivalsError::Rate(rate));
        }
        match rhythm {
            Rhythm::Gamma(shape) if !(shape.is_finite() && shape > 0.0) => {
                Err(ArrivalsError::Burstiness(shape))
            }
            Rhythm::Bursts(0) => Err(ArrivalsError::Burst),
            _ => Ok(Self { rate, rhythm }),
        }
    }

    /// Requests per second, on average.
    pub const fn rate(self) -> f64 {
        self.rate
    }

    /// How evenly they come.
    pub const fn rhythm(self) -> Rhythm {
        self.rhythm
    }
}

impl From<Pace> for Arrivals {
    /// The same all day.
    fn from(pace: Pace) -> Self {
        Self { pace, day: None }
    }
}

impl Arrivals {
    /// `rate` requests per second in this rhythm, the same all day.
    pub fn new(rate: f64, rhythm: Rhythm) -> Result<Self, ArrivalsError> {
        Pace::new(rate, rhythm).map(Self::from)
    }

    /// The same over the hours of a day, their mean being the rate.
    #[must_use]
    pub fn over_the_day(self, day: HourlyRate) -> Self {
        Self { day: Some(day), ..self }
    }

    /// The shape of the day, where the rate is not the same all day.
    pub fn day(&self) -> Option<&HourlyRate> {
        self.day.as_ref()
    }

    /// The same process at a rate `factor` times as high.
    pub(crate) fn times(&self, factor: f64) -> Self {
        let pace = Pace { rate: self.pace.rate * factor, ..self.pace };
        Self { pace, day: self.day.clone() }
    }

    /// Arrival times in nanoseconds since the start, rising, without end.
    pub fn times_ns(&self, seed: u64) -> ArrivalTimes {
        ArrivalTimes {
            arrivals: self.clone(),
            random: random(seed, Choice::Arrivals),
            drawn: 0,
            work: 0.0,
        }
    }
}

/// The arrivals of a process, one after another.
#[derive(Debug, Clone)]
pub struct ArrivalTimes {
    arrivals: Arrivals,
    random: Pcg64,
    drawn: u64,
    /// Arrivals due so far by the mean: time on a clock on which the rate is 1.
    work: f64,
}

impl Iterator for ArrivalTimes {
    type Item = u64;

    fn next(&mut self) -> Option<u64> {
        let n = self.drawn;
        self.drawn += 1;
        // Where a time can be told from the count alone, nothing adds up and nothing drifts. The
        // first of a random process comes a gap after the start, like any other.
        self.work = match self.arrivals.pace.rhythm {
            Rhythm::Constant => n as f64,
            Rhythm::Bursts(size) => (n - n % u64::from(size)) as f64,
            Rhythm::Poisson => self.work + Distribution::<f64>::sample(&Exp1, &mut self.random),
            Rhythm::Gamma(shape) => self.work + unit_gamma(shape, &mut self.random),
        };
        let seconds = match &self.arrivals.day {
            None => self.work / self.arrivals.pace.rate,
            Some(day) => day.seconds_at(self.work / self.arrivals.pace.rate),
        };
        Some((seconds * NS_PER_S).round() as u64)
    }
}

/// A gamma-distributed gap of mean 1.
fn unit_gamma(shape: f64, random: &mut Pcg64) -> f64 {
    Gamma::new(shape, 1.0 / shape).map_or(1.0, |gamma| gamma.sample(random))
}
