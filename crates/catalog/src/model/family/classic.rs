//! The styles of classic families, each after its configuration class and modelling code in
//! transformers (5.x) or in the model's own repository.

use crate::model::experts::{Correction, MoeStyle, Shared};
use crate::model::family::style::{
    BiasRule, HeadBias, Mlp, MlpBias, Norm, Positions, QkNormRule, Style,
};
use crate::model::layer::Gate;
use crate::model::part::attention::{Bias, OutputGate, QkNorm};
use crate::model::pattern::WindowRule;
use crate::model::trunk::Defaults;

const ATTENTION_BIAS: BiasRule = BiasRule::Key("attention_bias", Bias::All, false);
const LAYER_NORM: Norm = Norm { per_layer: 2, weights: 2 };
const PLAIN_MLP: Mlp = Mlp { gate: Gate::Plain, bias: MlpBias::Fixed(true), multiple: 4 };

/// Llama and its many kin: two RMS norms, a gated perceptron, no biases unless keys say so.
pub(super) const LLAMA: Style = Style {
    defaults: Defaults::NONE,
    tied: false,
    bias: ATTENTION_BIAS,
    qk_norm: QkNormRule::Fixed(QkNorm::None),
    gate: OutputGate::None,
    sinks: false,
    norm: Norm { per_layer: 2, weights: 1 },
    mlp: Mlp { gate: Gate::Gated, bias: MlpBias::Key("mlp_bias", false), multiple: 0 },
    moe: MoeStyle::PLAIN,
    windows: WindowRule::Never,
    head_bias: HeadBias::Fixed(false),
    positions: Positions::None,
};

const MISTRAL: Style = Style { windows: WindowRule::Everywhere, ..LLAMA };
const TIED_LLAMA: Style = Style { tied: true, ..LLAMA };
const QWEN2: Style =
    Style { bias: BiasRule::Fixed(Bias::Qkv), windows: WindowRule::IfEnabled, ..LLAMA };
const QWEN2_MOE: Style = Style {
    bias: BiasRule::Key("qkv_bias", Bias::Qkv, true),
    moe: MoeStyle { shared: Shared::Gated, ..MoeStyle::PLAIN },
    ..QWEN2
};
const QWEN3: Style = Style {
    qk_norm: QkNormRule::Fixed(QkNorm::Shared),
    bias: ATTENTION_BIAS,
    windows: WindowRule::IfEnabled,
    defaults: Defaults { head_dim: Some(128), ..Defaults::NONE },
    ..LLAMA
};
const GEMMA: Style = Style {
    tied: true,
    defaults: Defaults { head_dim: Some(256), vocab: Some(256_000), ..Defaults::NONE },
    ..LLAMA
};
const GEMMA2: Style = Style {
    norm: Norm { per_layer: 4, weights: 1 },
    windows: WindowRule::EveryNthOf(2, 4096),
    ..GEMMA
};
const GEMMA3: Style = Style {
    qk_norm: QkNormRule::Fixed(QkNorm::Shared),
    windows: WindowRule::EveryNthOf(6, 4096),
    defaults: Defaults {
        head_dim: Some(256),
        vocab: Some(262_208),
        heads: Some(8),
        kv_heads: Some(4),
    },
    ..GEMMA2
};
/// The text-only class has a vocabulary without image tokens.
const GEMMA3_TEXT: Style =
    Style { defaults: Defaults { vocab: Some(262_144), ..GEMMA3.defaults }, ..GEMMA3 };
