//! Physics that must hold whatever the constants: property tests over deployments and loads.

use crate::calibration::Calibration;
use crate::compiled::Compiled;
use crate::estimate::Estimate;
use crate::setup::{Engine, Job, Load, Parallelism, Setup};
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

fn tpot_ms(estimate: &Estimate) -> f64 {
    estimate.tpot.unwrap().get()
}

proptest! {
    /// Little's law. Whoever sends the next request when one ends has as many in flight as asked:
    /// rate and latency are then one figure and not two.
    #[test]
    fn requests_in_flight_are_their_rate_times_their_time(
        (gpu, name, power) in (0..GPUS.len(), 0..MODELS.len(), 0..4_u32),
        (replicas, unscaled) in (1..9_u32, any::<bool>()),
        (isl, osl) in (16.0..65_536.0_f64, 1..4096_u32),
        load in load(),
    ) {
        let (gpu, model) = (accelerator(GPUS[gpu]), model(MODELS[name]));
        let parallel = Parallelism { replicas, ..Parallelism::tensor(1 << power) };
        let setup = Setup { parallel, ..Setup::new(&model, &gpu) };
        let ones = Calibration::ones();
        let calibration = if unscaled { &ones } else { Calibration::embedded() };
        let osl = f64::from(osl);
        let job = Job::new(isl, osl, load).unwrap();
        let seen = Compiled::new(&setup, calibration).unwrap().estimate(job);
        let is = |a: f64, b: f64| (a / b - 1.0).abs() < 1e-9;

        let flying = seen.requests.get() * seen.e2e.get() / 1e3;
        prop_assert!(is(flying, seen.in_flight), "{flying} are not {}", seen.in_flight);
        if let Load::Closed(n) | Load::Static(n) = load {
            prop_assert!(is(seen.in_flight, n), "{} are not the {n} asked", seen.in_flight);
        }
        prop_assert!(is(seen.output.get(), seen.requests.get() * osl));
        let busy = seen.admitted / seen.batch;
        prop_assert!(busy <= f64::from(replicas).min(seen.in_flight) * (1.0 + 1e-9));
        prop_assert!(seen.admitted <= seen.in_flight * (1.0 + 1e-9));
        prop_assert_eq!(seen.tpot.is_none(), osl < 2.0);
        let answered = seen.tpot.map_or(0.0, |tpot| (osl - 1.0) * tpot.get());
        prop_assert!(is(seen.e2e.get(), seen.ttft.get() + answered));
        // Those without room wait for whole answers of those with it, before their first token.
        if let Load::Closed(_) = load {
            let served = seen.e2e.get() * seen.admitted / seen.in_flight;
            prop_assert!(seen.e2e.get() - served <= seen.ttft.get() * (1.0 + 1e-9));
        }
    }

    /// Where the queue is not full a rate is served, and what is in flight follows from it.
    #[test]
    fn a_rate_that_is_served_keeps_littles_law(
        (gpu, name) in (0..GPUS.len(), 0..MODELS.len()),
        (isl, osl) in (16.0..8192.0_f64, 1..1024_u32),
        rate in 0.01..50.0_f64,
    ) {
        let compiled = compile(&accelerator(GPUS[gpu]), MODELS[name], 8);
        let seen = compiled.estimate(Job::new(isl, f64::from(osl), Load::Rate(rate)).unwrap());
        let flying = seen.requests.get() * seen.e2e.get() / 1e3;
        prop_assert!((flying / seen.in_flight - 1.0).abs() < 1e-9);
        prop_assert!(seen.requests.get() <= rate * 1.001);
        prop_assert!(seen.in_flight > 1000.0 || seen.requests.get() > rate * 0.99);
    }

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
        prop_assert!(tpot_ms(&fast) <= tpot_ms(&slow) * slack);
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
        prop_assert!(tpot_ms(&estimate) >= light.tpot_s * 1e3);
        // Prefill writes the first token of each.
        let decoded = estimate.requests.get() * job.steps();
        prop_assert!(decoded <= estimate.batch / light.tpot_s * (1.0 + 1e-9));
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
            assert!((tpot_ms(&ours) / tpot_ms(&ones) - 1.0).abs() > 0.01, "{name} {load:?}");
        }
    }
}
