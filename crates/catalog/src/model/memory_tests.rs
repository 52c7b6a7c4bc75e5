//! Bytes of weights and caches of real models, against figures worked out by hand or measured.

use crate::model::catalog::ModelCatalog;
use crate::model::params::TensorClass;
use crate::model::precision::{GgufFile, KvFormat, Precision, WeightFormat};
use crate::model::read::{Assume, ConfigFiles, read_files};
use crate::model::spec::ModelSpec;

fn model(name: &str) -> ModelSpec {
    ModelCatalog::embedded().find(name).unwrap()
}

#[test]
fn cache_per_token_follows_the_kind_of_layer() {
    // Model, bytes within windows, bytes beyond them: elements x 2 bytes.
    let cases = [
        ("meta-llama/Llama-2-7b-hf", 32 * 2 * 32 * 128 * 2, 32 * 2 * 32 * 128 * 2),
        ("meta-llama/Llama-3.1-8B-Instruct", 32 * 2 * 8 * 128 * 2, 32 * 2 * 8 * 128 * 2),
        ("deepseek-ai/DeepSeek-V3", 61 * 576 * 2, 61 * 576 * 2),
        ("deepseek-ai/DeepSeek-V3.2", 61 * (576 * 2 + 132), 61 * (576 * 2 + 132)),
        ("nvidia/NVIDIA-Nemotron-Nano-9B-v2", 4 * 2 * 8 * 128 * 2, 4 * 2 * 8 * 128 * 2),
        ("openai/gpt-oss-20b", 24 * 2 * 8 * 64 * 2, 12 * 2 * 8 * 64 * 2),
        ("google/gemma-3-27b-it", 62 * 2 * 16 * 128 * 2, 10 * 2 * 16 * 128 * 2),
        ("Qwen/Qwen3.5-27B", 16 * 2 * 4 * 256 * 2, 16 * 2 * 4 * 256 * 2),
        ("MiniMaxAI/MiniMax-M1-80k", 10 * 2 * 8 * 128 * 2, 10 * 2 * 8 * 128 * 2),
        ("google/gemma-4-E2B-it", (12 * 256 + 3 * 512) * 4, 3 * 512 * 4),
        ("meta-llama/Llama-4-Scout-17B-16E-Instruct", 48 * 2048 * 2, 12 * 2048 * 2),
    ];
    for (name, within, beyond) in cases {
        let spec = model(name);
        assert_eq!(spec.kv_bytes_per_token(KvFormat::Bf16), within, "{name}");
        assert_eq!(spec.kv_bytes_per_token_beyond_windows(KvFormat::Bf16), beyond, "{name}");
    }
}

#[test]
fn windows_cap_the_cache_of_a_long_context() {
    let spec = model("openai/gpt-oss-20b");
    let layer = 2 * 8 * 64 * 2;
    assert_eq!(spec.kv_bytes(100, KvFormat::Bf16), 24 * layer * 100);
    assert_eq!(spec.kv_bytes(8192, KvFormat::Bf16), 12 * layer * (8192 + 128));
    assert_eq!(spec.kv_bytes(8192, KvFormat::Fp8) * 2, spec.kv_bytes(8192, KvFormat::Bf16));
}

#[test]
fn recurrent_layers_keep_a_constant_state() {
    // Qwen3.5-27B: 48 layers of 48 heads of 128 x 128 in 32 bits, convolution of 4 taps.
    let state = 48 * (48 * 128 * 128 * 4 + (2 * 16 + 48) * 128 * 3 * 2);
    assert_eq!(model("Qwen/Qwen3.5-27B").state_bytes_per_sequence(), state);
    assert_eq!(model("Qwen/Qwen3-8B").state_bytes_per_sequence(), 0);
}

