//! Traps that estimators fall into, each with a model that shows it.

use crate::calibration::{Calibration, Constants};
use crate::compiled::Compiled;
use crate::compose::Answer;
use crate::memory::Memory;
use crate::setup::{Engine, Job, Load, Parallelism, Setup};
use crate::test_support::{accelerator, model};
use farebox_catalog::NumberFormat;
use farebox_catalog::model::{KvFormat, Precision};

const GIB: f64 = 1_073_741_824.0;

fn compile(setup: &Setup<'_>) -> Compiled {
    Compiled::new(setup, Calibration::embedded()).unwrap()
}

fn memory(setup: &Setup<'_>) -> Memory {
    compile(setup).memory(&Job::new(2048.0, 1024.0, Load::Closed(1.0)).unwrap())
}

#[test]
fn tensor_parallelism_beyond_the_heads_replicates_the_cache() {
    let (gpu, model) = (accelerator("h200-sxm"), model("Qwen/Qwen3-235B-A22B"));
    let of = |tp| memory(&Setup::new(&model, &gpu).tensor(tp)).kv_bytes_per_token;
    let once = model.kv_bytes_per_token(KvFormat::Bf16);
    // Four key-value heads: eight ranks hold each of them twice.
    assert_eq!((of(1), of(4), of(8)), (once, once, 2 * once));
}

#[test]
fn a_latent_cache_is_not_divided_by_tensor_parallelism() {
    let (gpu, model) = (accelerator("h200-sxm"), model("deepseek-ai/DeepSeek-V3"));
    let of = |parallel| memory(&Setup { parallel, ..Setup::new(&model, &gpu) }).kv_bytes_per_token;
    // 61 layers of 576 elements at two bytes.
    let once = 61 * 576 * 2;
    assert_eq!(of(Parallelism::tensor(8)), 8 * once);
    let attention_dp = Parallelism { dp: 8, ep: 8, ..Parallelism::SINGLE };
    assert_eq!(of(attention_dp), once);
}

#[test]
fn windows_hold_no_more_than_their_width() {
    let (gpu, model) = (accelerator("h200-sxm"), model("openai/gpt-oss-120b"));
    let work = compile(&Setup::new(&model, &gpu)).work;
    let (short, long) = (128.0, 131_072.0);
    let grown = work.attention.sequence_bytes(long) - work.attention.sequence_bytes(short);
    // Half of 36 layers see everything; 8 heads of 64, key and value, two bytes.
    let full = 18.0 * 8.0 * 64.0 * 2.0 * 2.0;
    assert!((grown - full * (long - short)).abs() < 1.0);
}

#[test]
fn a_hybrid_keeps_a_constant_state() {
    let (gpu, model) = (accelerator("h200-sxm"), model("Qwen/Qwen3.5-27B"));
    let attention = compile(&Setup::new(&model, &gpu)).work.attention;
    assert!(attention.state_bytes > 0.0);
    let per_token = (attention.sequence_bytes(2000.0) - attention.sequence_bytes(1000.0)) / 1e3;
    // One layer in four of 64 keeps keys and values: 4 heads of 256.
    assert!((per_token - 16.0 * 4.0 * 256.0 * 2.0 * 2.0).abs() < 1.0);
}

#[test]
fn a_tied_embedding_is_read_as_the_head() {
    let (gpu, model) = (accelerator("l4"), model("Qwen/Qwen3-4B"));
    assert!(model.tied_embeddings);
    let head = compile(&Setup::new(&model, &gpu)).work.head;
    let bytes = (model.vocab_size * model.hidden_size * 2) as f64;
    assert!((head.read_s * gpu.memory.bandwidth.get() / bytes - 1.0).abs() < 1e-9);
}

#[test]
fn four_bit_checkpoints_keep_wide_attention() {
    let (gpu, model) = (accelerator("b200-sxm"), model("openai/gpt-oss-120b"));
    let wide = memory(&Setup::new(&model, &gpu)).weights_bytes_total as f64 / GIB;
    // Measured as loaded by vLLM: 64.4 GiB, padding of kernels included.
    assert!((58.0..66.0).contains(&wide), "{wide}");
    let narrow = model.params.total as f64 * (0.5 + 1.0 / 32.0) / GIB;
    assert!(wide > narrow + 1.0, "{wide} against {narrow}");
}

