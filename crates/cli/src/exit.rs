//! Exit codes: scripts switch on them.

use std::process::ExitCode;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Done.
    Done = 0,
    /// The work failed, or the server was not there.
    Failed = 1,
    /// Bad usage or bad input.
    Usage = 2,
    /// The measurement's own verdict is INVALID.
    Invalid = 3,
    /// The answer is no: no tier is met, or not the one required.
    No = 4,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
