//! What can be typed after `farebox estimate`.

use crate::args::catalogue::CatalogueArgs;
use crate::args::model::ModelArgs;
use crate::args::money::MoneyArgs;
use crate::args::range::Loads;
use clap::Args;
use farebox_catalog::model::{KvFormat, Precision};
use std::path::PathBuf;

/// Estimate latency, throughput, memory and price of a model on a machine.
///
/// A roofline per class of operator, composed into what a request sees under load; every
/// efficiency is fitted to published measurements, and every answer says how wrong it is likely to
/// be. Several GPUs, widths, precisions or loads give a table over every combination.
#[derive(Debug, Clone, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct EstimateArgs {
    #[command(flatten)]
    pub(super) model: ModelArgs,
    #[command(flatten)]
    pub(super) machine: MachineArgs,
    #[command(flatten)]
    pub(super) workload: WorkloadArgs,
    #[command(flatten)]
    pub(super) money: MoneyArgs,
    /// A published offer to price by, such as lambda:h100-sxm
    #[arg(long, value_name = "PROVIDER:GPU", conflicts_with_all = ["price_per_hour", "price_per_gpu_hour"])]
    pub(super) offer: Option<String>,
    /// Write the estimate as a load curve, for `farebox price` and `farebox plot`
    #[arg(long, value_name = "FILE")]
    pub(super) out: Option<PathBuf>,
    /// Estimate every row of this CSV instead, one line per row on stdout
    #[arg(long, value_name = "FILE")]
    pub(super) rows: Option<PathBuf>,
    /// Constants from `farebox calibrate` in the place of the embedded ones
    #[arg(long, value_name = "FILE")]
    pub(super) calibration: Option<PathBuf>,
    #[command(flatten)]
    pub(super) catalogue: CatalogueArgs,
}

const EXAMPLES: &str = "\
Examples:
  farebox estimate meta-llama/Llama-3.3-70B-Instruct --gpu h100-sxm --tp 4 --precision fp8 --concurrency max
  farebox estimate ./config.json --gpu b200,h200-sxm,mi300x --tp 1,2,4,8 --format csv
  farebox estimate --params 7B --gpu t4 --isl 500 --osl 500
  farebox estimate Qwen/Qwen3-8B --gpu l4 --concurrency 1..64 --out curve.json
  farebox estimate api:openai/gpt-4 --isl 1000 --osl 500 --users 4 --requests-per-user-hour 10

Exit codes: 0 done, 2 bad usage or input, 4 it does not fit.";

/// What serves.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Machine")]
pub(super) struct MachineArgs {
    /// Accelerators, by catalogue id or alias; `cpu` or `custom` with the three flags below
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub(super) gpu: Vec<String>,
    /// Memory of a custom machine, in GB
    #[arg(long, value_name = "GB", allow_negative_numbers = true)]
    pub(super) mem_gb: Option<f64>,
    /// Memory bandwidth of a custom machine, in GB/s
    #[arg(long, value_name = "GB/S", allow_negative_numbers = true)]
    pub(super) mem_bw_gb_per_s: Option<f64>,
    /// 16-bit peak of a custom machine, in TFLOP/s, dense
    #[arg(long, value_name = "TFLOP/S", allow_negative_numbers = true)]
    pub(super) tflops: Option<f64>,
    /// Tensor-parallel widths
    #[arg(long, value_name = "LIST", default_value = "1", alias = "tensor-parallel-size")]
    pub(super) tp: Loads,
    /// Pipeline-parallel width
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = width)]
    pub(super) pp: u32,
    /// Expert-parallel width
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = width)]
    pub(super) ep: u32,
    /// Attention data parallelism inside a replica
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = width)]
    pub(super) dp: u32,
    /// Whole copies
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = width)]
    pub(super) replicas: u32,
    /// Accelerators in all; must agree with the widths
    #[arg(long, value_name = "N", value_parser = width)]
    pub(super) gpus: Option<u32>,
    /// Precision of weights and products; without it, what the checkpoint says
    #[arg(long, alias = "quantization", value_name = "LIST", value_delimiter = ',')]
    pub(super) precision: Vec<PrecisionArg>,
    /// Precision of the KV cache
    #[arg(long, value_name = "FORMAT", default_value = "bf16")]
    pub(super) kv_dtype: KvFormat,
    /// The serving engine
    #[arg(long, value_name = "NAME", default_value = "vllm")]
    pub(super) engine: String,
}

/// What is asked.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Workload")]
pub(super) struct WorkloadArgs {
    /// Input tokens per request
    #[arg(long, value_name = "N", default_value = "2048", value_parser = tokens, allow_negative_numbers = true)]
    pub(super) isl: u32,
    /// Output tokens per request
    #[arg(long, value_name = "N", default_value = "1024", value_parser = tokens, allow_negative_numbers = true)]
    pub(super) osl: u32,
    /// Requests in flight: a list, a range, or max for as many as the KV cache holds
    #[arg(long, value_name = "LIST", default_value = "64", alias = "max-concurrency")]
    pub(super) concurrency: Concurrency,
    /// Users, for a bill per hour
    #[arg(long, value_name = "N", value_parser = tokens)]
    pub(super) users: Option<u32>,
    /// Requests of each user per hour
    #[arg(long, value_name = "R", requires = "users", allow_negative_numbers = true)]
    pub(super) requests_per_user_hour: Option<f64>,
}

/// Requests in flight.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Concurrency {
    /// These.
    Listed(Loads),
    /// As many as the KV cache holds.
    Max,
}

impl std::str::FromStr for Concurrency {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "max" { Ok(Self::Max) } else { text.parse().map(Self::Listed) }
    }
}

/// `base` for what the checkpoint says, or a precision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PrecisionArg(pub(super) Option<Precision>);

impl std::str::FromStr for PrecisionArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "base" | "checkpoint" => Ok(Self(None)),
            named => named
                .parse()
                .map(|p| Self(Some(p)))
                .map_err(|error: <Precision as std::str::FromStr>::Err| error.to_string()),
        }
    }
}

fn width(text: &str) -> Result<u32, String> {
    match text.parse::<u32>() {
        Ok(n) if (1..=4096).contains(&n) => Ok(n),
        _ => Err(format!("`{text}` is no width: from 1 to 4096")),
    }
}

fn tokens(text: &str) -> Result<u32, String> {
    match text.parse::<u32>() {
        Ok(n) if (1..=10_000_000).contains(&n) => Ok(n),
        _ => Err(format!("`{text}` is out of range: from 1 to 10000000")),
    }
}
