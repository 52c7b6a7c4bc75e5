//! The physical units a cost model needs; the type carries the unit.
//!
//! Bandwidth and compute are decimal (1 GB/s is 1e9 bytes/s, as datasheets print them); memory
//! that can be used is counted in binary GiB by the drivers and kept here as exact bytes.

use serde::{Deserialize, Serialize};

/// Bytes in one GiB.
const GIB: f64 = 1_073_741_824.0;

/// A number of bytes.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Bytes(u64);

impl Bytes {
    /// Wraps a count of bytes.
    pub const fn new(bytes: u64) -> Self {
        Self(bytes)
    }

    /// Bytes from GiB, rounded down to a whole byte.
    pub fn from_gib(gib: f64) -> Self {
        Self((gib * GIB) as u64)
    }

    /// Bytes from decimal GB, rounded down to a whole byte.
    pub fn from_gb(gb: f64) -> Self {
        Self((gb * 1e9) as u64)
    }

    /// The count of bytes.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The same amount in GiB.
    pub fn as_gib(self) -> f64 {
        self.0 as f64 / GIB
    }
}

/// A float newtype for a rate whose catalogue unit is a multiple of its base unit.
macro_rules! rate {
    ($(#[$doc:meta])* $name:ident, $from:ident, $to:ident, $scale:expr, $unit:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(f64);

        impl $name {
            /// Wraps a number that is already in the base unit.
            pub const fn new(value: f64) -> Self {
                Self(value)
            }

            #[doc = concat!("The rate from ", $unit, ".")]
            pub fn $from(value: f64) -> Self {
                Self(value * $scale)
            }

            /// The bare number, in the base unit.
            pub const fn get(self) -> f64 {
                self.0
            }

            #[doc = concat!("The rate in ", $unit, ".")]
            pub fn $to(self) -> f64 {
                self.0 / $scale
            }
        }
    };
}

rate! {
    /// Bytes per second, one direction.
    BytesPerSecond, from_gb_per_s, as_gb_per_s, 1e9, "GB/s (1e9 bytes per second)"
}
rate! {
    /// Floating-point or integer operations per second; a multiply-add is two.
    FlopsPerSecond, from_tflops, as_tflops, 1e12, "TFLOP/s (1e12 per second)"
}

/// Board or package power in watts.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Watts(f64);

impl Watts {
    /// Wraps a number of watts.
    pub const fn new(watts: f64) -> Self {
        Self(watts)
    }

    /// The number of watts.
    pub const fn get(self) -> f64 {
        self.0
    }
}
