//! Architectures that no embedded configuration shows, against published parameter counts.

use crate::model::read::{Assume, read_config};

/// Name, the keys that matter, parameters as the Hub counts them.
const MODELS: &[(&str, &str, u64)] = &[
    (
        "falcon-7b",
        r#""model_type":"falcon","hidden_size":4544,"num_hidden_layers":32,
        "num_attention_heads":71,"vocab_size":65024,"multi_query":true,"bias":false"#,
        6_921_720_704,
    ),
    (
        "opt-6.7b",
        r#""model_type":"opt","hidden_size":4096,"num_hidden_layers":32,"ffn_dim":16384,
        "num_attention_heads":32,"vocab_size":50272,"max_position_embeddings":2048"#,
        6_658_473_984,
    ),
    (
        "bloom-7b1",
        r#""model_type":"bloom","hidden_size":4096,"n_layer":30,
        "num_attention_heads":32,"vocab_size":250880"#,
        7_069_016_064,
    ),
    (
        "gpt-j-6b",
        r#""model_type":"gptj","n_embd":4096,"n_layer":28,"n_head":16,
        "vocab_size":50400,"tie_word_embeddings":false"#,
        6_050_882_784,
    ),
    (
        "pythia-6.9b",
        r#""model_type":"gpt_neox","hidden_size":4096,"num_hidden_layers":32,
        "num_attention_heads":32,"intermediate_size":16384,"vocab_size":50432,
        "tie_word_embeddings":false"#,
        6_857_302_016,
    ),
    (
        "starcoder",
        r#""model_type":"gpt_bigcode","n_embd":6144,"n_layer":40,"n_head":48,
        "n_inner":24576,"n_positions":8192,"vocab_size":49152,"multi_query":true"#,
        15_517_456_384,
    ),
    (
        "mpt-7b",
        r#""model_type":"mpt","d_model":4096,"n_layers":32,"n_heads":32,
        "vocab_size":50432"#,
        6_649_286_656,
    ),
    (
        "phi-1.5",
        r#""model_type":"phi","hidden_size":2048,"num_hidden_layers":24,
        "num_attention_heads":32,"intermediate_size":8192,"vocab_size":51200"#,
        1_418_270_720,
    ),
    (
        "gemma-7b",
        r#""model_type":"gemma","hidden_size":3072,"num_hidden_layers":28,
        "num_attention_heads":16,"num_key_value_heads":16,"intermediate_size":24576"#,
        8_537_680_896,
    ),
    (
        "gemma-2-9b",
        r#""model_type":"gemma2","hidden_size":3584,"num_hidden_layers":42,
        "num_attention_heads":16,"num_key_value_heads":8,"intermediate_size":14336"#,
        9_241_705_984,
    ),
    (
        "qwen2.5-0.5b",
        r#""model_type":"qwen2","hidden_size":896,"num_hidden_layers":24,
        "num_attention_heads":14,"num_key_value_heads":2,"intermediate_size":4864,
        "vocab_size":151936,"tie_word_embeddings":true"#,
        494_032_768,
    ),
    (
        "deepseek-v2-lite",
        r#""model_type":"deepseek_v2","hidden_size":2048,"num_hidden_layers":27,
        "num_attention_heads":16,"intermediate_size":10944,"moe_intermediate_size":1408,
        "n_routed_experts":64,"n_shared_experts":2,"num_experts_per_tok":6,"kv_lora_rank":512,
        "q_lora_rank":null,"qk_nope_head_dim":128,"qk_rope_head_dim":64,"v_head_dim":128,
        "first_k_dense_replace":1,"moe_layer_freq":1,"topk_method":"greedy",
        "vocab_size":102400"#,
        15_706_484_224,
    ),
    (
        "deepseek-v2",
        r#""model_type":"deepseek_v2","hidden_size":5120,"num_hidden_layers":60,
        "num_attention_heads":128,"intermediate_size":12288,"moe_intermediate_size":1536,
        "n_routed_experts":160,"n_shared_experts":2,"num_experts_per_tok":6,"kv_lora_rank":512,
        "q_lora_rank":1536,"qk_nope_head_dim":128,"qk_rope_head_dim":64,"v_head_dim":128,
        "first_k_dense_replace":1,"topk_method":"group_limited_greedy",
        "vocab_size":102400"#,
        235_741_434_880,
    ),
    (
        "olmoe-1b-7b",
        r#""model_type":"olmoe","hidden_size":2048,"num_hidden_layers":16,
        "num_attention_heads":16,"num_key_value_heads":16,"intermediate_size":1024,
        "num_experts":64,"num_experts_per_tok":8,"vocab_size":50304"#,
        6_919_161_856,
    ),
    (
        "dbrx",
        r#""model_type":"dbrx","d_model":6144,"n_layers":40,"n_heads":48,
        "vocab_size":100352,"attn_config":{"kv_n_heads":8},
        "ffn_config":{"ffn_hidden_size":10752,"moe_num_experts":16,"moe_top_k":4}"#,
        131_596_523_520,
    ),
    (
        "internlm2-7b",
        r#""model_type":"internlm2","hidden_size":4096,"num_hidden_layers":32,
        "num_attention_heads":32,"num_key_value_heads":8,"intermediate_size":14336,"bias":false,
        "vocab_size":92544"#,
        7_737_708_544,
    ),
    (
        "chatglm3-6b",
        r#""model_type":"chatglm","hidden_size":4096,"num_layers":28,
        "num_attention_heads":32,"kv_channels":128,"ffn_hidden_size":13696,"add_qkv_bias":true,
        "multi_query_attention":true,"multi_query_group_num":2,
        "padded_vocab_size":65024"#,
        6_243_584_000,
    ),
    (
        "lfm2-1.2b",
        r#""model_type":"lfm2","hidden_size":2048,"num_hidden_layers":16,
        "num_attention_heads":32,"num_key_value_heads":8,"block_ff_dim":12288,
        "block_multiple_of":256,"block_auto_adjust_ff_dim":true,"conv_L_cache":3,
        "conv_bias":false,"full_attn_idxs":[2,5,8,10,12,14],"vocab_size":65536"#,
        1_170_340_608,
    ),
    (
        "seed-oss-36b",
        r#""model_type":"seed_oss","hidden_size":5120,"num_hidden_layers":64,
        "num_attention_heads":80,"num_key_value_heads":8,"head_dim":128,"attention_bias":true,
        "attention_out_bias":false,"intermediate_size":27648,"vocab_size":155136"#,
        36_151_104_512,
    ),
    (
        "kimi-linear-48b",
        r#""model_type":"kimi_linear","hidden_size":2304,"num_hidden_layers":27,
        "num_attention_heads":32,"intermediate_size":9216,"moe_intermediate_size":1024,
        "num_experts":256,"num_shared_experts":1,"num_experts_per_token":8,
        "first_k_dense_replace":1,"moe_layer_freq":1,"kv_lora_rank":512,"q_lora_rank":null,
        "qk_nope_head_dim":128,"qk_rope_head_dim":64,"v_head_dim":128,"vocab_size":163840,
        "linear_attn_config":{"full_attn_layers":[4,8,12,16,20,24,27],"head_dim":128,
        "num_heads":32,"short_conv_kernel_size":4}"#,
        49_122_681_728,
    ),
];

#[test]
fn architectures_count_as_the_hub_does() {
    let mut wrong = Vec::new();
    for (name, keys, published) in MODELS {
        match read_config(name, &format!("{{{keys}}}"), Assume::Nothing) {
            Ok(spec) if spec.params.total == *published => {}
            Ok(spec) => {
                let off = i128::from(spec.params.total) - i128::from(*published);
                wrong.push(format!("{name}: {} is off by {off}", spec.params.total));
            }
            Err(error) => wrong.push(format!("{name}: {error}")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