#[test]
fn weights_weigh_what_engines_report() {
    let gib = |name: &str, precision| {
        model(name).weight_bytes(precision).total() as f64 / f64::from(1 << 30)
    };
    let cases = [
        ("meta-llama/Llama-3.1-8B-Instruct", None, 15.0, 0.01),
        ("Qwen/Qwen3-32B", None, 61.0, 0.01),
        ("openai/gpt-oss-120b", None, 64.4, 0.06),
        ("deepseek-ai/DeepSeek-V3", None, 627.0, 0.02),
        ("Qwen/Qwen3-32B", Some(Precision::Fp8), 32.0, 0.03),
        ("meta-llama/Llama-3.1-8B-Instruct", Some(Precision::W4a16), 5.33, 0.02),
        ("meta-llama/Llama-3.1-8B-Instruct", Some(Precision::Gguf(GgufFile::Q4KM)), 4.53, 0.02),
    ];
    for (name, precision, expected, within) in cases {
        let weighed = gib(name, precision);
        assert!((weighed / expected - 1.0).abs() < within, "{name} {precision:?}: {weighed}");
    }
}

#[test]
fn checkpoints_state_which_classes_are_narrow() {
    use TensorClass::{Attention, Experts, Mlp, SharedExperts};
    let int4 = WeightFormat::Int4 { group: 32 };
    let cases = [
        ("openai/gpt-oss-120b", 1, Attention, WeightFormat::Bf16),
        ("openai/gpt-oss-120b", 1, Experts, WeightFormat::Mxfp4),
        ("deepseek-ai/DeepSeek-V3", 1, Mlp, WeightFormat::Fp8Block),
        ("deepseek-ai/DeepSeek-V4-Flash", 5, Experts, WeightFormat::Mxfp4),
        ("deepseek-ai/DeepSeek-V4-Flash", 5, Attention, WeightFormat::Fp8Block),
        ("nvidia/DeepSeek-V4-Flash-NVFP4", 5, Experts, WeightFormat::Nvfp4),
        ("moonshotai/Kimi-K2.5", 0, Mlp, WeightFormat::Bf16),
        ("moonshotai/Kimi-K2.5", 5, Experts, int4),
        ("moonshotai/Kimi-K2.5", 5, SharedExperts, WeightFormat::Bf16),
        ("moonshotai/Kimi-K3", 5, Experts, WeightFormat::Mxfp4),
        ("nvidia/GLM-5.1-NVFP4", 0, Mlp, WeightFormat::Bf16),
        ("nvidia/GLM-5.1-NVFP4", 20, Experts, WeightFormat::Nvfp4),
        ("nvidia/GLM-5.1-NVFP4", 20, Attention, WeightFormat::Bf16),
        ("nvidia/Gemma-4-26B-A4B-NVFP4", 3, Experts, WeightFormat::Nvfp4),
        ("nvidia/Gemma-4-26B-A4B-NVFP4", 3, SharedExperts, WeightFormat::Bf16),
        ("nvidia/MiniMax-M2.5-NVFP4", 3, Experts, WeightFormat::Nvfp4),
        ("RedHatAI/Llama-4-Scout-17B-16E-Instruct-FP8-dynamic", 3, Experts, WeightFormat::Fp8),
    ];
    for (name, layer, class, format) in cases {
        assert_eq!(model(name).layers[layer].formats[class], format, "{name} {layer} {class:?}");
    }
}

#[test]
fn four_bit_floats_of_experts_leave_the_rest() {
    let spec = model("Qwen/Qwen3-30B-A3B");
    let formats = spec.formats(&spec.layers[0], Some(Precision::Nvfp4));
    assert_eq!(formats[TensorClass::Experts], WeightFormat::Nvfp4);
    assert_eq!(formats[TensorClass::Attention], WeightFormat::Bf16);
    let dense = model("Qwen/Qwen3-8B");
    let formats = dense.formats(&dense.layers[0], Some(Precision::Nvfp4));
    assert_eq!(formats[TensorClass::Attention], WeightFormat::Nvfp4);
}

