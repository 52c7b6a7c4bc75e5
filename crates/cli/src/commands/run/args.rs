//! What can be typed after `farebox run`.

use crate::args::catalogue::CatalogueArgs;
use crate::args::gpu::GpuArgs;
use crate::args::money::MoneyArgs;
use crate::args::promise::PromiseArgs;
use crate::args::range::Widths;
use crate::commands::bench::{ApiArgs, LoadArgs, RequestArgs, SharingArgs, WayArgs};
use clap::Args;
use farebox_core::EngineKind;
use farebox_experiment::matrix::Glob;
use std::path::PathBuf;

/// Measure engines, precisions and widths against each other.
///
/// A matrix file names engines, checkpoints per precision, tensor parallelism, traffic, load sets,
/// promises and prices. Every combination is a cell: what serves it is started, measured as
/// `farebox bench` would, priced and ended; cells of one server are neighbours. Each cell is a run
/// directory under runs/NAME/cells. Running the same matrix again goes on where it stopped. With
/// --engine instead of a file, flags make a matrix of one.
#[derive(Debug, Clone, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct RunArgs {
    /// The matrix: a TOML file, as `farebox run --init` writes one
    #[arg(value_name = "MATRIX", conflicts_with = "engine")]
    pub(super) matrix: Option<PathBuf>,
    /// Write a commented matrix to begin with
    #[arg(long, conflicts_with_all = ["matrix", "engine", "dry_run", "out", "setup"])]
    pub(super) init: bool,
    /// Make a virtual environment with `transformers serve`, the naive baseline, in it, every
    /// package pinned: some 5 GB
    #[arg(long, value_name = "DIR", conflicts_with_all = ["matrix", "engine", "dry_run", "out"])]
    pub(super) setup: Option<PathBuf>,
    /// Print every command that would be run, and run none
    #[arg(long)]
    pub(super) dry_run: bool,
    /// Where to write [default: runs/NAME]
    #[arg(long, value_name = "DIR")]
    pub(super) out: Option<PathBuf>,
    /// Only the cells with such names: vllm-*, or *-tp2-*; several with commas
    #[arg(long, value_name = "GLOB")]
    pub(super) only: Option<Glob>,
    /// Measure again what was measured otherwise before; the old run is moved aside
    #[arg(long)]
    pub(super) force: bool,
    #[command(flatten)]
    pub(super) one: OneArgs,
    #[command(flatten)]
    pub(super) load: LoadArgs,
    #[command(flatten)]
    pub(super) request: RequestArgs,
    #[command(flatten)]
    pub(super) sharing: SharingArgs,
    #[command(flatten)]
    pub(super) way: WayArgs,
    #[command(flatten)]
    pub(super) promises: PromiseArgs,
    #[command(flatten)]
    pub(super) gpu: GpuArgs,
    #[command(flatten)]
    pub(super) money: MoneyArgs,
    #[command(flatten)]
    pub(super) catalogue: CatalogueArgs,
}

/// An engine without a matrix file; the flags of `farebox bench` say the rest.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Instead of a file")]
pub(super) struct OneArgs {
    /// The engine: vllm, sglang, tgi, trtllm, llama.cpp, ollama, transformers, or farebox, which
    /// is simulated
    #[arg(long, value_name = "ENGINE")]
    pub(super) engine: Option<EngineKind>,
    /// The model: a Hub id or a path
    #[arg(long, value_name = "MODEL", requires = "engine")]
    pub(super) model: Option<String>,
    /// Its precision, such as base, fp8, w8a8 or w4a16: the known checkpoint of the model at it;
    /// several with commas
    #[arg(
        long,
        visible_alias = "precision",
        value_name = "LIST",
        requires = "engine",
        value_delimiter = ','
    )]
    pub(super) quantization: Vec<String>,
    /// Accelerators per replica, such as 2 or 1,2,4
    #[arg(long, visible_alias = "tensor-parallel-size", value_name = "LIST", requires = "engine")]
    pub(super) tp: Option<Widths>,
    /// Start it in a container, from this image or the usual one
    #[arg(long, value_name = "IMAGE", num_args = 0..=1, require_equals = true, default_missing_value = "",
          requires = "engine", conflicts_with = "base_url")]
    pub(super) docker: Option<String>,
    /// The virtual environment that it is installed in
    #[arg(long, value_name = "DIR", requires = "engine", conflicts_with_all = ["docker", "base_url"])]
    pub(super) venv: Option<PathBuf>,
    /// It is up already, there
    #[arg(long, visible_alias = "url", value_name = "URL", requires = "engine")]
    pub(super) base_url: Option<String>,
    #[command(flatten)]
    pub(super) api: ApiArgs,
    /// One more word for its command line; repeatable
    #[arg(long, value_name = "WORD", requires = "engine", allow_hyphen_values = true)]
    pub(super) engine_arg: Vec<String>,
}

const EXAMPLES: &str = "\
Examples:
  farebox run --init > llama.toml
  farebox run llama.toml --dry-run
  farebox run llama.toml
  farebox run llama.toml --only 'vllm-w8a8-*'
  farebox run --engine vllm --model meta-llama/Llama-3.1-8B-Instruct \\
      --quantization w4a16 --tp 2 --isl 1807 --osl 449 --concurrency 1..64 \\
      --slo fast:ttft.p90=500ms,tpot.p90=16.7ms
  farebox run --engine farebox --isl 256 --osl 64 --duration 5s

docs/matrix.md describes every key.

Exit codes: 0 done (some cell was measured), 1 no cell was, or interrupted, 2 bad usage or input,
3 every measured cell is INVALID.";
