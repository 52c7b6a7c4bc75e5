//! A rate that follows the hours of the day.
//!
//! By change of time: a process of constant rate is run on a clock that goes faster in busy hours,
//! `t = L^-1(w)` with `L` the integral of the relative rate (Çinlar, "Introduction to Stochastic
//! Processes", 1975, section 4.7). With Poisson arrivals that is the inhomogeneous Poisson process.

use super::ArrivalsError;

/// Relative rates of 24 hours, from a given hour on.
#[derive(Debug, Clone, PartialEq)]
pub struct HourlyRate {
    /// Rate of each hour from the start on, over the day's mean.
    relative: Box<[f64; 24]>,
    /// Seconds that an hour takes.
    hour_s: f64,
}

impl HourlyRate {
    /// The shape of a day from its 24 hourly rates (only their proportions count), with the start
    /// at `start_hour` o'clock. An hour without a rate has the mean of the others.
    pub fn new(by_hour: &[Option<f64>], start_hour: u32) -> Result<Self, ArrivalsError> {
        let known: Vec<f64> = by_hour.iter().copied().flatten().collect();
        let mean = known.iter().sum::<f64>() / known.len() as f64;
        let fits = |rate: &f64| rate.is_finite() && *rate >= 0.0;
        if by_hour.len() != 24 || !known.iter().all(fits) || !(mean > 0.0 && mean.is_finite()) {
            return Err(ArrivalsError::Day);
        }
        let mut relative = [1.0; 24];
        for (hour, relative) in relative.iter_mut().enumerate() {
            *relative = by_hour[(hour + start_hour as usize) % 24].unwrap_or(mean) / mean;
        }
        Ok(Self { relative: Box::new(relative), hour_s: 3600.0 })
    }

    /// The same day gone through in `day_s` seconds, above 0: a day in the life of a service in a
    /// test of minutes.
    pub fn lasting(self, day_s: f64) -> Result<Self, ArrivalsError> {
        let fits = day_s.is_finite() && day_s > 0.0;
        if fits { Ok(Self { hour_s: day_s / 24.0, ..self }) } else { Err(ArrivalsError::Day) }
    }

    /// Seconds after the start at which `even` seconds' worth of an even day have gone by.
    pub(super) fn seconds_at(&self, even: f64) -> f64 {
        let day = 24.0 * self.hour_s;
        let days = (even / day).floor();
        let mut left = even - days * day;
        for (hour, relative) in self.relative.iter().enumerate() {
            let worth = relative * self.hour_s;
            if left < worth {
                return days * day + hour as f64 * self.hour_s + left / relative;
            }
            left -= worth;
        }
        // What rounding left over: the day's very end.
        (days + 1.0) * day
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn busy_hours_take_less_time_for_the_same_work() {
        let mut by_hour = vec![Some(1.0); 24];
        by_hour[9] = Some(7.0); // The mean is 30/24 = 1.25.
        let day = HourlyRate::new(&by_hour, 9).unwrap();
        let busiest = 7.0 / 1.25;
        assert!((day.seconds_at(busiest * 1800.0) - 1800.0).abs() < 1e-9);
        assert!((day.seconds_at(busiest * 3600.0 + 0.8 * 60.0) - 3660.0).abs() < 1e-9);
        assert!((day.seconds_at(24.0 * 3600.0 + busiest) - (24.0 * 3600.0 + 1.0)).abs() < 1e-6);
    }

    #[test]
    fn a_day_can_be_gone_through_in_minutes() {
        let mut by_hour = vec![Some(1.0); 24];
        by_hour[9] = Some(7.0);
        let day = HourlyRate::new(&by_hour, 9).unwrap();
        let short = day.clone().lasting(240.0).unwrap();
        assert!((short.seconds_at(30.0) - day.seconds_at(30.0 * 360.0) / 360.0).abs() < 1e-9);
        assert_eq!(day.lasting(0.0), Err(ArrivalsError::Day));
    }

    #[test]
    fn a_silent_hour_is_skipped_and_a_silent_day_refused() {
        let mut by_hour = vec![Some(1.0); 24];
        by_hour[1] = Some(0.0);
        let day = HourlyRate::new(&by_hour, 0).unwrap();
        let just_after = day.seconds_at(3600.0 * 24.0 / 23.0);
        assert!((just_after - 7200.0).abs() < 1e-6, "{just_after}");
        assert_eq!(HourlyRate::new(&[Some(0.0); 24], 0), Err(ArrivalsError::Day));
        assert_eq!(HourlyRate::new(&[None; 24], 0), Err(ArrivalsError::Day));
        assert_eq!(HourlyRate::new(&[Some(1.0); 23], 0), Err(ArrivalsError::Day));
    }
}
