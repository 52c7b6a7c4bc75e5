//! Why an engine is not there.

use crate::cause::Cause;
use farebox_core::EngineKind;
use std::fmt;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

/// Why an engine could not be started.
#[derive(Debug, thiserror::Error)]
pub enum LaunchError {
    /// It is somebody else's server.
    #[error("{0} is no engine that can be started here: give the URL of one that is up")]
    NotOurs(EngineKind),
    /// It cannot be told what was asked for.
    #[error("{engine} has no flag for {what}")]
    NoFlag {
        /// The engine.
        engine: EngineKind,
        /// What was asked for.
        what: &'static str,
    },
    /// Nobody publishes an image of it that we know.
    #[error("{0} has no published image: name one")]
    NoImage(EngineKind),
    /// A command without a word.
    #[error("the command is empty")]
    EmptyCommand,
    /// Somebody else listens there.
    #[error("port {port} is taken: {source}")]
    PortTaken {
        /// The port.
        port: u16,
        /// The system's reason.
        source: io::Error,
    },
    /// The program is not here.
    #[error("{}", missing(program))]
    NoProgram {
        /// Its name.
        program: String,
    },
    /// The log cannot be written.
    #[error("{}: {source}", path.display())]
    Log {
        /// Its path.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// The system would not start it.
    #[error("{program} cannot be started: {source}")]
    Start {
        /// The program.
        program: String,
        /// The system's reason.
        source: io::Error,
    },
    /// What is there is not an environment of ours to be changed.
    #[error("{} is not empty and was not made by --setup: name another folder", path.display())]
    NotOursToChange {
        /// The folder.
        path: PathBuf,
    },
    /// The environment could not be made.
    #[error("{program} ended with {status}: {}; see {}", last.trim(), log.display())]
    Setup {
        /// The program of the step that failed.
        program: String,
        /// How it ended.
        status: String,
        /// The last line that it said.
        last: String,
        /// All that it said.
        log: PathBuf,
    },
    /// It died before it was ready.
    #[error("{0}")]
    Died(Death),
    /// It never said that it was ready.
    #[error("not ready after {:.0} s: {reason}; see {}", waited.as_secs_f64(), log.display())]
    NeverReady {
        /// How long it was waited for.
        waited: Duration,
        /// What it said last.
        reason: String,
        /// Its log.
        log: PathBuf,
    },
    /// It is up, and has no such model and cannot get it.
    #[error("the engine is up without {model}: {reason}")]
    NotFetched {
        /// The model.
        model: String,
        /// What it said.
        reason: String,
    },
    /// It was called off.
    #[error("interrupted")]
    Interrupted,
}

fn missing(program: &str) -> String {
    if program.contains('/') {
        return format!("there is no program {program}");
    }
    format!("{program} is not installed here: no such program on PATH")
}

/// How an engine died.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Death {
    /// How it ended, such as `exit code 1` or `signal 9`.
    pub how: String,
    /// What its log says about why, where we know its words.
    pub cause: Option<Cause>,
    /// The last lines of its log.
    pub tail: Vec<String>,
    /// The log.
    pub log: PathBuf,
}

impl fmt::Display for Death {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the engine ended with {}", self.how)?;
        match (&self.cause, self.tail.last()) {
            (Some(cause), _) => write!(f, ": {cause}")?,
            (None, Some(line)) => write!(f, ": {}", line.trim())?,
            (None, None) => write!(f, " without a word")?,
        }
        write!(f, "; see {}", self.log.display())
    }
}