const COHERE: Style = Style {
    tied: true,
    norm: Norm { per_layer: 1, weights: 1 },
    qk_norm: QkNormRule::Key("use_qk_norm", QkNorm::PerElement, false),
    ..LLAMA
};
const COHERE2: Style = Style { windows: WindowRule::EveryNth(4), ..COHERE };
const EXAONE4: Style = Style { windows: WindowRule::EveryNth(4), ..QWEN3_SPLIT };
/// Query and key norms as Qwen3, with the head size that follows from the hidden size.
const QWEN3_SPLIT: Style = Style { defaults: Defaults::NONE, windows: WindowRule::Never, ..QWEN3 };
const OLMO: Style = Style { norm: Norm { per_layer: 2, weights: 0 }, ..LLAMA };
const OLMO2: Style = Style { qk_norm: QkNormRule::Fixed(QkNorm::PerElement), ..LLAMA };
const OLMO3: Style = Style { windows: WindowRule::EveryNthOf(4, 4096), ..OLMO2 };
const STARCODER2: Style = Style {
    tied: true,
    bias: BiasRule::Key("use_bias", Bias::All, true),
    norm: LAYER_NORM,
    mlp: Mlp { bias: MlpBias::Key("use_bias", true), ..PLAIN_MLP },
    windows: WindowRule::Everywhere,
    ..LLAMA
};
const PHI3: Style = Style { windows: WindowRule::Everywhere, ..LLAMA };
const PHIMOE: Style =
    Style { norm: LAYER_NORM, head_bias: HeadBias::Key, windows: WindowRule::Everywhere, ..LLAMA };
/// One norm feeds attention and perceptron side by side; everything is biased.
const PHI: Style = Style {
    bias: BiasRule::Fixed(Bias::All),
    norm: Norm { per_layer: 1, weights: 2 },
    mlp: PLAIN_MLP,
    head_bias: HeadBias::Fixed(true),
    ..LLAMA
};
const GPT_OSS: Style = Style {
    bias: BiasRule::Key("attention_bias", Bias::All, true),
    sinks: true,
    moe: MoeStyle { biased: true, ..MoeStyle::PLAIN },
    windows: WindowRule::EveryNth(2),
    defaults: Defaults { head_dim: Some(64), ..Defaults::NONE },
    ..LLAMA
};
const MINIMAX_M2: Style = Style { qk_norm: QkNormRule::Fixed(QkNorm::PerElement), ..LLAMA };
const GLM: Style = Style { bias: BiasRule::Key("attention_bias", Bias::Qkv, true), ..LLAMA };
const GLM4: Style = Style {
    norm: Norm { per_layer: 4, weights: 1 },
    bias: BiasRule::Key("attention_bias", Bias::Qkv, false),
    ..LLAMA
};
const GLM4_MOE: Style = Style {
    bias: BiasRule::Key("attention_bias", Bias::Qkv, false),
    qk_norm: QkNormRule::Key("use_qk_norm", QkNorm::Shared, false),
    moe: MoeStyle { correction: Correction::Always, ..MoeStyle::PLAIN },
    ..LLAMA
};
const STABLELM: Style = Style {
    norm: LAYER_NORM,
    bias: BiasRule::Key("use_qkv_bias", Bias::Qkv, false),
    mlp: Mlp { bias: MlpBias::Fixed(false), ..LLAMA.mlp },
    ..LLAMA
};
const NEMOTRON: Style = Style {
    norm: LAYER_NORM,
    mlp: Mlp { gate: Gate::Plain, bias: MlpBias::Key("mlp_bias", false), multiple: 0 },
    ..LLAMA
};
pub(super) const GPT2: Style = Style {
    tied: true,
    bias: BiasRule::Fixed(Bias::All),
    norm: LAYER_NORM,
    mlp: PLAIN_MLP,
    positions: Positions::Table(0),
    ..LLAMA
};
/// OPT's position table starts two rows late.
const OPT: Style = Style { positions: Positions::Table(2), ..GPT2 };
const BLOOM: Style = Style { positions: Positions::NormedEmbedding, ..GPT2 };
const GPT_NEOX: Style = Style { tied: false, positions: Positions::None, ..GPT2 };
const GPT_J: Style = Style {
    bias: BiasRule::Fixed(Bias::None),
    norm: Norm { per_layer: 1, weights: 2 },
    mlp: PLAIN_MLP,
    head_bias: HeadBias::Fixed(true),
    ..LLAMA
};
const MPT: Style = Style {
    tied: true,
    bias: BiasRule::Fixed(Bias::None),
    mlp: Mlp { bias: MlpBias::Fixed(false), ..PLAIN_MLP },
    ..LLAMA
};
const INTERNLM2: Style = Style { bias: BiasRule::Key("bias", Bias::All, false), ..LLAMA };
const APERTUS: Style = Style {
    qk_norm: QkNormRule::Fixed(QkNorm::Shared),
    mlp: Mlp { gate: Gate::Plain, ..LLAMA.mlp },
    ..LLAMA
};
const SEED_OSS: Style =
    Style { bias: BiasRule::QkvThenOut("attention_bias", "attention_out_bias"), ..LLAMA };
