//! What a caller may want to show while a file is fetched.

use crate::name::FileName;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// Something worth telling a person who waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HubEvent {
    /// A file is being downloaded.
    Downloading {
        /// The file.
        file: FileName,
        /// Its size in bytes, if the server told.
        bytes: Option<u64>,
        /// Bytes that an earlier try left behind.
        resumed_from: u64,
    },
    /// The Hub asked for a pause (429).
    RateLimited {
        /// How long it lasts.
        wait: Duration,
    },
    /// A try failed and there will be another.
    Retrying {
        /// What went wrong, in words.
        reason: String,
        /// The pause before the next try.
        wait: Duration,
    },
    /// The Hub cannot be asked whether the cached file is the latest: it is used as it is.
    UsingCached {
        /// The file.
        file: FileName,
        /// Why the Hub could not be asked, in words.
        reason: String,
    },
}

/// Whoever is told.
#[derive(Clone)]
pub struct Listener(Arc<dyn Fn(&HubEvent) + Send + Sync>);

impl Listener {
    /// Calls `tell` at each event.
    pub fn new(tell: impl Fn(&HubEvent) + Send + Sync + 'static) -> Self {
        Self(Arc::new(tell))
    }

    /// Tells nobody.
    pub fn silent() -> Self {
        Self::new(|_| {})
    }

    pub(crate) fn tell(&self, event: &HubEvent) {
        (self.0)(event);
    }
}

impl fmt::Debug for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Listener")
    }
}