#[test]
fn a_scheme_may_stand_in_a_file_beside() {
    let models = ModelCatalog::embedded();
    let id = "nvidia/Llama-3.1-70B-Instruct-FP8";
    let alone = models.find(id).unwrap();
    assert_eq!(alone.notes.len(), 1, "the name promises what the configuration does not say");
    let beside = r#"{"quantization": {"quant_algo": "FP8", "exclude_modules": ["lm_head"]}}"#;
    let config = &models.config(id).unwrap().text;
    let files = ConfigFiles { config, hf_quant_config: Some(beside) };
    let spec = read_files(id, files, Assume::Nothing).unwrap();
    assert_eq!(spec.layers[0].formats[TensorClass::Mlp], WeightFormat::Fp8);
    assert_eq!(spec.outside.formats[TensorClass::Head], WeightFormat::Bf16);
    assert!(spec.notes.is_empty());
}

#[test]
fn a_scheme_beside_names_what_it_leaves_wide_and_how_the_cache_is_kept() {
    let models = ModelCatalog::embedded();
    let id = "meta-llama/Llama-3.1-8B-Instruct";
    let config = &models.config(id).unwrap().text;
    let read = |beside: &str| {
        let files = ConfigFiles { config, hf_quant_config: Some(beside) };
        read_files(id, files, Assume::Nothing)
    };
    let spec = read(
        r#"{"producer": {"name": "modelopt", "version": "0.29"}, "quantization": {
            "quant_algo": "NVFP4", "kv_cache_quant_algo": "FP8", "group_size": 16,
            "exclude_modules": ["lm_head", "model.layers.0.*", "*self_attn*"]}}"#,
    )
    .unwrap();
    let formats = |layer: usize| &spec.layers[layer].formats;
    assert_eq!(formats(0)[TensorClass::Mlp], WeightFormat::Bf16);
    assert_eq!(formats(1)[TensorClass::Mlp], WeightFormat::Nvfp4);
    assert_eq!(formats(1)[TensorClass::Attention], WeightFormat::Bf16);
    assert_eq!(spec.kv, Some(KvFormat::Fp8));
    assert_eq!(read(r#"{"quantization": {"quant_algo": "FP8"}}"#).unwrap().kv, None);
    for (hostile, field) in [
        (r#"{"quantization": {"quant_algo": "FP3"}}"#, "quant_algo"),
        (r#"{"quantization": {"quant_algo": 7}}"#, "quant_algo"),
        (r#"{"quantization": {"quant_algo": "FP8", "kv_cache_quant_algo": "FP3"}}"#, "kv_cache"),
        (r#"{"quantization": {"quant_algo": "FP8", "exclude_modules": 3}}"#, "exclude_modules"),
        (r#"{"quantization": "#, "readable"),
        ("[]", "hf_quant_config.json"),
    ] {
        let error = read(hostile).unwrap_err().to_string();
        assert!(error.contains(field), "{hostile}: {error}");
    }
    let aside =
        read_files(id, ConfigFiles { config, hf_quant_config: Some("{}") }, Assume::Nothing);
    assert_eq!(aside.unwrap().layers[0].formats[TensorClass::Mlp], WeightFormat::Bf16);
}

#[test]
fn the_cache_format_of_compressed_tensors_is_read() {
    let text = r#"{"model_type": "llama", "hidden_size": 64, "num_hidden_layers": 1,
        "num_attention_heads": 2, "intermediate_size": 64, "vocab_size": 10,
        "quantization_config": {"quant_method": "fp8",
            "kv_cache_scheme": {"num_bits": 8, "type": "float"}}}"#;
    let spec = crate::model::read_config("a", text, Assume::Nothing).unwrap();
    assert_eq!(spec.kv, Some(KvFormat::Fp8));
    assert!(crate::model::states_scheme(text) && !crate::model::states_scheme("{}"));
}
