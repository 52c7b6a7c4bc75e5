//! Why a file could not be had, in words that tell what to do.
//!
//! No message repeats what a server said or an address beyond its host: answers may echo the
//! token, and the addresses of redirects are signed.

use crate::dial::DialError;
use crate::index::IndexError;
use crate::name::{FileName, RepoId};
use crate::repo_ref::{RepoKind, RepoRef};
use crate::safetensors::HeaderError;
use farebox_net::TlsError;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

/// Why the Hub or the cache did not give a file.
#[derive(Debug, thiserror::Error)]
pub enum HubError {
    /// No network may be touched and the cache does not have it.
    #[error("offline, and {file} of {model} is not in the cache {}", cache.display())]
    Offline {
        /// The model.
        model: RepoRef,
        /// The missing file.
        file: FileName,
        /// The cache that was searched.
        cache: PathBuf,
    },
    /// There is no such repository, or it is private. Without a token the Hub does not tell.
    #[error("{host} has no {kind} {repo}, or it is private")]
    RepoNotFound {
        /// What it should hold.
        kind: RepoKind,
        /// The repository.
        repo: RepoId,
        /// Who was asked.
        host: String,
    },
    /// The repository has no such branch, tag or commit.
    #[error("{} has no revision `{}`", model.repo, model.revision)]
    RevisionNotFound {
        /// The model.
        model: RepoRef,
    },
    /// The repository has no such file.
    #[error("{model} has no {file}")]
    EntryNotFound {
        /// The model.
        model: RepoRef,
        /// The missing file.
        file: FileName,
    },
    /// The licence was not accepted by whoever asks.
    #[error("{repo} is gated: accept its licence at {page} and set HF_TOKEN")]
    Gated {
        /// The repository.
        repo: RepoId,
        /// Where the licence is.
        page: String,
    },
    /// The token is wrong, expired or not allowed to read this.
    #[error("{host} refused the token (status {status})")]
    TokenRefused {
        /// Who refused it.
        host: String,
        /// 401 or 403.
        status: u16,
    },
    /// Too many requests, and waiting did not help or would take too long.
    #[error("{host} says too many requests{}", asked(*retry_after))]
    RateLimited {
        /// Who said so.
        host: String,
        /// How long it asked to wait.
        retry_after: Option<Duration>,
    },
    /// A status that has no meaning of its own here; 5xx after all retries.
    #[error("{host} answered {file} with status {status}")]
    Status {
        /// Who answered.
        host: String,
        /// The file.
        file: FileName,
        /// The HTTP status.
        status: u16,
    },
    /// No connection.
    #[error(transparent)]
    Dial(#[from] DialError),
    /// The connection ended before there was an answer.
    #[error("{host} gave no answer: {source}")]
    NoAnswer {
        /// Who was asked.
        host: String,
        /// The library's reason.
        source: hyper::Error,
    },
    /// Silence.
    #[error("{host} was silent for {} s", after.as_secs_f64())]
    Timeout {
        /// Who was silent.
        host: String,
        /// For how long.
        after: Duration,
    },
    /// The body ended early.
    #[error("{file} broke off after {got} bytes{}", of(*expected))]
    Truncated {
        /// The file.
        file: FileName,
        /// Bytes that arrived.
        got: u64,
        /// Bytes that were announced, if they were.
        expected: Option<u64>,
    },
    /// Larger than any honest file of its kind.
    #[error("{file} is larger than {limit} bytes")]
    TooLarge {
        /// The file.
        file: FileName,
        /// The largest accepted size, in bytes.
        limit: u64,
    },
    /// A redirect that is not followed.
    #[error("{host} redirects {problem}")]
    Redirect {
        /// Who redirected.
        host: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// The answer lacks what every Hub sends, as a captive portal's does.
    #[error("{host} does not answer as a Hub does: {problem}")]
    NotAHub {
        /// Who answered.
        host: String,
        /// What is missing or malformed.
        problem: &'static str,
    },
    /// The cache cannot be read or written.
    #[error("cannot use {}: {source}", path.display())]
    Cache {
        /// File or folder.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// TLS could not be set up.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The weights' header is malformed.
    #[error("{file}: {source}")]
    Header {
        /// The file.
        file: FileName,
        /// What is wrong.
        source: HeaderError,
    },
    /// The weights' index is malformed.
    #[error("{file}: {source}")]
    Index {
        /// The file.
        file: FileName,
        /// What is wrong.
        source: IndexError,
    },
}

impl HubError {
    /// The one thing to try, where there is one that the message does not say itself.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Offline { .. } => Some("run once without --offline, or give a config.json"),
            Self::RepoNotFound { .. } => Some("check the spelling; for a private one set HF_TOKEN"),
            Self::TokenRefused { .. } => Some("make a new token and set HF_TOKEN"),
            Self::RateLimited { .. } => Some("wait, or set HF_TOKEN for a higher limit"),
            Self::Dial(_) | Self::Timeout { .. } | Self::NotAHub { .. } => {
                Some("check HF_ENDPOINT and HTTPS_PROXY, or use --offline with a filled cache")
            }
            _ => None,
        }
    }

    /// Whether the Hub was not really asked, so that an older copy is better than nothing.
    pub fn is_transient(&self) -> bool {
        matches!(
            self,
            Self::Dial(_)
                | Self::NoAnswer { .. }
                | Self::Timeout { .. }
                | Self::Truncated { .. }
                | Self::RateLimited { .. }
                | Self::Status { status: 500.., .. }
        )
    }
}

fn asked(retry_after: Option<Duration>) -> String {
    retry_after.map_or_else(String::new, |wait| format!(" and asks to wait {} s", wait.as_secs()))
}

fn of(expected: Option<u64>) -> String {
    expected.map_or_else(String::new, |bytes| format!(" of {bytes}"))
}
