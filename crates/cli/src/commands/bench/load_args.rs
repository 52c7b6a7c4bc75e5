//! What can be typed about the load of `farebox bench`.

use crate::args::range::Loads;
use crate::args::rates::Rates;
use crate::args::span::Span;
use clap::{Args, ValueEnum};
use farebox_workload::Rhythm;

/// How much load, and for how long.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Load")]
pub(crate) struct LoadArgs {
    /// Requests in flight, such as 1,2,4 or 1..64 [default: 1..16]; in open loop the most that may
    /// be in flight: what is due beyond waits, and its waiting is latency
    #[arg(
        long,
        visible_alias = "max-concurrency",
        alias = "parallel",
        value_name = "LIST",
        allow_negative_numbers = true
    )]
    pub(super) concurrency: Option<Loads>,
    /// Open loop: requests per second, such as 0.5,1,2 or 1..16
    #[arg(
        long,
        alias = "rate",
        value_name = "LIST",
        conflicts_with = "batch",
        allow_negative_numbers = true
    )]
    pub(super) request_rate: Option<Rates>,
    /// How unevenly they come: gamma gaps, 1 is Poisson, below in clumps, above more even
    #[arg(
        long,
        value_name = "G",
        requires = "request_rate",
        value_parser = burstiness,
        allow_negative_numbers = true
    )]
    pub(super) burstiness: Option<f64>,
    /// How they come: constant, poisson, gamma:G or bursts:SIZE [default: poisson]
    #[arg(
        long,
        alias = "arrival-pattern",
        value_name = "HOW",
        requires = "request_rate",
        conflicts_with = "burstiness"
    )]
    pub(super) arrivals: Option<Rhythm>,
    /// The rate follows the hours of the day (UTC) of this profile, --request-rate being their mean
    #[arg(long, value_name = "NAME|FILE", requires = "request_rate", conflicts_with = "trace")]
    pub(super) day: Option<String>,
    /// The hour at which it begins [default: 0]
    #[arg(long, value_name = "HOUR", requires = "day", value_parser = clap::value_parser!(u32).range(0..24),
          allow_negative_numbers = true)]
    pub(super) day_start: Option<u32>,
    /// How long that day takes, such as 24m for a minute an hour [default: 24h]
    #[arg(long, value_name = "TIME", requires = "day", allow_hyphen_values = true)]
    pub(super) day_length: Option<Span>,
    /// Open loop: the times and lengths of a trace (Mooncake, Azure, BurstGPT, a log with times, or
    /// lines of isl and osl; gzip and zstd too); with --request-rate its lengths in their order
    #[arg(long, value_name = "FILE|NAME", conflicts_with_all = ["batch", "traffic", "isl", "osl"])]
    pub(super) trace: Option<String>,
    /// How much faster than recorded, such as 2 or 0.5,1,2 [default: 1]
    #[arg(
        long,
        value_name = "LIST",
        requires = "trace",
        conflicts_with = "request_rate",
        allow_negative_numbers = true
    )]
    pub(super) trace_speed: Option<Rates>,
    /// Requests sent at once and then waited for, such as 4,8,16
    #[arg(
        long,
        alias = "batch-sizes",
        value_name = "LIST",
        conflicts_with = "concurrency",
        allow_negative_numbers = true
    )]
    pub(super) batch: Option<Loads>,
    /// Batches at each size [default: 20]
    #[arg(long, value_name = "N", requires = "batch", value_parser = count, allow_negative_numbers = true)]
    pub(super) num_batches: Option<u64>,
    /// Time at each load, such as 30s [default: 30s; the whole of a trace]
    #[arg(
        long,
        alias = "benchmark-duration",
        alias = "max-seconds",
        value_name = "TIME",
        allow_hyphen_values = true
    )]
    pub(super) duration: Option<Span>,
    /// Requests at each load
    #[arg(long, visible_alias = "num-prompts", alias = "request-count", value_name = "N",
          conflicts_with_all = ["duration", "num_batches"], value_parser = count, allow_negative_numbers = true)]
    pub(super) num_requests: Option<u64>,
    /// Look for the load line of each --slo instead of sweeping, over requests in flight or per
    /// second; --concurrency LOW..HIGH or --request-rate LOW..HIGH say where [default: 1..256]
    #[arg(long, value_enum, num_args = 0..=1, require_equals = true, default_missing_value = "any",
          value_name = "concurrency|rate", hide_possible_values = true,
          conflicts_with_all = ["batch", "trace", "repeat", "target_interval"])]
    pub(super) search: Option<Searched>,
    /// How closely to look: done when the load that breaks the promise is this little above the one
    /// that keeps it
    #[arg(long, default_value = "25%", value_name = "SHARE", requires = "search", value_parser = share)]
    pub(super) search_resolution: f64,
    /// End each load as soon as half the 95 % interval of its throughput is this share of it, such
    /// as 2%; at --duration at the latest
    #[arg(long, value_name = "SHARE", value_parser = share, conflicts_with = "batch")]
    pub(super) target_interval: Option<f64>,
    /// Offer all loads so many times over, with new prompts; figures are of all times together
    #[arg(long, default_value = "1", value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(super) repeat: u32,
    /// Requests that wake the server up first [default: the highest load, up to 16]
    #[arg(long, alias = "num-warmups", value_name = "N", value_parser = warmup, allow_negative_numbers = true)]
    pub(super) warmup: Option<u64>,
}

/// What `--search` varies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Searched {
    /// Whichever has a range; requests in flight where none has.
    Any,
    /// Requests in flight.
    Concurrency,
    /// Requests per second.
    Rate,
}

/// `2%` or `0.02`.
fn share(text: &str) -> Result<f64, String> {
    let number = match text.strip_suffix('%') {
        Some(percent) => percent.trim().parse::<f64>().map(|percent| percent / 100.0),
        None => text.parse::<f64>(),
    };
    match number {
        Ok(share) if share > 0.0 && share <= 1.0 => Ok(share),
        _ => Err(format!("`{text}` is no share: above 0 and up to 100%, such as 2% or 0.02")),
    }
}

fn burstiness(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(g) if (0.01..=1000.0).contains(&g) => Ok(g),
        _ => Err(format!("`{text}` is no burstiness: from 0.01 to 1000, where 1 is Poisson")),
    }
}

fn count(text: &str) -> Result<u64, String> {
    match text.parse::<u64>() {
        Ok(n) if (1..=1_000_000_000).contains(&n) => Ok(n),
        _ => Err(format!("`{text}` is no count: from 1 to 1000000000")),
    }
}

fn warmup(text: &str) -> Result<u64, String> {
    match text.parse::<u64>() {
        Ok(n) if n <= 1_000_000 => Ok(n),
        _ => Err(format!("`{text}` is no number of warm-up requests: from 0 to 1000000")),
    }
}
