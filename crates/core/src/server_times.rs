//! How long one request took by the server's own clock.

use serde::{Deserialize, Serialize};

/// Times that ride in an answer: llama.cpp's `timings`, Ollama's `*_duration`. Each is none where
/// the server does not say.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerTimes {
    /// Loading the model, in nanoseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub load_ns: Option<u64>,
    /// Reading the prompt, in nanoseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prefill_ns: Option<u64>,
    /// Making the output, in nanoseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decode_ns: Option<u64>,
}
