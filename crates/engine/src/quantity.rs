//! Quantities with their units, so that bytes are never added to tokens.
//!
//! Only what the step-time formula needs: amounts (`Tokens`, `Bytes`, `Flops`), rates
//! (`BytesPerSecond`, `FlopsPerSecond`), a share (`Fraction`) and a point in time (`Nanos`).
//! An amount divided by a rate is a [`Duration`]. Next: `machine.rs`.

use std::iter::Sum;
use std::ops::{Add, AddAssign, Div, Mul, Sub, SubAssign};
use std::time::Duration;

use serde::Serialize;

/// A number of tokens.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Tokens(pub u64);

/// A number of bytes (not GiB: 80 GB is `80_000_000_000`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bytes(pub u64);

/// A number of floating-point operations; a multiply-add counts as two.
#[derive(Debug, Clone, Copy, Default, PartialEq, PartialOrd)]
pub struct Flops(pub f64);

/// Memory bandwidth in bytes per second.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct BytesPerSecond(pub f64);

/// Arithmetic rate in floating-point operations per second.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct FlopsPerSecond(pub f64);

/// A share of something, from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Fraction(pub f64);

/// A point in time: nanoseconds since the epoch of one engine, on its monotonic clock.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Nanos(pub u64);

impl Nanos {
    /// The time from `earlier` to this point, zero if `earlier` is not earlier.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }
}

impl Add<Duration> for Nanos {
    type Output = Self;

    fn add(self, later: Duration) -> Self {
        Self(self.0.saturating_add(u64::try_from(later.as_nanos()).unwrap_or(u64::MAX)))
    }
}

impl Add for Tokens {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl AddAssign for Tokens {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sub for Tokens {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl SubAssign for Tokens {
    fn sub_assign(&mut self, other: Self) {
        *self = *self - other;
    }
}

impl Sum for Tokens {
    fn sum<I: Iterator<Item = Self>>(tokens: I) -> Self {
        tokens.fold(Self(0), Add::add)
    }
}

impl Mul<Bytes> for Tokens {
    type Output = Bytes;

    fn mul(self, per_token: Bytes) -> Bytes {
        Bytes(self.0.saturating_mul(per_token.0))
    }
}

impl Mul<Fraction> for BytesPerSecond {
    type Output = Self;

    fn mul(self, share: Fraction) -> Self {
        Self(self.0 * share.0)
    }
}

impl Mul<Fraction> for FlopsPerSecond {
    type Output = Self;

    fn mul(self, share: Fraction) -> Self {
        Self(self.0 * share.0)
    }
}

impl Div<BytesPerSecond> for Bytes {
    type Output = Duration;

    fn div(self, rate: BytesPerSecond) -> Duration {
        seconds(self.0 as f64 / rate.0)
    }
}

impl Div<FlopsPerSecond> for Flops {
    type Output = Duration;

    fn div(self, rate: FlopsPerSecond) -> Duration {
        seconds(self.0 / rate.0)
    }
}

/// A rate of zero is typed by hand sooner or later: it means "never", not a panic.
fn seconds(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_over_rates_are_times() {
        assert_eq!(Bytes(10) / BytesPerSecond(4.0), Duration::from_millis(2500));
        assert_eq!(Flops(1.0) / FlopsPerSecond(1e3), Duration::from_millis(1));
        assert_eq!(Bytes(1) / BytesPerSecond(0.0), Duration::MAX);
        assert_eq!(Nanos(5) + Duration::MAX, Nanos(u64::MAX));
    }
}
