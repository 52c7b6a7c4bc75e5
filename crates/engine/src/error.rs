//! Why an engine did not start. What a request can do wrong is in `api_error.rs`.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Why an engine did not start.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The time scale is zero, negative or not a number.
    #[error("time scale {scale} is not a number above 0")]
    TimeScale {
        /// The scale asked for.
        scale: f64,
    },
    /// The weights leave no room for even one token of KV cache.
    #[error(
        "{model} does not fit {accelerator}: {needed_bytes} bytes of weights, {memory_bytes} bytes of memory"
    )]
    DoesNotFit {
        /// The model's name.
        model: String,
        /// The accelerator's name.
        accelerator: String,
        /// Bytes of weights.
        needed_bytes: u64,
        /// Bytes of device memory, of which a share is kept free.
        memory_bytes: u64,
    },
    /// The longest sequence asked for is longer than the cache, or shorter than two tokens.
    #[error("a maximum length of {asked} tokens is not between 2 and the {longest} that fit")]
    MaxModelLen {
        /// Tokens asked for.
        asked: u64,
        /// The most that model and memory allow.
        longest: u64,
    },
    /// Nobody can listen on this address.
    #[error("cannot listen on {addr}: {source}")]
    Listen {
        /// The address asked for.
        addr: SocketAddr,
        /// What the operating system said.
        source: io::Error,
    },
    /// The truth log file cannot be created.
    #[error("cannot write the truth log {}: {source}", .path.display())]
    TruthLog {
        /// The file asked for.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The operating system gave us no thread.
    #[error("cannot start the {name} thread: {source}")]
    Thread {
        /// What the thread is for.
        name: &'static str,
        /// What the operating system said.
        source: io::Error,
    },
}
