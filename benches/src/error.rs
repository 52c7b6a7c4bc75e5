//! Why a measurement could not be made.

use std::io;

/// Why a measurement could not be made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BenchError {
    /// The command line says something else than it may.
    #[error(
        "`{0}` is not understood: report [--rounds N] [--only NAME] [--cold-build], serve KIND, or bare ADDRESS STREAMS REQUESTS OSL"
    )]
    Usage(String),
    /// The system said no.
    #[error("{what}: {source}")]
    Io {
        /// What was being done, or with what.
        what: String,
        /// The system's reason.
        source: io::Error,
    },
    /// A file or line is not the JSON it should be.
    #[error("{what}: {source}")]
    Json {
        /// Which file or whose line.
        what: String,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// A child process ended badly.
    #[error("{program} ended with {status}: {said}")]
    Child {
        /// Which.
        program: &'static str,
        /// Its exit status.
        status: std::process::ExitStatus,
        /// The end of what it wrote to stderr.
        said: String,
    },
    /// A figure that every run must have is not there.
    #[error("no {0} in what was measured")]
    Missing(&'static str),
}

impl BenchError {
    /// For `map_err`: an error of the system while doing `what`.
    pub(crate) fn io(what: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let what = what.into();
        move |source| Self::Io { what, source }
    }

    /// For `map_err`: JSON that cannot be read, from `what`.
    pub(crate) fn json(what: impl Into<String>) -> impl FnOnce(serde_json::Error) -> Self {
        let what = what.into();
        move |source| Self::Json { what, source }
    }
}
