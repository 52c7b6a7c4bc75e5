//! What can be typed after `farebox bench`.

use super::load_args::LoadArgs;
use super::sharing_args::SharingArgs;
use crate::args::catalogue::CatalogueArgs;
use crate::args::gpu::GpuArgs;
use crate::args::money::MoneyArgs;
use crate::args::promise::PromiseArgs;
use crate::args::server::ServerArgs;
use crate::args::span::Span;
use crate::args::users::UsersArgs;
use clap::{Args, ValueEnum};
use farebox_core::{CacheState, EngineKind};
use farebox_dataset::FieldMap;
use farebox_measure::EventDetail;
use farebox_workload::Marginal;
use std::num::NonZeroU32;
use std::path::PathBuf;

/// Measure an OpenAI-compatible server at rising loads.
///
/// Closed loop (`--concurrency`) keeps so many requests in flight; batches (`--batch`) send so
/// many at once and wait for all; open loop (`--request-rate`, `--trace`) sends when requests are
/// due, whatever the answers do, and counts latency from then. Each load ends after --duration or
/// --num-requests. Every request carries a prompt of its own, so that no load replays another's
/// prefix cache.
#[derive(Debug, Clone, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct BenchArgs {
    /// The model; by default the first that the server lists
    #[arg(value_name = "MODEL")]
    pub(super) model: Option<String>,
    /// The model, as a flag
    #[arg(long = "model", value_name = "MODEL", conflicts_with = "model")]
    pub(super) model_flag: Option<String>,
    /// The server, such as http://127.0.0.1:8000 [env: OPENAI_BASE_URL]
    #[arg(long, visible_alias = "url", alias = "target", value_name = "URL")]
    pub(super) base_url: Option<String>,
    #[command(flatten)]
    pub(super) api: ApiArgs,
    /// The engine behind it: vllm, sglang, tgi, trtllm, llama.cpp, ollama, transformers, dynamo or
    /// openai [default: found out by what the server says of itself]
    #[arg(long, value_name = "NAME")]
    pub(super) engine: Option<EngineKind>,
    #[command(flatten)]
    pub(super) place: PlaceArgs,
    /// Who says what the machine does meanwhile: the server's own /metrics unless an address is
    /// given here, or `off`
    #[arg(long, value_name = "URL|off")]
    pub(super) telemetry: Option<String>,
    /// Take a warning of the verdict for INVALID: exit 3
    #[arg(long)]
    pub(super) strict: bool,
    /// Measure this client instead of a server: its own errors at each --concurrency, against a
    /// server of its own whose times are known
    #[arg(long)]
    pub(super) self_test: bool,
    /// Leave out the short self-test after the last load
    #[arg(long, conflicts_with = "self_test")]
    pub(super) skip_self_test: bool,
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
    #[command(flatten)]
    pub(super) users: UsersArgs,
}

const EXAMPLES: &str = "\
Examples:
  farebox bench --base-url http://127.0.0.1:8000 --concurrency 1..64 \\
      --isl 512 --osl 128
  farebox bench --base-url http://127.0.0.1:8000 --batch 4,8,16,32 \\
      --num-batches 20
  farebox bench --base-url http://127.0.0.1:8000 --request-rate 1,2,4 \\
      --traffic wildchat-2024-03
  farebox bench --base-url http://127.0.0.1:8000 --request-rate 8 \\
      --isl lognormal:900,1200
  farebox bench --base-url http://127.0.0.1:8000 --turns 4 --think-time 8s \\
      --request-rate 2
  farebox bench --base-url http://127.0.0.1:8000 --prefix-groups 16 \\
      --prefix-tokens 1500
  farebox bench --base-url http://127.0.0.1:8000 \\
      --trace examples/mooncake.jsonl --trace-speed 1,2
  farebox bench --base-url http://127.0.0.1:8000 \\
      --dataset examples/chats.jsonl --think-time 2s
  farebox bench --base-url http://127.0.0.1:8000 \\
      --prompts examples/prompts.txt --osl 100
  farebox bench --base-url https://gateway.example \\
      --header \"X-Team: 7\" my-model --num-requests 200
  farebox bench --base-url https://api.openai.com gpt-4.1-mini \\
      --tariff api:openai/gpt-4.1-mini
  farebox bench --base-url http://127.0.0.1:8000 --concurrency 1,8,64 \\
      --target-interval 2% --duration 5m
  farebox bench --base-url http://127.0.0.1:8000 --concurrency 1,8,64 \\
      --repeat 3 --cache hit=0.6
  farebox bench --base-url http://127.0.0.1:8000 --search \\
      --slo chat:ttft.p90=1s,tpot.p90=50ms
  farebox bench --base-url http://127.0.0.1:8000 --search=rate \\
      --request-rate 1..64 --slo ttft.p99=2s
  farebox bench --self-test --concurrency 1,64,512
  farebox bench --base-url http://127.0.0.1:8000 \\
      --slo chat:ttft.p90=1s,tpot.p90=50ms --price-per-hour 2.50 \\
      --out runs/first

