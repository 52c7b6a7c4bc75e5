//! How long and how often to wait, and how much to read.

use std::time::Duration;

/// Waits and limits of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Patience {
    /// Longest time to connect: name, TCP, proxy and TLS together.
    pub connect: Duration,
    /// Longest silence before the answer's head and between two parts of its body.
    pub silence: Duration,
    /// Tries after a server failure (5xx) or a broken body.
    pub retries: u32,
    /// Pause before the first such try; each further one doubles it.
    pub backoff: Duration,
    /// Waits for a server that says "too many requests".
    pub rate_limit_waits: u32,
    /// Longest such wait; a server that asks for more is not waited for.
    pub longest_wait: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            silence: Duration::from_secs(30),
            retries: 2,
            backoff: Duration::from_millis(500),
            rate_limit_waits: 3,
            longest_wait: Duration::from_mins(1),
        }
    }
}