const HUNYUAN: Style = Style { tied: true, qk_norm: QkNormRule::Fixed(QkNorm::Shared), ..LLAMA };
const DOTS1: Style = Style {
    qk_norm: QkNormRule::Fixed(QkNorm::Shared),
    moe: MoeStyle { correction: Correction::Always, ..MoeStyle::PLAIN },
    ..LLAMA
};
const ERNIE4_5: Style = Style {
    tied: true,
    bias: BiasRule::Key("use_bias", Bias::All, false),
    mlp: Mlp { bias: MlpBias::Key("use_bias", false), ..LLAMA.mlp },
    moe: MoeStyle { correction: Correction::Always, ..MoeStyle::PLAIN },
    ..LLAMA
};

/// The style of a family by its `model_type`.
pub(super) fn style(model_type: &str) -> Option<Style> {
    Some(match model_type {
        "llama" | "exaone" | "aquila" | "baichuan" | "internlm" | "yi" | "deepseek"
        | "ministral3" | "mistral3" => LLAMA,
        "granite" | "granitemoe" | "granitemoeshared" | "smollm3" => TIED_LLAMA,
        "mistral" | "ministral" | "mixtral" => MISTRAL,
        "qwen2" | "mimo" | "qwen2_vl" | "qwen2_5_vl" | "qwen2_vl_text" | "qwen2_5_vl_text" => QWEN2,
        "qwen2_moe" => QWEN2_MOE,
        "qwen3"
        | "qwen3_moe"
        | "qwen3_vl"
        | "qwen3_vl_text"
        | "qwen3_vl_moe"
        | "qwen3_vl_moe_text"
        | "qwen3_omni_moe_text" => QWEN3,
        "gemma" => GEMMA,
        "gemma2" => GEMMA2,
        "gemma3" => GEMMA3,
        "gemma3_text" => GEMMA3_TEXT,
        "cohere" => COHERE,
        "cohere2" => COHERE2,

        "exaone4" => EXAONE4,
        "olmo" => OLMO,
        "olmo2" | "olmoe" => OLMO2,
        "olmo3" => OLMO3,
        "starcoder2" => STARCODER2,
        "phi3" => PHI3,
        "phimoe" => PHIMOE,
        "phi" | "phi-msft" => PHI,
        "gpt_oss" => GPT_OSS,
        "minimax_m2" => MINIMAX_M2,
        "glm" => GLM,
        "glm4" => GLM4,
        "glm4_moe" | "glm4v_moe_text" => GLM4_MOE,
        "stablelm" => STABLELM,
        "nemotron" => NEMOTRON,
        "gpt2" => GPT2,
        "opt" => OPT,
        "bloom" => BLOOM,
        "gpt_neox" => GPT_NEOX,
        "gptj" => GPT_J,
        "mpt" => MPT,
        "internlm2" => INTERNLM2,
        "apertus" => APERTUS,
        "seed_oss" => SEED_OSS,
        "hunyuan_v1_dense" | "hunyuan_v1_moe" => HUNYUAN,
        "dots1" => DOTS1,
        "ernie4_5" | "ernie4_5_moe" => ERNIE4_5,
        _ => return None,
    })
}
