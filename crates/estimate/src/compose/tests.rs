//! Physics that must hold whatever the constants: property tests over deployments and loads.

use crate::calibration::Calibration;
use crate::compiled::Compiled;
use crate::setup::{Engine, Job, Load, Setup};
use crate::test_support::{accelerator, model};
use farebox_catalog::{Accelerator, BytesPerSecond, FlopsPerSecond, NumberFormat};
use proptest::prelude::*;

const GPUS: [&str; 5] = ["h100-sxm", "b200-sxm", "mi300x", "l4", "rtx-4090"];
const MODELS: [&str; 5] = [
    "meta-llama/Llama-3.1-8B-Instruct",
    "Qwen/Qwen3-32B",
    "openai/gpt-oss-120b",
    "deepseek-ai/DeepSeek-V3",
    "Qwen/Qwen3.5-397B-A17B",
];

fn load() -> impl Strategy<Value = Load> {
    prop_oneof![
        (1.0..512.0).prop_map(Load::Closed),
        (1.0..512.0).prop_map(Load::Static),
        Just(Load::Saturated),
    ]
}

fn compile(gpu: &Accelerator, name: &str, tp: u32) -> Compiled {
    let model = model(name);
    let setup = Setup { engine: Engine::Sglang, ..Setup::new(&model, gpu) }.tensor(tp);
    Compiled::new(&setup, Calibration::embedded()).unwrap()
}

fn faster(gpu: &Accelerator, bandwidth: f64, flops: f64) -> Accelerator {
    let mut faster = gpu.clone();
    faster.memory.bandwidth = BytesPerSecond::new(gpu.memory.bandwidth.get() * bandwidth);
    for format in NumberFormat::ALL {
        if let Some(peak) = gpu.peak(format) {
            faster.peaks.set(format, FlopsPerSecond::new(peak.get() * flops));
        }
    }
    faster
}

proptest! {
    #[test]
    fn a_faster_chip_is_never_slower(
        (gpu, name, power) in (0..GPUS.len(), 0..MODELS.len(), 0..4_u32),
        (bandwidth, flops) in (1.0..4.0_f64, 1.0..4.0_f64),
        (isl, osl) in (16.0..16_384.0_f64, 2.0..4096.0_f64),
        load in load(),
    ) {
        let gpu = accelerator(GPUS[gpu]);
        let job = Job::new(isl, osl, load).unwrap();
        let tp = 1 << power;
        let slow = compile(&gpu, MODELS[name], tp).estimate(job);
        let fast = compile(&faster(&gpu, bandwidth, flops), MODELS[name], tp).estimate(job);
        let slack = 1.0 + 1e-9;
        prop_assert!(fast.ttft.get() <= slow.ttft.get() * slack);
        prop_assert!(fast.tpot.get() <= slow.tpot.get() * slack);
        prop_assert!(fast.output.get() * slack >= slow.output.get());
    }

    #[test]
    fn a_longer_prompt_is_never_cheaper(
        (gpu, name, power) in (0..GPUS.len(), 0..MODELS.len(), 0..4_u32),
        (isl, osl, longer) in (16.0..16_384.0_f64, 2.0..4096.0_f64, 1.0..8.0_f64),
        load in load(),
    ) {
        let compiled = compile(&accelerator(GPUS[gpu]), MODELS[name], 1 << power);
        let short = compiled.estimate(Job::new(isl, osl, load).unwrap());
        let long = compiled.estimate(Job::new(isl * longer, osl, load).unwrap());
        // Requests per second are what a machine hour is divided by.
        prop_assert!(long.requests.get() <= short.requests.get() * (1.0 + 1e-9));
    }

    #[test]
    fn nothing_beats_its_own_speed_of_light(
        (gpu, name, power) in (0..GPUS.len(), 0..MODELS.len(), 0..4_u32),
        (isl, osl) in (16.0..16_384.0_f64, 2.0..4096.0_f64),
        load in load(),
    ) {
        let compiled = compile(&accelerator(GPUS[gpu]), MODELS[name], 1 << power);
        let job = Job::new(isl, osl, load).unwrap();
        let estimate = compiled.estimate(job);
        let light = compiled.light(&job, estimate.batch);
        prop_assert!(estimate.ttft.get() >= light.ttft_s * 1e3);
        prop_assert!(estimate.tpot.get() >= light.tpot_s * 1e3);
        prop_assert!(estimate.output.get() <= estimate.batch / light.tpot_s * (1.0 + 1e-9));
    }

    #[test]
    fn what_fits_is_within_memory(
        (gpu, name, power) in (0..GPUS.len(), 0..MODELS.len(), 0..4_u32),
        (isl, osl) in (16.0..16_384.0_f64, 2.0..4096.0_f64),
        load in load(),
    ) {
        let gpu = accelerator(GPUS[gpu]);
        let tp = 1_u32 << power;
        let memory =
            compile(&gpu, MODELS[name], tp).memory(&Job::new(isl, osl, load).unwrap());
        if memory.fits {
            let used = memory.weights_bytes_per_gpu
                + memory.overhead_bytes_per_gpu
                + memory.kv_bytes_total / u64::from(tp);
            prop_assert!(used <= gpu.memory.usable.get());
        }
    }

    #[test]
    fn tensor_parallelism_never_adds_weights(
        (gpu, name) in (0..GPUS.len(), 0..MODELS.len()),
        power in 0..3_u32,
    ) {
        let gpu = accelerator(GPUS[gpu]);
        let job = Job::new(1024.0, 128.0, Load::Closed(1.0)).unwrap();
        let of = |tp| compile(&gpu, MODELS[name], tp).memory(&job).weights_bytes_per_gpu;
        prop_assert!(of(2 << power) <= of(1 << power));
    }
}

#[test]
fn constants_of_one_change_every_estimate() {
    let gpu = accelerator("h100-sxm");
    for name in MODELS {
        let model = model(name);
        let setup = Setup::new(&model, &gpu).tensor(8);
        for load in [Load::Closed(8.0), Load::Static(8.0), Load::Saturated] {
            let job = Job::new(1024.0, 256.0, load).unwrap();
            let ours = Compiled::new(&setup, Calibration::embedded()).unwrap().estimate(job);
            let ones = Compiled::new(&setup, &Calibration::ones()).unwrap().estimate(job);
            assert!((ours.ttft.get() / ones.ttft.get() - 1.0).abs() > 0.01, "{name} {load:?}");
            assert!((ours.tpot.get() / ones.tpot.get() - 1.0).abs() > 0.01, "{name} {load:?}");
        }
    }
}
