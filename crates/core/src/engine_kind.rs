//! The serving engines that have a profile of their own.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A serving engine, as far as its dialect, its flags and its metrics differ from the others'.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EngineKind {
    /// vLLM.
    Vllm,
    /// SGLang.
    Sglang,
    /// Text Generation Inference.
    Tgi,
    /// TensorRT-LLM behind `trtllm-serve`.
    Trtllm,
    /// llama.cpp's `llama-server`.
    #[serde(rename = "llama.cpp")]
    LlamaCpp,
    /// Ollama.
    Ollama,
    /// `transformers serve`: the naive baseline.
    Transformers,
    /// NVIDIA Dynamo's frontend.
    Dynamo,
    /// The simulated engine of this project.
    Farebox,
    /// Whatever else speaks the OpenAI API: a gateway, a hosted model.
    #[serde(rename = "openai")]
    OpenAi,
}

impl EngineKind {
    /// All of them, in the order in which they are listed to people.
    pub const ALL: [Self; 10] = [
        Self::Vllm,
        Self::Sglang,
        Self::Tgi,
        Self::Trtllm,
        Self::LlamaCpp,
        Self::Ollama,
        Self::Transformers,
        Self::Dynamo,
        Self::Farebox,
        Self::OpenAi,
    ];

    /// The name in flags and files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Vllm => "vllm",
            Self::Sglang => "sglang",
            Self::Tgi => "tgi",
            Self::Trtllm => "trtllm",
            Self::LlamaCpp => "llama.cpp",
            Self::Ollama => "ollama",
            Self::Transformers => "transformers",
            Self::Dynamo => "dynamo",
            Self::Farebox => "farebox",
            Self::OpenAi => "openai",
        }
    }
}

impl fmt::Display for EngineKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A name that no engine has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no engine is called `{0}`: there are {known}", known = known())]
pub struct UnknownEngine(pub String);

fn known() -> String {
    EngineKind::ALL.map(EngineKind::name).join(", ")
}

impl FromStr for EngineKind {
    type Err = UnknownEngine;

    /// Reads a name or what people also write: `llamacpp`, `tensorrt-llm`, `hf`.
    fn from_str(text: &str) -> Result<Self, UnknownEngine> {
        let name = text.trim().to_ascii_lowercase();
        Ok(match name.as_str() {
            "llamacpp" | "llama-cpp" | "llama-server" => Self::LlamaCpp,
            "tensorrt-llm" | "trt-llm" | "trtllm-serve" => Self::Trtllm,
            "hf" | "transformers-serve" | "baseline" => Self::Transformers,
            "farebox-engine" => Self::Farebox,
            "gateway" | "hosted" => Self::OpenAi,
            name => Self::ALL
                .into_iter()
                .find(|kind| kind.name() == name)
                .ok_or_else(|| UnknownEngine(text.to_owned()))?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_read_back_and_stored_as_it_is_typed() {
        for kind in EngineKind::ALL {
            assert_eq!(kind.name().parse(), Ok(kind));
            assert_eq!(serde_json::to_string(&kind).unwrap(), format!("{:?}", kind.name()));
        }
        assert_eq!("HF".parse(), Ok(EngineKind::Transformers));
        let error = "vlm".parse::<EngineKind>().unwrap_err();
        assert!(error.to_string().starts_with("no engine is called `vlm`: there are vllm, sglang"));
    }
}
