//! Numbers that know their unit.
//!
//! In code the type carries the unit; in files the field name does (`ttft_ms`,
//! `output_tok_per_s`), so every quantity serialises as a bare number.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::time::Duration;

/// A float newtype with just the arithmetic that keeps its dimension.
macro_rules! quantity {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Default, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(f64);

        impl $name {
            /// Wraps a number that is already in this unit.
            pub const fn new(value: f64) -> Self {
                Self(value)
            }

            /// The bare number, in this unit.
            pub const fn get(self) -> f64 {
                self.0
            }

            /// The number if it can be a real amount: finite and above zero.
            pub fn positive(value: f64) -> Option<Self> {
                (value.is_finite() && value > 0.0).then_some(Self(value))
            }

            /// This quantity `factor` times over.
            #[must_use]
            pub fn times(self, factor: f64) -> Self {
                Self(self.0 * factor)
            }
        }

        impl std::ops::Add for $name {
            type Output = Self;
            fn add(self, other: Self) -> Self {
                Self(self.0 + other.0)
            }
        }
    };
}

quantity! {
    /// A latency in milliseconds.
    Milliseconds
}
quantity! {
    /// Tokens per second.
    TokensPerSecond
}
quantity! {
    /// Requests per second.
    RequestsPerSecond
}
quantity! {
    /// US dollars per hour for whatever is rented.
    UsdPerHour
}
quantity! {
    /// US dollars per million tokens.
    UsdPerMtok
}

impl Milliseconds {
    /// The same span from nanoseconds.
    pub fn from_nanos(nanos: u64) -> Self {
        Self(nanos as f64 / 1e6)
    }

    /// The same span in seconds.
    pub fn as_secs(self) -> f64 {
        self.0 / 1e3
    }
}

impl UsdPerHour {
    /// Dollars per second.
    pub fn per_second(self) -> f64 {
        self.0 / 3600.0
    }
}

/// A point on the run's one monotonic clock: nanoseconds since the run's epoch.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct RunInstant(u64);

impl RunInstant {
    /// The instant `nanos` after the epoch of the run.
    pub const fn from_nanos(nanos: u64) -> Self {
        Self(nanos)
    }

    /// Nanoseconds since the epoch of the run.
    pub const fn nanos(self) -> u64 {
        self.0
    }

    /// Seconds since the epoch of the run.
    pub fn as_secs(self) -> f64 {
        self.0 as f64 / 1e9
    }

    /// This instant moved later by `nanos`.
    #[must_use]
    pub const fn plus_nanos(self, nanos: u64) -> Self {
        Self(self.0.saturating_add(nanos))
    }

    /// Time from `earlier` to here; zero if `earlier` is later.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }

    /// Milliseconds from `earlier` to here; zero if `earlier` is later.
    pub fn ms_since(self, earlier: Self) -> Milliseconds {
        Milliseconds::from_nanos(self.0.saturating_sub(earlier.0))
    }
}

impl fmt::Display for Milliseconds {
    /// Seconds from 10 s on, else milliseconds with three figures or so.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            ms if ms >= 10_000.0 => write!(f, "{:.1} s", ms / 1e3),
            ms if ms >= 100.0 => write!(f, "{ms:.0} ms"),
            ms if ms >= 10.0 => write!(f, "{ms:.1} ms"),
            ms => write!(f, "{ms:.2} ms"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_real_amounts_are_positive() {
        for bad in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert_eq!(UsdPerHour::positive(bad), None, "{bad}");
        }
        assert_eq!(UsdPerHour::positive(2.5), Some(UsdPerHour::new(2.5)));
    }

    #[test]
    fn instants_never_go_negative() {
        let (early, late) = (RunInstant::from_nanos(1_000_000), RunInstant::from_nanos(3_500_000));
        assert_eq!(late.ms_since(early), Milliseconds::new(2.5));
        assert_eq!(early.ms_since(late), Milliseconds::new(0.0));
    }
}
