//! What must hold between the figures of one document, whatever the constants are.

use super::*;
use farebox_catalog::model::{ModelCatalog, ModelSpec, Precision};
use farebox_catalog::{Accelerator, BytesPerSecond, Catalogue};
use farebox_core::curve::LoadKind;
use farebox_core::run::Rental;
use farebox_core::{Load, UsdPerHour};
use farebox_estimate::setup::Setup;
use farebox_estimate::{Calibration, Parallelism};
use proptest::prelude::*;
use std::sync::OnceLock;

const GPUS: [&str; 6] = ["h100-sxm", "b200-sxm", "mi300x", "l4", "rtx-4090", "gb200"];
const MODELS: [&str; 4] = [
    "meta-llama/Llama-3.1-8B-Instruct",
    "Qwen/Qwen3-32B",
    "openai/gpt-oss-120b",
    "deepseek-ai/DeepSeek-V3",
];

fn gpu(index: usize) -> Accelerator {
    Catalogue::embedded().accelerators().unwrap().get(GPUS[index]).unwrap().clone()
}

fn models() -> &'static [ModelSpec] {
    static SPECS: OnceLock<Vec<ModelSpec>> = OnceLock::new();
    SPECS.get_or_init(|| {
        let catalogue = ModelCatalog::embedded();
        MODELS.iter().map(|id| catalogue.find(id).unwrap()).collect()
    })
}

fn widths() -> impl Strategy<Value = Parallelism> {
    (0..5_u32, 1..3_u32, 0..3_u32, 1..4_u32).prop_map(|(tp, pp, dp, replicas)| {
        let (tp, dp) = (1 << tp, 1 << dp);
        Parallelism { tp, pp, ep: dp, dp, replicas }
    })
}

fn load() -> impl Strategy<Value = Load> {
    let of = |kind, value| Load { kind, value };
    prop_oneof![
        (1..600_u32).prop_map(move |n| of(LoadKind::Concurrency, f64::from(n))),
        (1..600_u32).prop_map(move |n| of(LoadKind::Batch, f64::from(n))),
        (0.01..20.0_f64).prop_map(move |rate| of(LoadKind::Rate, rate)),
    ]
}

fn lengths() -> impl Strategy<Value = Lengths> {
    (16..16_384_u32, 2..4096_u32).prop_map(|(isl, osl)| Lengths { isl, osl })
}

fn document(
    (gpu, model): (&Accelerator, &ModelSpec),
    parallel: Parallelism,
    (lengths, load): (Lengths, Load),
) -> EstimateDocument {
    let setup = Setup { parallel, ..Setup::new(model, gpu) };
    let gpus = parallel.gpus() as u32;
    let rental = Rental {
        usd_per_hour_total: UsdPerHour::new(2.5 * f64::from(gpus)),
        gpus_billed: gpus,
        gpus_used: gpus,
        unit_gpus: Some(1),
        source: "a test".to_owned(),
    };
    let estimator = Estimator::new(setup, Calibration::embedded()).unwrap();
    estimator.document(lengths, load, Some(&rental)).unwrap()
}

