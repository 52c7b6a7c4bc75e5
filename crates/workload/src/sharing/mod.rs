//! What requests have in common: conversations, and prefixes that many begin with.

mod prefixes;
mod sessions;

pub use prefixes::Prefixes;
pub(crate) use prefixes::common_part;
pub(crate) use sessions::SessionPlan;
pub use sessions::{Pause, Sessions, Turns};

/// What the requests of a workload have in common.
#[derive(Debug, Clone, PartialEq)]
pub enum Sharing {
    /// Nothing: every prompt is its own from the first token.
    Nothing,
    /// Groups that begin alike, as under a few system prompts.
    Prefixes(Prefixes),
    /// The same beginning in every prompt, of this share of its length, above 0 and up to 1.
    Part(f64),
    /// Conversations, each turn beginning with the one before.
    Sessions(Sessions),
}
