//! A word to the point under way that enough is known.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Ends a point before its bound; clones share it. What is in flight is waited for, and the next
/// point begins anew.
#[derive(Debug, Clone, Default)]
pub struct StopEarly(Arc<AtomicBool>);

impl StopEarly {
    /// Nothing more needs to be sent at this point.
    pub fn say(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether it was said.
    pub(crate) fn is_said(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// For the next point.
    pub(crate) fn take_back(&self) {
        self.0.store(false, Ordering::Relaxed);
    }
}