proptest! {
    #[test]
    fn tokens_times_price_is_the_machine(
        (g, m) in (0..GPUS.len(), 0..MODELS.len()),
        (parallel, lengths, load) in (widths(), lengths(), load()),
    ) {
        let document = document((&gpu(g), &models()[m]), parallel, (lengths, load));
        if let (Some(price), Some(system)) = (&document.price, document.system) {
            let input = system.total_tok_per_s - system.output_tok_per_s;
            let per_s = input * price.usd_per_mtok_input
                + system.output_tok_per_s * price.usd_per_mtok_output;
            let cost = price.usd_per_hour_total / 3600.0;
            prop_assert!((per_s / 1e6 / cost - 1.0).abs() < 1e-9, "{} of {cost}", per_s / 1e6);
            let requests = system.requests_per_s * price.usd_per_request;
            prop_assert!((requests / cost - 1.0).abs() < 1e-9, "{requests} of {cost}");
            prop_assert!((price.recovery - 1.0).abs() < 1e-9);
        }
    }

    #[test]
    fn what_fits_is_within_memory_however_it_is_spread(
        (g, m) in (0..GPUS.len(), 0..MODELS.len()),
        (parallel, lengths, load) in (widths(), lengths(), load()),
    ) {
        let (gpu, model) = (gpu(g), &models()[m]);
        let memory = document((&gpu, model), parallel, (lengths, load)).memory;
        let used = memory.weights_bytes_per_gpu
            + memory.overhead_bytes_per_gpu
            + memory.kv_bytes_total / parallel.gpus_per_replica();
        // Down to a byte per class and accelerator.
        prop_assert!(!memory.fits || used <= memory.usable_bytes_per_gpu + 16, "{memory:?}");
        prop_assert!(memory.usable_bytes_per_gpu <= gpu.memory.usable.get());
        prop_assert_eq!(memory.fits, memory.short_bytes_per_gpu == 0);
    }

    #[test]
    fn a_wider_spread_never_adds_weights(
        (g, m) in (0..GPUS.len(), 0..MODELS.len()),
        parallel in widths(),
    ) {
        let (gpu, model) = (gpu(g), &models()[m]);
        let question = (Lengths { isl: 1024, osl: 128 }, closed(1));
        let of = |parallel| document((&gpu, model), parallel, question).memory.weights_bytes_per_gpu;
        let own = of(parallel);
        let wider = Parallelism { tp: parallel.tp * 2, ..parallel };
        let deeper = Parallelism { pp: parallel.pp * 2, ..parallel };
        prop_assert!(of(wider) <= own && of(deeper) <= own, "{parallel:?}");
        prop_assert_eq!(of(Parallelism { replicas: parallel.replicas + 1, ..parallel }), own);
    }

    #[test]
    fn a_longer_answer_is_never_cheaper(
        (g, m, power) in (0..GPUS.len(), 0..MODELS.len(), 0..4_u32),
        (lengths, longer, load) in (lengths(), 1..4000_u32, load()),
    ) {
        let (gpu, model) = (gpu(g), &models()[m]);
        let parallel = Parallelism::tensor(1 << power);
        let per_s = |osl| {
            let lengths = Lengths { osl, ..lengths };
            document((&gpu, model), parallel, (lengths, load)).system.map(|s| s.requests_per_s)
        };
        if let (Some(short), Some(long)) = (per_s(lengths.osl), per_s(lengths.osl + longer)) {
            prop_assert!(long <= short * (1.0 + 1e-9), "{long} against {short}");
        }
    }

    #[test]
    fn faster_links_are_never_slower(
        (g, m, power) in (0..GPUS.len(), 0..MODELS.len(), 1..5_u32),
        (lengths, load, factor) in (lengths(), load(), 1.0..8.0_f64),
    ) {
        let (slow, model) = (gpu(g), &models()[m]);
        let mut fast = slow.clone();
        let faster = |rate: Option<BytesPerSecond>| rate.map(|r| BytesPerSecond::new(r.get() * factor));
        fast.link.one_way = faster(slow.link.one_way);
        fast.link.pcie_one_way = faster(slow.link.pcie_one_way);
        let of = |gpu| document((gpu, model), Parallelism::tensor(1 << power), (lengths, load));
        let (before, after) = (of(&slow), of(&fast));
        if let (Some(a), Some(b)) = (before.decode, after.decode) {
            prop_assert!(b.tpot_ms <= a.tpot_ms * (1.0 + 1e-9));
        }
        if let (Some(a), Some(b)) = (before.prefill, after.prefill) {
            prop_assert!(b.ttft_ms <= a.ttft_ms * (1.0 + 1e-9));
        }
    }
}

#[test]
fn a_precision_without_units_is_refused_unless_the_checkpoint_is_stored_so() {
    let hopper = gpu(0);
    let refused = |model: &ModelSpec, precision| {
        let setup = Setup { precision: Some(precision), ..Setup::new(model, &hopper) };
        Estimator::new(setup, Calibration::embedded()).is_err()
    };
    let (llama, gpt_oss) = (&models()[0], &models()[2]);
    assert!(refused(llama, Precision::Nvfp4) && !refused(llama, Precision::Fp8));
    assert!(!refused(gpt_oss, Precision::Mxfp4) && !refused(llama, Precision::W4a16));
    let document = document(
        (&hopper, gpt_oss),
        Parallelism::SINGLE,
        (Lengths { isl: 100, osl: 100 }, closed(1)),
    );
    assert!(
        document.notes.iter().any(|note| note.contains("no fp4 units")),
        "{:?}",
        document.notes
    );
}
