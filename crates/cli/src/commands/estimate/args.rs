//! What can be typed after `farebox estimate`.

use crate::args::catalogue::CatalogueArgs;
use crate::args::load::{InFlight, Rates};
use crate::args::model::ModelArgs;
use crate::args::money::MoneyArgs;
use crate::args::promise::PromiseArgs;
use crate::args::range::{Counts, Loads, Tokens, Widths, number};
use crate::args::users::UsersArgs;
use crate::commands::bench::profile_there;
use crate::error::CliError;
use clap::Args;
use farebox_calculator::Lengths;
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
    pub(super) promises: PromiseArgs,
    #[command(flatten)]
    pub(super) money: MoneyArgs,
    /// Hosted models to hold one answer against, such as api:openai/gpt-4
    #[arg(help_heading = "Money", long, value_name = "LIST", value_delimiter = ',')]
    pub(super) against: Vec<String>,
    /// Write the estimate as a load curve, for `farebox price` and `farebox plot`
    #[arg(help_heading = "Files", long, value_name = "FILE")]
    pub(super) out: Option<PathBuf>,
    /// Estimate every row of this CSV instead, one line per row on stdout
    #[arg(help_heading = "Files", long, value_name = "FILE")]
    pub(super) rows: Option<PathBuf>,
    /// Constants from `farebox calibrate` in the place of the embedded ones
    #[arg(help_heading = "Files", long, value_name = "FILE")]
    pub(super) calibration: Option<PathBuf>,
    #[command(flatten, next_help_heading = "Files")]
    pub(super) catalogue: CatalogueArgs,
}

const EXAMPLES: &str = "\
Examples:
  farebox estimate meta-llama/Llama-3.3-70B-Instruct --gpu h100-sxm --tp 4 \\
      --precision fp8 --concurrency max
  farebox estimate ./config.json --gpu b200,h200,mi300x --tp 1,2,4,8 \\
      --format csv
  farebox estimate deepseek-ai/DeepSeek-V3 --gpu h200 --tp 16 --nodes 2
  farebox estimate --params 7B --gpu l4 --isl 500 --osl 500
  farebox estimate Qwen/Qwen3-8B --gpu l4 --concurrency 1..64 --out curve.json
  farebox estimate Qwen/Qwen3-8B --gpu l4,h100-sxm \\
      --slo ttft.mean=500ms,tpot.mean=50ms
  farebox estimate Qwen/Qwen3-8B --gpu h100-sxm \\
      --traffic wildchat-2024-03 --concurrency max
  farebox estimate Qwen/Qwen3-8B --gpu l4 --isl 1000 --osl 500 \\
      --against api:openai/gpt-4
  farebox estimate api:openai/gpt-4 --isl 1000 --osl 500 --users 4 \\
      --requests-per-user-hour 10

Exit codes: 0 done, 2 bad usage or input, 4 it does not fit.";

/// What serves.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Machine")]
pub(super) struct MachineArgs {
    /// Accelerators, by catalogue id or alias; `auto` for what this machine has; `cpu` or `custom`
    /// with the three flags below
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
    #[arg(
        long,
        value_name = "LIST",
        default_value = "1",
        alias = "tensor-parallel-size",
        allow_negative_numbers = true
    )]
    pub(super) tp: Widths,
    /// Pipeline-parallel widths
    #[arg(
        long,
        value_name = "LIST",
        default_value = "1",
        alias = "pipeline-parallel-size",
        allow_negative_numbers = true
    )]
    pub(super) pp: Widths,
    /// Expert-parallel widths
    #[arg(long, value_name = "LIST", default_value = "1", allow_negative_numbers = true)]
    pub(super) ep: Widths,
    /// Attention data parallelism inside a replica
    #[arg(
        long,
        value_name = "LIST",
        default_value = "1",
        alias = "data-parallel-size",
        allow_negative_numbers = true
    )]
    pub(super) dp: Widths,
    /// Whole copies
    #[arg(long, value_name = "LIST", default_value = "1", allow_negative_numbers = true)]
    pub(super) replicas: Widths,
    /// Accelerators in all; must agree with the widths
    #[arg(long, value_name = "N", value_parser = width, allow_negative_numbers = true)]
    pub(super) gpus: Option<u32>,
    /// Nodes that hold them, equally many on each
    #[arg(long, value_name = "N", value_parser = width, allow_negative_numbers = true)]
    pub(super) nodes: Option<u32>,
    /// Accelerators of a node; a replica wider than that talks over the network
    /// [default: as such machines are built]
    #[arg(long, value_name = "N", value_parser = width, allow_negative_numbers = true)]
    pub(super) gpus_per_node: Option<u32>,
    /// Precision of weights and products; without it, what the checkpoint says
    #[arg(long, alias = "quantization", value_name = "LIST", value_delimiter = ',')]
    pub(super) precision: Vec<PrecisionArg>,
    /// Precision of the KV cache; without it, what the checkpoint says, else bf16
    #[arg(long, value_name = "LIST", value_delimiter = ',', alias = "kv-cache-dtype")]
    pub(super) kv_dtype: Vec<KvFormat>,
    /// The serving engine
    #[arg(long, value_name = "NAME", default_value = "vllm")]
    pub(super) engine: String,
}

