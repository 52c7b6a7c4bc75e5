//! The browser's roofline: its formulas, and what repairing one of them at a time does.

use super::{close, number};
use serde_json::Value;

const FILE: &str = include_str!("../../../fixtures/closed-form-seeds/browser-roofline.json");
const GIB: f64 = 1_073_741_824.0;

/// Its cases: inputs and answers.
pub(super) fn cases() -> Vec<Value> {
    serde_json::from_str::<Value>(FILE).unwrap().as_array().unwrap().clone()
}

/// What its formulas take; every field can be repaired.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Inputs {
    vram_gib: f64,
    bytes_per_s: f64,
    /// The peak it multiplies at; the marketing figure, with sparsity.
    flop_per_s: f64,
    pub(super) total: f64,
    pub(super) active: f64,
    bytes_per_weight: f64,
    pub(super) kv_bytes_per_token: f64,
    isl: f64,
    osl: f64,
    pub(super) tp: f64,
    nodes: f64,
    usd_per_gpu_hour: f64,
    /// Powers of TP by which the weights of a step are divided.
    weight_cuts: i32,
    /// GPUs whose hour is charged to the tokens of one replica.
    charged: f64,
}

/// What it answers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Answer {
    pub(super) replicas: f64,
    pub(super) batch: f64,
    pub(super) weights_gib: f64,
    pub(super) kv_gib: f64,
    pub(super) ttft_ms: f64,
    pub(super) step_ms: f64,
    pub(super) replica_tok_per_s: f64,
    pub(super) request_tok_per_s: f64,
    pub(super) system_tok_per_s: f64,
    pub(super) usd_per_mtok_input: f64,
    pub(super) usd_per_mtok_output: f64,
}

impl Inputs {
    /// What the form makes of a case.
    pub(super) fn of(case: &Value) -> Self {
        let of = |field: &str| number(case, &format!("/input/{field}"));
        let or = |field: &str, default: f64| case["input"][field].as_f64().unwrap_or(default);
        // GB, TB/s, and TFLOP/s at 16, 8 and 4 bits: its table, which prints sparse peaks.
        let (vram, bandwidth, tflops) = match case["input"]["hw"].as_str().unwrap() {
            "H100 SXM" => (80.0, 3.35, [1979.0, 3958.0, 0.0]),
            "H200 SXM" => (141.0, 4.8, [1979.0, 3958.0, 0.0]),
            _ => (180.0, 8.0, [4500.0, 9000.0, 18_000.0]),
        };
        let (bits, bytes) = match case["input"]["precision"].as_str().unwrap() {
            "FP16" => (0, 2.0),
            "FP8" => (1, 1.0),
            _ => (2, 1.0),
        };
        let total = of("total_params");
        Self {
            vram_gib: vram,
            bytes_per_s: bandwidth * 1e12,
            flop_per_s: tflops[bits] * 1e12,
            total,
            active: total * or("experts_per_tok", 2.0) / or("num_experts", 8.0),
            bytes_per_weight: bytes,
            kv_bytes_per_token: of("layers") * 2.0 * of("kv_heads") * of("hidden") / of("heads")
                * 2.0,
            isl: of("isl"),
            osl: of("osl"),
            tp: of("tp"),
            nodes: of("nodes"),
            usd_per_gpu_hour: of("gpu_cost_hr"),
            weight_cuts: 2,
            charged: 8.0,
        }
    }

    /// Its formulas at the batch they choose, or at `batch`.
    pub(super) fn answer(&self, batch: Option<f64>) -> Answer {
        let Self { tp, nodes, .. } = *self;
        let context = self.isl + self.osl;
        let weights_gib = self.total * self.bytes_per_weight / GIB;
        let sequence_gib = context * self.kv_bytes_per_token / GIB / tp;
        let room = self.vram_gib * 0.95 - weights_gib / tp;
        let batch = batch.unwrap_or((room / sequence_gib).floor());
        let replicas = (nodes * 8.0 / tp).floor();
        let ttft_s = 2.0 * batch * self.isl * self.active / (self.flop_per_s * 0.60 * tp);
        let weights = self.active * self.bytes_per_weight / tp.powi(self.weight_cuts - 1);
        let cache = batch * context * self.kv_bytes_per_token;
        let step_s = (weights + cache) / (self.bytes_per_s * 0.70 * tp);
        let replica = batch / step_s;
        let per_s = self.usd_per_gpu_hour * self.charged / 3600.0;
        Answer {
            replicas,
            batch,
            weights_gib,
            kv_gib: batch * sequence_gib * tp,
            ttft_ms: ttft_s * 1e3,
            step_ms: step_s * 1e3,
            replica_tok_per_s: replica,
            request_tok_per_s: 1.0 / step_s,
            system_tok_per_s: replica * replicas,
            usd_per_mtok_input: ttft_s * per_s / (batch * self.isl) * 1e6,
            usd_per_mtok_output: 1e6 / replica * per_s,
        }
    }

