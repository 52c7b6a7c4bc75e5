//! Which engine answers, and what is known of its dialect.
//!
//! [`Evidence`] tells engines apart by what they say of themselves, and says what to ask next;
//! [`Profile`] is what is known of each beforehand.

mod evidence;
mod profile;

pub use evidence::{Answer, Evidence, Identity};
pub use profile::{FixedOutput, Profile};
