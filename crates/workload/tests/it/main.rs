//! Generators against what they claim to be, through the profile that anybody would make of them.

#![allow(clippy::unwrap_used, clippy::float_cmp)] // a test that cannot go on should stop

mod gaps;
mod replayed;
mod round_trip;
mod shared;
mod support;
