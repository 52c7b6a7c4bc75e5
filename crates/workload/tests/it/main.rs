//! Generators against what they claim to be, through the profile that anybody would make of them.

#![expect(clippy::unwrap_used, reason = "in a test a failed unwrap is the finding")]

mod gaps;
mod replayed;
mod round_trip;
mod shared;
mod support;
