//! One reader per family of architectures.
//!
//! Reading order: [`style`] (what classic families have in common), [`classic`] (the families as
//! styles), then the readers of those that are not classic. A new family is a line in
//! [`classic::style`] or a file with a `read` of its own and a line here.

mod classic;
mod deepseek_v4;
mod delta;
mod falcon;
mod gemma4;
mod granite_hybrid;
mod jamba;
mod kimi_linear;
mod latent;
mod lfm2;
mod lightning;
mod llama4;
mod minimax_m3;
mod nemotron_h;
mod nemotron_nas;
mod older;
mod style;
#[cfg(test)]
mod tests;
mod two_shapes;

use crate::model::draft::Draft;
use crate::model::error::ConfigError;
use crate::model::fields::Fields;

/// Reads a model of the family that `model_type` names, or nothing if the family is unknown.
pub(super) fn read(model_type: &str, f: &Fields<'_>) -> Result<Option<Draft>, ConfigError> {
    if let Some(style) = classic::style(model_type) {
        return style::read(f, &style).map(Some);
    }
    let reader: fn(&Fields<'_>) -> Result<Draft, ConfigError> = match model_type {
        "deepseek_v2" | "deepseek_v3" | "deepseek_v32" | "kimi_k2" | "kimi_k25" | "glm_moe_dsa"
        | "minicpm3" => latent::read,
        "glm4_moe_lite" => latent::read_corrected,
        "deepseek_v4" | "deepseek_ref" => deepseek_v4::read,
        "falcon" | "RefinedWeb" | "RefinedWebModel" => falcon::read,
        "qwen3_next" | "qwen3_5" | "qwen3_5_text" | "qwen3_5_moe" | "qwen3_5_moe_text" => {
            delta::read
        }
        "kimi_linear" | "kimi_k3" => kimi_linear::read,
        "minimax" | "minimax_m1" | "minimax_text_01" => lightning::read,
        "jamba" => jamba::read,
        "granitemoehybrid" => granite_hybrid::read,
        "nemotron_h" => nemotron_h::read,
        "lfm2" | "lfm2_moe" => lfm2::read,
        "gemma4" | "gemma4_text" => gemma4::read,
        "llama4" | "llama4_text" => llama4::read,
        "minimax_m3" => minimax_m3::read,
        "mimo_v2_flash" => two_shapes::read_mimo_v2,
        "step3p5" | "step3p7" | "step3p7_flash" => two_shapes::read_step3,
        "nemotron-nas" | "deci" | "deci_lm" => nemotron_nas::read,
        "gpt_bigcode" => older::read_gpt_bigcode,
        "chatglm" => older::read_chatglm,
        "dbrx" => older::read_dbrx,
        _ => return Ok(None),
    };
    reader(f).map(Some)
}

/// Reads an unknown family as a dense decoder of Llama's kind, or with experts if it has keys for
/// them.
pub(super) fn read_as_dense(f: &Fields<'_>) -> Result<Draft, ConfigError> {
    style::read(f, &classic::LLAMA)
}

/// The family that an architecture class belongs to, for files that lack `model_type`.
pub(super) fn of_architecture(class: &str) -> Option<&'static str> {
    const CLASSES: [(&str, &str); 16] = [
        ("LlamaForCausalLM", "llama"),
        ("MistralForCausalLM", "mistral"),
        ("MixtralForCausalLM", "mixtral"),
        ("Qwen2ForCausalLM", "qwen2"),
        ("Qwen2MoeForCausalLM", "qwen2_moe"),
        ("Qwen3ForCausalLM", "qwen3"),
        ("Qwen3MoeForCausalLM", "qwen3_moe"),
        ("DeepseekV2ForCausalLM", "deepseek_v2"),
        ("DeepseekV3ForCausalLM", "deepseek_v3"),
        ("GemmaForCausalLM", "gemma"),
        ("Gemma2ForCausalLM", "gemma2"),
        ("FalconForCausalLM", "falcon"),
        ("CohereForCausalLM", "cohere"),
        ("Phi3ForCausalLM", "phi3"),
        ("GptOssForCausalLM", "gpt_oss"),
        ("GPT2LMHeadModel", "gpt2"),
    ];
    CLASSES.into_iter().find_map(|(name, family)| (name == class).then_some(family))
}

/// Bytes of one element of a recurrent state: the keys say 32 bits, or it is 16.
fn state_width(f: &Fields<'_>) -> Result<u64, ConfigError> {
    let stated = f.word("mamba_ssm_cache_dtype")?.or(f.word("mamba_ssm_dtype")?);
    Ok(if stated.is_some_and(|kind| kind.contains("32")) { 4 } else { 2 })
}
