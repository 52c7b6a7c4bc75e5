//! What is to be served, and how.

use farebox_core::EngineKind;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// One engine that serves one checkpoint.
#[derive(Debug, Clone, PartialEq)]
pub struct LaunchSpec {
    /// The engine.
    pub engine: EngineKind,
    /// As what it is started.
    pub how: How,
    /// The checkpoint: a Hub id or a path, as the engine reads it.
    pub model: String,
    /// The name it is served under; none for the engine's own choice.
    pub served_name: Option<String>,
    /// Tensor parallelism.
    pub tp: u32,
    /// Pipeline parallelism.
    pub pp: u32,
    /// Type of the weights in memory, such as `bfloat16`; none for what the checkpoint says.
    pub dtype: Option<String>,
    /// Quantization done while loading, such as `fp8`; none for what the checkpoint says.
    pub quantization: Option<String>,
    /// Share of the accelerator's memory that the engine may take, above 0 and up to 1.
    pub memory_fraction: Option<f64>,
    /// Longest context, in tokens.
    pub max_len: Option<u32>,
    /// Most requests in one batch.
    pub max_seqs: Option<u32>,
    /// The loopback port that it listens on.
    pub port: u16,
    /// Further arguments, as they are.
    pub extra: Vec<String>,
    /// Further variables of its environment.
    pub env: BTreeMap<String, String>,
}

/// As what an engine is started.
#[derive(Debug, Clone, PartialEq)]
pub enum How {
    /// A process of this machine.
    Local(Local),
    /// A container, by `docker run`.
    Docker(Docker),
    /// A command of the user's own; `{port}`, `{model}` and `{tp}` in its words are filled in.
    Custom(Vec<String>),
}

/// Where the engine's program is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Local {
    /// The program itself; none for its usual name.
    pub program: Option<PathBuf>,
    /// A virtual environment that it is installed in.
    pub venv: Option<PathBuf>,
}

/// How the container is made.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Docker {
    /// The image; none for the engine's published one.
    pub image: Option<String>,
    /// What `--gpus` says; none for `all`, `none` for a machine without.
    pub gpus: Option<String>,
    /// Folders to mount, `HOST:CONTAINER`.
    pub volumes: Vec<String>,
    /// Further arguments of `docker run`.
    pub run_args: Vec<String>,
}

impl LaunchSpec {
    /// `engine` on one accelerator of this machine, on `port`.
    pub fn new(engine: EngineKind, model: impl Into<String>, port: u16) -> Self {
        Self {
            engine,
            how: How::Local(Local::default()),
            model: model.into(),
            served_name: None,
            tp: 1,
            pp: 1,
            dtype: None,
            quantization: None,
            memory_fraction: None,
            max_len: None,
            max_seqs: None,
            port,
            extra: Vec::new(),
            env: BTreeMap::new(),
        }
    }

    /// Sets how the weights are held: `bf16`, `fp16` and `fp32` by the type of the weights, `fp8`
    /// while loading. `base` and the others (`w8a8`, `w4a16`, ...) are properties of a checkpoint
    /// and need no flag.
    #[must_use]
    pub fn with_precision(mut self, precision: &str) -> Self {
        match precision {
            "bf16" => self.dtype = Some("bfloat16".to_owned()),
            "fp16" => self.dtype = Some("float16".to_owned()),
            "fp32" => self.dtype = Some("float32".to_owned()),
            "fp8" => self.quantization = Some("fp8".to_owned()),
            _ => {}
        }
        self
    }
}
