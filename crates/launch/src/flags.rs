//! How each engine wants to be told: its program and the names of its flags, as data.
//!
//! Read in each engine's own documentation of its command line (vLLM `vllm serve`, SGLang "Server
//! Arguments", TGI "Text-generation-launcher arguments", TensorRT-LLM `trtllm-serve`, llama.cpp
//! `tools/server/README.md`, Ollama `docs/faq.md`, Transformers "Serving"), on 2026-11-25.

use farebox_core::EngineKind;

/// The flags of one engine. One that is none is one that the engine does not have; one without
/// dashes is a variable of its environment.
#[derive(Debug, Clone, Copy)]
pub struct Flags {
    /// The program and the words that make it a server.
    pub program: &'static [&'static str],
    /// How the checkpoint is named.
    pub model: ModelArg,
    /// The address to listen on.
    pub host: Option<&'static str>,
    /// The port to listen on.
    pub port: Option<&'static str>,
    /// Address and port in one, `HOST:PORT`.
    pub address: Option<&'static str>,
    /// The name served under.
    pub served_name: Option<&'static str>,
    /// Tensor parallelism.
    pub tp: Option<&'static str>,
    /// Pipeline parallelism.
    pub pp: Option<&'static str>,
    /// Type of the weights.
    pub dtype: Option<&'static str>,
    /// Quantization while loading.
    pub quantization: Option<&'static str>,
    /// Share of the accelerator's memory.
    pub memory_fraction: Option<&'static str>,
    /// Longest context.
    pub max_len: Option<&'static str>,
    /// Whose context that is.
    pub context: Context,
    /// Most requests in a batch.
    pub max_seqs: Option<&'static str>,
    /// Type of the KV cache's numbers. Never said by us, only read back.
    pub kv_dtype: Option<&'static str>,
    /// What makes the engine tell all that it can: metrics, cached tokens.
    pub always: &'static [&'static str],
    /// The published image.
    pub image: Option<&'static str>,
    /// What is said after the image before the arguments: its entry point may be the program.
    pub in_image: &'static [&'static str],
    /// Where it says that it is up.
    pub health: &'static str,
}

/// How a checkpoint is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ModelArg {
    /// The first word after the program.
    Positional,
    /// After a flag.
    Flag(&'static str),
    /// Not on the command line: the engine is asked to fetch it once it is up.
    Fetched,
}

/// Whose context a flag sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Context {
    /// That of each request.
    OfEach,
    /// That of all requests of a batch together, in equal parts.
    OfAll,
}

const NONE: Flags = Flags {
    program: &[],
    model: ModelArg::Positional,
    host: Some("--host"),
    port: Some("--port"),
    address: None,
    served_name: None,
    tp: None,
    pp: None,
    dtype: None,
    quantization: None,
    memory_fraction: None,
    max_len: None,
    context: Context::OfEach,
    max_seqs: None,
    kv_dtype: None,
    always: &[],
    image: None,
    in_image: &[],
    health: "/health",
};

const VLLM: Flags = Flags {
    program: &["vllm", "serve"],
    served_name: Some("--served-model-name"),
    tp: Some("--tensor-parallel-size"),
    pp: Some("--pipeline-parallel-size"),
    dtype: Some("--dtype"),
    quantization: Some("--quantization"),
    memory_fraction: Some("--gpu-memory-utilization"),
    max_len: Some("--max-model-len"),
    max_seqs: Some("--max-num-seqs"),
    kv_dtype: Some("--kv-cache-dtype"),
    always: &["--enable-prompt-tokens-details"],
    image: Some("vllm/vllm-openai"),
    ..NONE
};

const SGLANG: Flags = Flags {
    program: &["python3", "-m", "sglang.launch_server"],
    model: ModelArg::Flag("--model-path"),
    served_name: Some("--served-model-name"),
    tp: Some("--tp-size"),
    pp: Some("--pp-size"),
    dtype: Some("--dtype"),
    quantization: Some("--quantization"),
    memory_fraction: Some("--mem-fraction-static"),
    max_len: Some("--context-length"),
    max_seqs: Some("--max-running-requests"),
    kv_dtype: Some("--kv-cache-dtype"),
    always: &["--enable-metrics", "--enable-cache-report"],
    image: Some("lmsysorg/sglang"),
    in_image: &["python3", "-m", "sglang.launch_server"],
    ..NONE
};

const TGI: Flags = Flags {
    program: &["text-generation-launcher"],
    model: ModelArg::Flag("--model-id"),
    host: Some("--hostname"),
    tp: Some("--num-shard"),
    dtype: Some("--dtype"),
    quantization: Some("--quantize"),
    memory_fraction: Some("--cuda-memory-fraction"),
    max_len: Some("--max-total-tokens"),
    // No max_seqs: `--max-concurrent-requests` turns the rest away instead of letting it wait.
    image: Some("ghcr.io/huggingface/text-generation-inference"),
    ..NONE
};

const TRTLLM: Flags = Flags {
    program: &["trtllm-serve", "serve"],
    served_name: Some("--served_model_name"),
    tp: Some("--tp_size"),
    pp: Some("--pp_size"),
    memory_fraction: Some("--kv_cache_free_gpu_memory_fraction"),
    max_len: Some("--max_seq_len"),
    max_seqs: Some("--max_batch_size"),
    image: Some("nvcr.io/nvidia/tensorrt-llm/release"),
    in_image: &["trtllm-serve", "serve"],
    ..NONE
};

const LLAMA_CPP: Flags = Flags {
    program: &["llama-server"],
    model: ModelArg::Flag("--model"),
    served_name: Some("--alias"),
    max_len: Some("--ctx-size"),
    context: Context::OfAll,
    max_seqs: Some("--parallel"),
    kv_dtype: Some("--cache-type-k"),
    always: &["--metrics", "--slots"],
    image: Some("ghcr.io/ggml-org/llama.cpp:server-cuda"),
    ..NONE
};

const OLLAMA: Flags = Flags {
    program: &["ollama", "serve"],
    model: ModelArg::Fetched,
    host: None,
    port: None,
    address: Some("OLLAMA_HOST"),
    max_len: Some("OLLAMA_CONTEXT_LENGTH"),
    max_seqs: Some("OLLAMA_NUM_PARALLEL"),
    image: Some("ollama/ollama"),
    in_image: &["serve"],
    health: "/api/version",
    ..NONE
};

const TRANSFORMERS: Flags =
    Flags { program: &["transformers", "serve"], dtype: Some("--dtype"), ..NONE };

const FAREBOX: Flags = Flags {
    program: &["farebox", "engine"],
    model: ModelArg::Flag("--model"),
    served_name: Some("--served-model-name"),
    ..NONE
};

/// The flags of `engine`; none for one that is not ours to start.
pub const fn of(engine: EngineKind) -> Option<Flags> {
    Some(match engine {
        EngineKind::Vllm => VLLM,
        EngineKind::Sglang => SGLANG,
        EngineKind::Tgi => TGI,
        EngineKind::Trtllm => TRTLLM,
        EngineKind::LlamaCpp => LLAMA_CPP,
        EngineKind::Ollama => OLLAMA,
        EngineKind::Transformers => TRANSFORMERS,
        EngineKind::Farebox => FAREBOX,
        // Dynamo is a frontend, workers and what they meet by: more than one command.
        EngineKind::Dynamo | EngineKind::OpenAi => return None,
    })
}
