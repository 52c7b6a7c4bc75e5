//! What can be typed after `farebox profile`.

use clap::{Args, ValueEnum};
use farebox_dataset::{FieldMap, Window};
use std::num::NonZeroUsize;
use std::path::PathBuf;

/// Sum up real requests: lengths together, arrivals, turns and shared prefixes.
///
/// Reads JSONL, JSON, CSV and Parquet, gzip and zstd, from disk, standard input (-) or a dataset on
/// the Hub. Conversations become one request per answer, with all that was said before as its
/// input. Lengths are counted by --tokenizer, taken as the source declares them, or estimated and
/// called so.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ProfileArgs {
    /// A file, - for standard input, a Hub dataset, or a name of --list
    #[arg(value_name = "INPUT")]
    pub(super) input: Option<String>,
    /// Count tokens with this: a tokenizer.json, a model folder, or a Hub id
    #[arg(long, value_name = "FILE|DIR|ID")]
    pub(super) tokenizer: Option<String>,
    /// Only requests sent within it: two days, both whole; two times; or seconds of a trace
    #[arg(long, value_name = "FROM..TO")]
    pub(super) window: Option<Window>,
    /// Fields of prompt and answer, and of the time if there is one; dots reach into objects
    #[arg(long, value_name = "PROMPT,ANSWER[,TIME]")]
    pub(super) field_map: Option<FieldMap>,
    /// The split of a Hub dataset [default: train, else the only one]
    #[arg(long, value_name = "NAME")]
    pub(super) split: Option<String>,
    /// The figures of a published rule too, with what is wrong with it
    #[arg(long, value_enum, value_name = "RULE")]
    pub(super) compat: Option<Compat>,
    /// Write the profile here, for `bench --traffic FILE`
    #[arg(short, long, value_name = "FILE")]
    pub(super) out: Option<PathBuf>,
    /// Draw it here, as SVG
    #[arg(long, value_name = "FILE")]
    pub(super) plot: Option<PathBuf>,
    /// What comes with this program: profiles, and recipes for datasets
    #[arg(long, conflicts_with = "input")]
    pub(super) list: bool,
    /// Count again even if nothing has changed since the last time
    #[arg(long)]
    pub(super) no_cache: bool,
    /// Threads that count [default: all cores]
    #[arg(long, value_name = "N")]
    pub(super) threads: Option<NonZeroUsize>,
}

/// A published rule that made one workload of many requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Compat {
    /// Midpoints of a 10 x 10 histogram (the pricing seed)
    #[value(name = "seed-000")]
    Seed000,
    /// A normal distribution of the first 500 rows (the offline seed)
    #[value(name = "seed-003")]
    Seed003,
}

const EXAMPLES: &str = "\
Examples:
  farebox profile examples/chats.jsonl
  farebox profile examples/azure.csv --plot azure.svg
  farebox profile examples/log.jsonl \\
      --field-map request.text,response.text,sent_at
  farebox profile examples/mooncake.jsonl --out mine.json
  farebox profile wildchat-2024-03
  farebox profile --list
  zcat log.jsonl.gz | farebox profile - --window 2024-03-17..2024-03-23
  farebox profile allenai/WildChat-1M \\
      --tokenizer meta-llama/Llama-3.1-8B-Instruct";