#[test]
fn peaks_are_dense() {
    // Datasheets of Hopper print 3958 TFLOP/s with sparsity.
    let peak = accelerator("h100-sxm").peak(NumberFormat::Fp8).unwrap();
    assert!((peak.as_tflops() - 1979.0).abs() < 1.0);
}

#[test]
fn expert_parallelism_is_no_second_factor() {
    let (gpu, model) = (accelerator("h200-sxm"), model("deepseek-ai/DeepSeek-V3"));
    let of = |ep| {
        let parallel = Parallelism { ep, ..Parallelism::tensor(8) };
        memory(&Setup { parallel, ..Setup::new(&model, &gpu) }).weights_bytes_per_gpu
    };
    assert_eq!(of(1), of(8));
}

#[test]
fn mean_lengths_are_taken_as_given() {
    let (gpu, model) = (accelerator("h100-sxm"), model("Qwen/Qwen3-32B"));
    let compiled = compile(&Setup::new(&model, &gpu).tensor(4));
    let at = |scale: f64| {
        let job = Job::new(1024.0 * scale, 1024.0 * scale, Load::Static(32.0)).unwrap();
        compiled.estimate(job).requests.get()
    };
    // Whoever draws lengths from 0.8 to 1.0 of the nominal asks for 0.9 of it, and gets more done.
    assert!(at(0.9) > 1.08 * at(1.0));
}

#[test]
fn loaded_weights_are_as_measured() {
    let gpu = accelerator("h100-sxm");
    let cases = [
        ("Qwen/Qwen3-32B", 1, 61.0),
        ("Qwen/Qwen3-32B", 2, 30.6),
        ("meta-llama/Llama-3.1-8B-Instruct", 1, 15.0),
    ];
    for (name, tp, gib) in cases {
        let model = model(name);
        let ours = memory(&Setup::new(&model, &gpu).tensor(tp)).weights_bytes_per_gpu;
        assert!((ours as f64 / GIB / gib - 1.0).abs() < 0.01, "{name} tp {tp}: {ours}");
    }
}

#[test]
fn llama_2_on_an_l4_holds_875_blocks() {
    let (gpu, model) = (accelerator("l4"), model("meta-llama/Llama-2-7b-hf"));
    let capacity = memory(&Setup::new(&model, &gpu)).kv_capacity_tokens;
    assert_eq!(capacity / 16, 875);
}

#[test]
fn an_a100_loses_throughput_when_the_cache_runs_out() {
    let (gpu, model) = (accelerator("a100-sxm-80gb"), model("meta-llama/Llama-3.1-8B-Instruct"));
    let compiled = compile(&Setup::new(&model, &gpu));
    let at = |batch| {
        let job = Job::new(2048.0, 1024.0, Load::Static(batch)).unwrap();
        compiled.estimate(job).output.get()
    };
    assert!(at(64.0) < at(128.0));
    assert!(at(256.0) < at(128.0));
}

#[test]
fn a_weight_only_format_computes_wide() {
    let (gpu, model) = (accelerator("h100-sxm"), model("meta-llama/Llama-3.1-8B-Instruct"));
    let of = |precision| {
        compile(&Setup { precision: Some(precision), ..Setup::new(&model, &gpu) }).work.dense
    };
    let (narrow, wide) = (of(Precision::W4a16), of(Precision::Bf16));
    assert!(narrow.read_s < 0.3 * wide.read_s);
    assert!((narrow.token_s / wide.token_s - 1.0).abs() < 1e-9);
}

#[test]
fn an_engine_that_reserves_the_whole_output_admits_fewer() {
    let (gpu, model) = (accelerator("h200-sxm"), model("meta-llama/Llama-3.1-70B"));
    let job = Job::new(1024.0, 8192.0, Load::Closed(512.0)).unwrap();
    let batch = |engine: &str| {
        let setup = Setup { engine: Engine::named(engine), ..Setup::new(&model, &gpu).tensor(2) };
        Answer::of(&compile(&setup), &Constants::filled(0.5), job).batch
    };
    let (trtllm, sglang, vllm) = (batch("trtllm"), batch("sglang"), batch("vllm"));
    assert!(trtllm < sglang && sglang < vllm, "{trtllm} {sglang} {vllm}");
}