    /// Dense peaks: every figure of its table is twice that.
    pub(super) fn dense(self) -> Self {
        Self { flop_per_s: self.flop_per_s / 2.0, ..self }
    }

    /// Weights divided by TP once.
    pub(super) fn cut_once(self) -> Self {
        Self { weight_cuts: 1, ..self }
    }

    /// The parameters that a token meets, as counted from the configuration.
    pub(super) fn counted(self, active: f64) -> Self {
        Self { active, ..self }
    }

    /// The cache that the model keeps per token, bytes.
    pub(super) fn cached(self, kv_bytes_per_token: f64) -> Self {
        Self { kv_bytes_per_token, ..self }
    }

    /// Four-bit weights at half a byte and a scale per sixteen.
    pub(super) fn half_bytes(self) -> Self {
        Self { bytes_per_weight: 0.5 + 1.0 / 16.0, ..self }
    }

    /// The GPUs of a replica, charged to its own tokens.
    pub(super) fn charged_once(self) -> Self {
        Self { charged: self.tp, ..self }
    }
}

#[test]
fn its_formulas_give_its_answers() {
    for case in cases() {
        let answer = Inputs::of(&case).answer(None);
        for (field, ours, digits) in [
            ("replicas", answer.replicas, 0),
            ("max_batch", answer.batch, 0),
            ("model_gib", answer.weights_gib, 2),
            ("kv_gib", answer.kv_gib, 2),
            ("ttft_ms", answer.ttft_ms, 2),
            ("step_ms", answer.step_ms, 3),
            ("tput_rep", answer.replica_tok_per_s, 0),
            ("tput_req", answer.request_tok_per_s, 0),
            ("sys", answer.system_tok_per_s, 0),
            ("input_cost", answer.usd_per_mtok_input, 4),
            ("output_cost", answer.usd_per_mtok_output, 4),
        ] {
            let published = number(&case, &format!("/output/{field}"));
            let half_a_digit = 0.501 * 10_f64.powi(-digits);
            assert!((ours - published).abs() <= half_a_digit, "{field}: {ours} for {case}");
        }
    }
}

#[test]
fn sparse_peaks_halve_its_ttft() {
    for case in cases() {
        let seed = Inputs::of(&case);
        let (as_published, dense) = (seed.answer(None), seed.dense().answer(None));
        assert!(close(dense.ttft_ms / as_published.ttft_ms, 2.0, 1e-12));
        assert!(close(dense.step_ms, as_published.step_ms, 1e-12), "no compute roof in decode");
    }
}

#[test]
fn dense_models_run_on_a_quarter_of_their_weights() {
    for case in cases().iter().filter(|c| c["input"]["experts_per_tok"].is_null()) {
        let seed = Inputs::of(case);
        assert!(close(seed.active / seed.total, 0.25, 1e-12), "{case}");
    }
    // Its key for the number of experts is not DeepSeek's, so eight of eight are active.
    let deepseek = Inputs::of(&cases()[0]);
    assert!(close(deepseek.active, deepseek.total, 1e-12));
}

#[test]
fn weights_are_divided_by_tp_twice() {
    for case in cases() {
        let seed = Inputs::of(&case);
        let step = |inputs: Inputs| inputs.answer(Some(0.0)).step_ms;
        assert!(close(step(seed.cut_once()) / step(seed), seed.tp, 1e-12), "{case}");
    }
}

#[test]
fn four_bits_weigh_a_byte() {
    let four = cases().into_iter().find(|c| c["input"]["precision"] == "FP4").unwrap();
    let seed = Inputs::of(&four);
    let ratio = seed.answer(None).weights_gib / seed.half_bytes().answer(None).weights_gib;
    assert!(close(ratio, 1.0 / 0.5625, 1e-12));
}

#[test]
fn a_node_is_charged_to_every_replica() {
    for case in cases() {
        let seed = Inputs::of(&case);
        let ratio =
            |of: fn(&Answer) -> f64| of(&seed.answer(None)) / of(&seed.charged_once().answer(None));
        assert!(close(ratio(|a| a.usd_per_mtok_output), 8.0 / seed.tp, 1e-12));
        assert!(close(ratio(|a| a.usd_per_mtok_input), 8.0 / seed.tp, 1e-12));
    }
}
