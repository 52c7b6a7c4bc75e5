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
    /// The checkpoint is not on the disk, and the Hub does not answer.
    NoHub,
    /// Somebody else listens on the port.
    PortTaken,
    /// A part of the engine is not installed.
    MissingModule,
    /// The engine does not know an argument.
    UnknownArgument,
    /// There are fewer accelerators than were asked for.
    TooFewGpus,
    /// Docker's daemon does not answer us.
    NoDocker,
    /// Docker cannot give accelerators to a container.
    NoGpuInDocker,
    /// The registry has no such image for us.
    NoSuchImage,
    /// The system killed it, usually for want of memory.
    Killed,
}

/// What logs say, in small letters, most particular first: a gated checkpoint is also one that cannot
/// be loaded, and the Hub answers 401 to who asks for what it does not have.
const WORDS: &[(Cause, &[&str])] = &[
    (
        Cause::Gated,
        &[
            "gatedrepoerror",
            "trying to access a gated repo",
            "cannot access gated repo",
            "is a gated repository",
            "awaiting a review",
        ],
    ),
    (
        Cause::CacheTooSmall,
        &[
            "no available memory for the cache blocks",
            "larger than the maximum number of tokens that can be stored in kv cache",
            "larger than the available kv cache memory",
            "not enough memory. please try to increase --mem-fraction-static",
        ],
    ),
    (
        Cause::OutOfMemory,
        &[
            "cuda out of memory",
            "cuda error: out of memory",
            "outofmemoryerror",
            "hip out of memory",
            "cudamalloc failed: out of memory",
            "less than desired gpu memory utilization",
            "less than desired cpu memory utilization",
            "failed to allocate buffer",
        ],
    ),
    (Cause::PortTaken, &["address already in use", "couldn't bind http server socket"]),
    (
        Cause::TooFewGpus,
        &[
            "invalid device ordinal",
            "is larger than the number of available gpus",
            "not enough gpus",
        ],
    ),
    (
        Cause::NoSuchModel,
        &[
            "repositorynotfounderror",
            "repository not found for url",
            "is not a local folder",
            "invalid repository id or local directory",
            "does not appear to have a file named",
            "failed to open gguf file",
        ],
    ),
    (Cause::NoHub, &["localentrynotfounderror", "we couldn't connect to 'https://huggingface.co'"]),
    (Cause::MissingModule, &["modulenotfounderror", "no module named", "command not found"]),
    (
        Cause::UnknownArgument,
        &[
            "unrecognized arguments",
            "unexpected argument",
            "error: invalid argument",
            "no such option",
        ],
    ),
    (
        Cause::NoDocker,
        &[
            "cannot connect to the docker daemon",
            "permission denied while trying to connect to the docker",
        ],
    ),
    (Cause::NoGpuInDocker, &["could not select device driver"]),
    (Cause::NoSuchImage, &["pull access denied", "manifest unknown"]),
    (Cause::Gated, &["401 client error", "403 client error"]),
];

/// The signal that nobody can refuse.
const SIGKILL: i32 = 9;

impl Cause {
    /// What `log` says, or else the signal that ended it; none where neither tells.
    pub fn of(log: &str, signal: Option<i32>) -> Option<Self> {
        let log = log.to_lowercase();
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
            Self::NoSuchModel => "check the checkpoint's id; a private one needs HF_TOKEN",
            Self::Gated => "ask for access on its page, and set HF_TOKEN",
            Self::NoHub => "fetch it where there is a network, and name its folder",
            Self::PortTaken => "choose another port, or end what listens there",
            Self::MissingModule => "is this the environment that the engine is installed in?",
            Self::UnknownArgument => {
                "is this version of the engine the one that the flags are for?"
            }
            Self::TooFewGpus => "a smaller tp, or a machine with more accelerators",
            Self::NoDocker => "is the daemon up, and are you of the group `docker`?",
            Self::NoGpuInDocker => "install the NVIDIA Container Toolkit, or say gpus = \"none\"",
            Self::NoSuchImage => "check the image's name and tag, or log in to its registry",
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
            Self::NoHub => "the checkpoint is not here and the Hub does not answer",
            Self::PortTaken => "its port is taken",
            Self::MissingModule => "a part of it is not installed",
            Self::UnknownArgument => "it does not know one of its arguments",
            Self::TooFewGpus => "there are too few accelerators",
            Self::NoDocker => "Docker does not answer",
            Self::NoGpuInDocker => "Docker has no accelerators to give",
            Self::NoSuchImage => "there is no such image",
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
                "401 Client Error. Repository Not Found for url: u. If you are trying to access a \
                 private or gated repo, make sure you are authenticated",
                Some(Cause::NoSuchModel),
            ),
            ("HTTPError: 403 Client Error: Forbidden for url", Some(Cause::Gated)),
            (
                "needed, which is larger than the available KV cache memory (0.65 GiB)",
                Some(Cause::CacheTooSmall),
            ),
            (
                "docker: Error response from daemon: could not select device driver \"\"",
                Some(Cause::NoGpuInDocker),
            ),
            (
                "Unable to find image 'a:b' locally\ndocker: manifest unknown",
                Some(Cause::NoSuchImage),
            ),
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
