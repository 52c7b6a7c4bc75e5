//! The binary asked what the two estimators were asked.

use crate::farebox::Farebox;
use serde_json::Value;

/// A question as it is typed, and the document that comes back.
pub(super) struct Asked {
    pub(super) command: String,
    pub(super) document: Value,
}

/// Types `farebox estimate` with `words`.
pub(super) fn ask(words: &str) -> Asked {
    let words: Vec<&str> = words.split_whitespace().collect();
    let args = [&["estimate"], words.as_slice(), &["--format", "json", "--offline"]].concat();
    let ran = Farebox::new().env("PATH", "").run(&args);
    assert!(matches!(ran.code, Some(0 | 4)), "{words:?}: {ran:?}");
    Asked {
        command: format!("farebox estimate {}", words.join(" ")),
        document: serde_json::from_str(&ran.stdout).unwrap(),
    }
}

/// The calculator's cases in its order: tokens are halved into prompt and answer, which it does
/// not tell apart, and its hourly prices are typed.
pub(super) const CALCULATOR: [&str; 7] = [
    "meta-llama/Llama-2-7b-hf --gpu t4 --isl 500 --osl 500 --batch 1 --price-per-gpu-hour 0.60",
    "--params 13B --hidden-size 5120 --layers 40 --heads 40 --kv-heads 40 --gpu a100-sxm-80gb \
     --isl 1000 --osl 1000 --batch 1 --price-per-gpu-hour 2.50",
    "--params 13B --hidden-size 5120 --layers 40 --heads 40 --kv-heads 40 --gpu a100-sxm-80gb \
     --isl 1000 --osl 1000 --batch 5 --price-per-gpu-hour 2.50",
    "--params 13B --hidden-size 5120 --layers 40 --heads 40 --kv-heads 40 --gpu a100-sxm-80gb \
     --isl 1000 --osl 1000 --batch 10 --price-per-gpu-hour 2.50",
    "api:openai/gpt-4 --isl 1000 --osl 500",
    "meta-llama/Llama-2-7b-hf --gpu a100-sxm-80gb --isl 500 --osl 500 --batch 1 \
     --price-per-gpu-hour 2.50",
    "meta-llama/Llama-2-7b-hf --gpu cpu --mem-gb 32 --mem-bw-gb-per-s 80 --tflops 2 --isl 500 \
     --osl 500 --batch 4 --price-per-gpu-hour 0.10",
];

/// The roofline's cases in its order, each at the batch that it chose, over all replicas.
pub(super) const ROOFLINE: [&str; 6] = [
    "deepseek-ai/DeepSeek-V3.1 --gpu h100-sxm --tp 16 --replicas 4 --nodes 8 --batch 472 \
     --price-per-gpu-hour 2.50",
    "deepseek-ai/DeepSeek-V3.1 --gpu h200-sxm --tp 8 --replicas 8 --nodes 8 --batch 712 \
     --price-per-gpu-hour 3.80",
    "deepseek-ai/DeepSeek-V3.1 --gpu b200-sxm --precision nvfp4 --tp 8 --replicas 8 --nodes 8 \
     --batch 1184 --price-per-gpu-hour 5.99",
    "meta-llama/Llama-3.1-8B-Instruct --gpu h100-sxm --precision bf16 --replicas 8 --nodes 1 \
     --batch 1176 --price-per-gpu-hour 2.49",
    "meta-llama/Llama-3.1-70B-Instruct --gpu h100-sxm --precision fp8 --tp 8 --nodes 1 \
     --batch 527 --price-per-gpu-hour 2.49",
    "Qwen/Qwen3-235B-A22B --gpu h200-sxm --precision fp8 --tp 8 --nodes 1 --batch 709 \
     --price-per-gpu-hour 3.80",
];
