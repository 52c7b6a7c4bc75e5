//! Why an engine died, by the words of its log.

use std::fmt;

/// A known cause of death.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// The accelerator's memory did not do.
    OutOfMemory,
    /// There is room for the weights and too little for the cache.
    CacheTooSmall,
    /// The Hub, or the disk, has no such checkpoint.
    NoSuchModel,
    /// The checkpoint's owner wants to know who asks.
    Gated,
    /// Somebody else listens on the port.
    PortTaken,
    /// A part of the engine is not installed.
    MissingModule,
    /// The engine does not know an argument.
    UnknownArgument,
    /// There are fewer accelerators than were asked for.
    TooFewGpus,
    /// The system killed it, usually for want of memory.
    Killed,
}

/// What logs say, most particular first: a gated checkpoint is also one that cannot be loaded.
const WORDS: &[(Cause, &[&str])] = &[
    (
        Cause::Gated,
        &[
            "gated repo",
            "GatedRepoError",
            "401 Client Error",
            "403 Client Error",
            "awaiting a review",
        ],
    ),
    (
        Cause::CacheTooSmall,
        &[
            "No available memory for the cache blocks",
            "larger than the maximum number of tokens that can be stored in KV cache",
            "larger than the available KV cache memory",
            "Not enough memory. Please try to increase --mem-fraction-static",
        ],
    ),
    (
        Cause::OutOfMemory,
        &[
            "CUDA out of memory",
            "torch.OutOfMemoryError",
            "OutOfMemoryError",
            "HIP out of memory",
            "cudaMalloc failed: out of memory",
            "less than desired GPU memory utilization",
            "failed to allocate buffer",
        ],
    ),
    (
        Cause::PortTaken,
        &["address already in use", "Address already in use", "couldn't bind HTTP server socket"],
    ),
    (
        Cause::TooFewGpus,
        &[
            "invalid device ordinal",
            "is larger than the number of available GPUs",
            "not enough GPUs",
        ],
    ),
    (
        Cause::NoSuchModel,
        &[
            "RepositoryNotFoundError",
            "404 Client Error",
            "is not a local folder and is not a valid model identifier",
            "does not appear to have a file named config.json",
            "failed to open GGUF file",
            "No such file or directory (os error 2)",
        ],
    ),
    (Cause::MissingModule, &["ModuleNotFoundError", "No module named", "command not found"]),
    (
        Cause::UnknownArgument,
        &[
            "unrecognized arguments",
            "unexpected argument",
            "error: invalid argument",
            "No such option",
        ],
    ),
];

/// The signal that nobody can refuse.
const SIGKILL: i32 = 9;

impl Cause {
    /// What `log` says, or else the signal that ended it; none where neither tells.
    pub fn of(log: &str, signal: Option<i32>) -> Option<Self> {
        let said = |words: &&[&str]| words.iter().any(|word| log.contains(word));
        let told = WORDS.iter().find(|(_, words)| said(words)).map(|(cause, _)| *cause);
        told.or_else(|| (signal == Some(SIGKILL)).then_some(Self::Killed))
    }

    /// What to try.
    pub const fn hint(self) -> &'static str {
        match self {
            Self::OutOfMemory => {
                "more accelerators (tp), a smaller precision, or a smaller memory fraction"
            }
            Self::CacheTooSmall => "a shorter max_len, a larger memory fraction, or a higher tp",
            Self::NoSuchModel => {
                "check the checkpoint's id; `farebox catalog models` lists known ones"
            }
            Self::Gated => "ask for access on its page, and set HF_TOKEN",
            Self::PortTaken => "choose another port, or end what listens there",
            Self::MissingModule => "is this the environment that the engine is installed in?",
            Self::UnknownArgument => {
                "is this version of the engine the one that the flags are for?"
            }
            Self::TooFewGpus => "a smaller tp, or a machine with more accelerators",
            Self::Killed => "did the machine run out of memory? `dmesg` tells",
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OutOfMemory => "out of accelerator memory",
            Self::CacheTooSmall => "the KV cache has no room for one request of full length",
            Self::NoSuchModel => "there is no such checkpoint",
            Self::Gated => "the checkpoint is gated",
            Self::PortTaken => "its port is taken",
            Self::MissingModule => "a part of it is not installed",
            Self::UnknownArgument => "it does not know one of its arguments",
            Self::TooFewGpus => "there are too few accelerators",
            Self::Killed => "it was killed",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logs_tell_why() {
        for (log, cause) in [
            ("torch.OutOfMemoryError: CUDA out of memory. Tried to", Some(Cause::OutOfMemory)),
            ("ValueError: No available memory for the cache blocks.", Some(Cause::CacheTooSmall)),
            ("OSError: You are trying to access a gated repo.\n401 Client", Some(Cause::Gated)),
            (
                "x is not a local folder and is not a valid model identifier",
                Some(Cause::NoSuchModel),
            ),
            ("OSError: [Errno 98] Address already in use", Some(Cause::PortTaken)),
            ("ModuleNotFoundError: No module named 'vllm'", Some(Cause::MissingModule)),
            ("vllm: error: unrecognized arguments: --tp", Some(Cause::UnknownArgument)),
            ("all is well", None),
        ] {
            assert_eq!(Cause::of(log, None), cause, "{log}");
        }
        assert_eq!(Cause::of("", Some(9)), Some(Cause::Killed));
        assert_eq!(Cause::of("CUDA out of memory", Some(9)), Some(Cause::OutOfMemory));
        assert_eq!(Cause::of("", Some(15)), None);
    }
}