Exit codes: 0 done, 1 no server or nothing but failures, 2 bad usage, 3 the run is INVALID (with
--strict, or has warnings).";

/// What is spoken there, under which name, and what is charged for it.
#[derive(Debug, Clone, Args)]
pub(crate) struct ApiArgs {
    /// The API: chat, completions, tgi (/generate_stream), sglang (/generate), ollama (/api/chat),
    /// ollama-generate, or a path
    #[arg(
        long,
        default_value = "chat",
        alias = "backend",
        alias = "endpoint-type",
        value_name = "API"
    )]
    pub(super) endpoint: String,
    /// The name to ask for, where the server calls the model otherwise
    #[arg(long, value_name = "NAME")]
    pub(super) served_model_name: Option<String>,
    /// It is a hosted API that charges by the token, as the catalogue says: api:provider/model; no
    /// machine is paid for
    #[arg(long, value_name = "API",
          conflicts_with_all = ["price_per_hour", "price_per_gpu_hour", "gpus_per_box", "gpus_used"])]
    pub(crate) tariff: Option<String>,
}

/// Where a run is written, and what it is called.
#[derive(Debug, Clone, Args)]
pub(crate) struct PlaceArgs {
    /// Where to write the run [default: runs/<utc>-<label>]
    #[arg(long, value_name = "DIR")]
    pub(super) out: Option<PathBuf>,
    /// Go on with the run in --out after it was cut short: loads that are complete are kept, the
    /// one that was cut short is measured again; everything else must be as it was. Without a run
    /// there, begin one
    #[arg(long, requires = "out", conflicts_with = "self_test")]
    pub(super) resume: bool,
    /// What to call the run [default: the folder, else the model]
    #[arg(long, value_name = "NAME")]
    pub(super) label: Option<String>,
}

