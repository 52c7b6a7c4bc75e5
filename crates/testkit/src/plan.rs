//! An answer as a timetable of writes: what every answer but a flood comes down to.

use std::time::Duration;

use crate::truth::Label;

/// Writes at times since the request's arrival, and what follows them.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) writes: Vec<PlannedWrite>,
    pub(crate) end: End,
}

/// One write.
#[derive(Debug, Clone)]
pub(crate) struct PlannedWrite {
    pub(crate) at: Duration,
    pub(crate) bytes: Vec<u8>,
    pub(crate) labels: Vec<Label>,
}

/// What happens to the connection after the last write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// The next request may come.
    KeepAlive,
    /// It is closed, at this time or when the writes are done.
    CloseAt(Duration),
    /// It is reset, at this time.
    ResetAt(Duration),
    /// It is held until the client closes it or the server stops.
    Hold,
}

impl PlannedWrite {
    pub(crate) fn new(at: Duration, bytes: Vec<u8>, label: Label) -> Self {
        Self { at, bytes, labels: vec![label] }
    }
}
