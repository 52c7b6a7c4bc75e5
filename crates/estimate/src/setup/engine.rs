//! Serving engines, and the generations of them that differ too much to share constants.

/// A serving engine by the name its users give it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Engine {
    /// vLLM.
    Vllm,
    /// SGLang.
    Sglang,
    /// TensorRT-LLM.
    Trtllm,
    /// llama.cpp.
    LlamaCpp,
    /// Any other, by name; it gets the constants that all engines share.
    Other(String),
}

/// Generation of an engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Era {
    /// Before vLLM 0.8 and TensorRT-LLM 1.0: one process for scheduling and the model.
    First,
    /// Since then.
    #[default]
    Current,
}

impl Engine {
    /// The engine called `name`, in any case.
    pub fn named(name: &str) -> Self {
        let name = name.trim().to_lowercase();
        match name.as_str() {
            "vllm" => Self::Vllm,
            "sglang" => Self::Sglang,
            "trtllm" | "tensorrt-llm" => Self::Trtllm,
            "llama.cpp" | "llamacpp" => Self::LlamaCpp,
            _ => Self::Other(name),
        }
    }

    /// The name in files.
    pub fn name(&self) -> &str {
        match self {
            Self::Vllm => "vllm",
            Self::Sglang => "sglang",
            Self::Trtllm => "trtllm",
            Self::LlamaCpp => "llama.cpp",
            Self::Other(name) => name,
        }
    }

    /// Share of its output that a request must find room for before it is admitted.
    ///
    /// TensorRT-LLM admits what is sure to finish (`GUARANTEED_NO_EVICT`); SGLang starts at 0.7 of
    /// the output asked for; vLLM admits what fits now and evicts, which holds half on average.
    pub const fn reserved_output(&self) -> f64 {
        match self {
            Self::Trtllm => 1.0,
            Self::Sglang => 0.7,
            _ => 0.5,
        }
    }

    /// Whether several accelerators hold successive layers and take turns, one sequence of tokens
    /// at a time, whatever width was asked for.
    pub const fn takes_turns(&self) -> bool {
        matches!(self, Self::LlamaCpp)
    }
}

impl Era {
    /// The generation of `engine` at `version`; none where the version does not say.
    pub fn of(engine: &Engine, version: &str) -> Option<Self> {
        let mut numbers = version.split(['.', 'r', '-']).map(str::parse::<u32>);
        let (major, minor) = (numbers.next()?.ok()?, numbers.next());
        let first = match engine {
            // Minor versions before 0.8 are given as `0.6.x` too.
            Engine::Vllm => major == 0 && matches!(minor, Some(Ok(n)) if n < 8),
            Engine::Trtllm => major == 0,
            _ => false,
        };
        Some(if first { Self::First } else { Self::Current })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_tell_the_generation() {
        for (engine, version, era) in [
            (Engine::Vllm, "0.6.x", Some(Era::First)),
            (Engine::Vllm, "0.19.0", Some(Era::Current)),
            (Engine::Trtllm, "0.9", Some(Era::First)),
            (Engine::Trtllm, "1.2.0rc6.post3", Some(Era::Current)),
            (Engine::Vllm, "nightly-5b8c", None),
            (Engine::Sglang, "", None),
        ] {
            assert_eq!(Era::of(&engine, version), era, "{engine:?} {version}");
        }
    }
}