/// What a request asks for.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Requests")]
pub(crate) struct RequestArgs {
    /// Input tokens per request, about: a number, normal:MEAN,SD, lognormal:MEAN,SD or
    /// uniform:LOW,HIGH
    #[arg(long, alias = "random-input-len", alias = "input-len", default_value = "2048", value_name = "N",
          value_parser = lengths, allow_negative_numbers = true)]
    pub(super) isl: Marginal,
    /// Output tokens per request, in the same way
    #[arg(long, alias = "random-output-len", alias = "output-len", default_value = "1024", value_name = "N",
          value_parser = lengths, allow_negative_numbers = true)]
    pub(super) osl: Marginal,
    /// Lengths as in a traffic profile: a name of `farebox profile --list`, a file of `farebox
    /// profile`, or a dataset org/name. Datasets (and openorca, mbpp and math-500) are fetched and
    /// counted once, with --tokenizer, else estimated
    #[arg(long, value_name = "NAME|FILE|DATASET", conflicts_with_all = ["isl", "osl"])]
    pub(super) traffic: Option<String>,
    /// Divide the lengths of --traffic by this, to try a small machine with real proportions
    #[arg(long, value_name = "N", requires = "traffic", allow_negative_numbers = true)]
    pub(super) shrink: Option<NonZeroU32>,
    /// Write prompts of exactly so many tokens of this: a tokenizer.json, a model folder or a Hub
    /// id; its chat template counts too [default: words, fitted by what the server counts]
    #[arg(long, value_name = "FILE|DIR|ID")]
    pub(super) tokenizer: Option<String>,
    /// Send the conversations of this dataset, each question with what was said before it and for
    /// as many tokens as its answer had: a file, or org/name on the Hub; --tokenizer counts them,
    /// else they are estimated
    #[arg(long, value_name = "FILE|NAME", conflicts_with_all = ["traffic", "isl", "osl", "prompts", "trace"])]
    pub(super) dataset: Option<String>,
    /// Fields of prompt and answer (and time) in a --dataset, --trace or dataset of --traffic; dots
    /// reach into objects
    #[arg(long, value_name = "PROMPT,ANSWER[,TIME]")]
    pub(super) field_map: Option<FieldMap>,
    /// Send these prompts, one per line, over and over; lengths asked for are then of answers only
    #[arg(long, value_name = "FILE", conflicts_with_all = ["tokenizer", "traffic"])]
    pub(super) prompts: Option<PathBuf>,
    /// What the server's prefix cache shall hold of each prompt: cold (nothing), warm (all of it) or
    /// hit=SHARE; brought about by a reset, salts and priming, and checked by its cached_tokens
    #[arg(long, value_name = "STATE", conflicts_with_all = ["trace", "dataset", "prompts", "turns", "trajectories", "prefix_groups"])]
    pub(super) cache: Option<CacheState>,
    /// Sampling temperature
    #[arg(long, default_value_t = 0.0, value_name = "T", value_parser = temperature, allow_negative_numbers = true)]
    pub(super) temperature: f64,
    /// Ask for the whole output length whatever the model says; dropped where a server refuses it
    #[arg(long, num_args = 0..=1, default_value_t = true, default_missing_value = "true",
          action = clap::ArgAction::Set, value_name = "true|false")]
    pub(super) ignore_eos: bool,
    /// Count answers of fewer output tokens as failures
    #[arg(long, value_name = "N", value_parser = length, allow_negative_numbers = true)]
    pub(super) min_osl: Option<u32>,
    /// Fields to add to every request body, as a JSON object
    #[arg(long, alias = "extra-request-body", value_name = "JSON")]
    pub(super) extra_body: Option<String>,
    /// Same seed, same bytes [default: a new one for each run, so that no run meets the prompts of
    /// an earlier one in the server's cache; run.json keeps it]
    #[arg(long, alias = "random-seed", value_name = "N", allow_negative_numbers = true)]
    pub(super) seed: Option<u64>,
    /// What is kept of each stream
    #[arg(long, value_enum, default_value_t = EventsArg::Full)]
    pub(super) events: EventsArg,
}

/// How the server is reached, and how patiently.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Connection")]
pub(crate) struct WayArgs {
    #[command(flatten)]
    pub(super) server: ServerArgs,
    /// Longest whole request
    #[arg(long, default_value = "600s", value_name = "TIME", allow_hyphen_values = true)]
    pub(super) timeout: Span,
    /// Longest silence once tokens have come
    #[arg(long, default_value = "60s", value_name = "TIME", allow_hyphen_values = true)]
    pub(super) stall_timeout: Span,
    /// Longest wait for a connection
    #[arg(long, default_value = "10s", value_name = "TIME", allow_hyphen_values = true)]
    pub(super) connect_timeout: Span,
    /// Longest wait for a server that is not up yet
    #[arg(
        long,
        alias = "ready-check-timeout-sec",
        default_value = "5s",
        value_name = "TIME",
        allow_hyphen_values = true
    )]
    pub(super) ready_timeout: Span,
}

/// What is kept of each stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum EventsArg {
    /// Every event with its time
    Full,
    /// First and last tokens and counts only
    Summary,
}

impl From<EventsArg> for EventDetail {
    fn from(events: EventsArg) -> Self {
        match events {
            EventsArg::Full => Self::Full,
            EventsArg::Summary => Self::Summary,
        }
    }
}

fn length(text: &str) -> Result<u32, String> {
    match text.parse::<u32>() {
        Ok(n) if (1..=10_000_000).contains(&n) => Ok(n),
        _ => Err(format!("`{text}` is no length: tokens from 1 to 10000000")),
    }
}

/// A fixed length, or a distribution by its name.
pub(super) fn lengths(text: &str) -> Result<Marginal, String> {
    if text.starts_with(|c: char| c.is_ascii_alphabetic()) {
        text.parse().map_err(|error: farebox_workload::SpecError| error.to_string())
    } else {
        length(text).map(Marginal::Fixed)
    }
}

fn temperature(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(t) if (0.0..=10.0).contains(&t) => Ok(t),
        _ => Err(format!("`{text}` is no temperature: from 0 to 10")),
    }
}
