//! Ctrl-C, told to every request at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::Notify;
use tokio::sync::futures::OwnedNotified;

/// A switch that can be thrown once; clones share it.
#[derive(Debug, Clone, Default)]
pub struct Cancel {
    thrown: Arc<AtomicBool>,
    notify: Arc<Notify>,
}

impl Cancel {
    /// Asks everything to end.
    pub fn throw(&self) {
        self.thrown.store(true, Ordering::SeqCst);
        self.notify.notify_waiters();
    }

    /// Whether it was asked.
    pub fn is_thrown(&self) -> bool {
        self.thrown.load(Ordering::Relaxed)
    }

    /// Resolves when it is asked; make it before checking [`Self::is_thrown`].
    pub(crate) fn thrown(&self) -> OwnedNotified {
        self.notify.clone().notified_owned()
    }
}