/// What is asked.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Workload")]
pub(super) struct WorkloadArgs {
    /// Input tokens per request
    #[arg(
        long,
        value_name = "LIST",
        default_value = "2048",
        conflicts_with = "traffic",
        alias = "input-len",
        allow_negative_numbers = true
    )]
    pub(super) isl: Tokens,
    /// Output tokens per request
    #[arg(
        long,
        value_name = "LIST",
        default_value = "1024",
        conflicts_with = "traffic",
        alias = "output-len",
        allow_negative_numbers = true
    )]
    pub(super) osl: Tokens,
    /// Mean lengths of traffic profiles instead: names of `farebox profile --list`, or files of
    /// `farebox profile`
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub(super) traffic: Vec<String>,
    /// Requests in flight: a list, a range, or max for as many as the KV cache holds [default: 64]
    #[arg(long, value_name = "LIST", alias = "max-concurrency", allow_negative_numbers = true)]
    pub(super) concurrency: Option<InFlight>,
    /// Requests sent at once and then waited for, instead
    #[arg(
        long,
        value_name = "LIST",
        conflicts_with = "concurrency",
        allow_negative_numbers = true
    )]
    pub(super) batch: Option<Loads>,
    /// Requests per second as they come, instead
    #[arg(long, value_name = "LIST", conflicts_with_all = ["concurrency", "batch"], allow_negative_numbers = true)]
    pub(super) request_rate: Option<Rates>,
    #[command(flatten)]
    pub(super) users: UsersArgs,
}

/// Lengths with what is to be said of them.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub(super) lengths: Lengths,
    pub(super) note: Option<String>,
}

impl WorkloadArgs {
    /// Whether a load was typed.
    pub(super) const fn names_a_load(&self) -> bool {
        self.concurrency.is_some() || self.batch.is_some() || self.request_rate.is_some()
    }

    /// Every pair of lengths, or the mean lengths of every profile.
    pub(super) fn asked(&self) -> Result<Vec<Asked>, CliError> {
        if !self.traffic.is_empty() {
            return self.traffic.iter().map(|name| means(name)).collect();
        }
        let (Counts(isls), Counts(osls)) = (&self.isl, &self.osl);
        let of = |isl: &u32| {
            let with = |osl: &u32| Asked { lengths: Lengths { isl: *isl, osl: *osl }, note: None };
            osls.iter().map(with).collect()
        };
        Ok(isls.iter().flat_map::<Vec<_>, _>(of).collect())
    }
}

/// The mean lengths of a profile; what its lengths vary is left out, and said to be.
fn means(name: &str) -> Result<Asked, CliError> {
    let traffic = profile_there(name, "--traffic")?;
    let [isl, osl] = [&traffic.isl_tokens, &traffic.osl_tokens].map(|s| s.mean.round().max(1.0));
    let lengths = Lengths { isl: isl as u32, osl: osl as u32 };
    let note = format!(
        "{name}: every request is taken to have its mean lengths, {isl} in and {osl} out; longer \
         and shorter ones are not told apart."
    );
    Ok(Asked { lengths, note: Some(note) })
}

/// `base` for what the checkpoint says, or a precision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PrecisionArg(pub(crate) Option<Precision>);

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
    number(text, 65_536)
}
