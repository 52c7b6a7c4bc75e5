//! What can be typed about what requests have in common.

use super::args::lengths;
use crate::args::span::Span;
use clap::Args;
use farebox_workload::{Marginal, Pause, Turns};

/// Conversations and shared prefixes.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Conversations and shared prefixes")]
pub(crate) struct SharingArgs {
    /// Conversations of so many turns: a number or geometric:MEAN. Each prompt begins with the one
    /// before and waits for its answer; --isl is the first turn's. Of a --dataset, its first turns
    /// [default: 1; of a --dataset, all]
    #[arg(long, visible_alias = "session-turns", alias = "session-turns-mean", alias = "conversation-turn-mean",
          value_name = "N", conflicts_with_all = ["batch", "trace", "prompts"])]
    pub(super) turns: Option<Turns>,
    /// Input tokens that each turn adds: the answer before it and what is said next
    /// [default: as many as --isl and --osl together]
    #[arg(long, value_name = "N", requires = "turns", conflicts_with = "dataset", value_parser = lengths,
          allow_negative_numbers = true)]
    pub(super) turn_growth: Option<Marginal>,
    /// Time from an answer to the next turn: 5s, or exponential:5s [default: none]
    #[arg(long, alias = "turn-delay", value_name = "TIME", value_parser = pause, conflicts_with = "batch",
          allow_hyphen_values = true)]
    pub(super) think_time: Option<Pause>,
    /// Agents: conversations of five steps without pause, each the one before and a fifth of --isl
    /// more
    #[arg(long, conflicts_with_all = ["turns", "think_time", "prefix_groups", "batch", "trace", "prompts", "dataset"])]
    pub(super) trajectories: bool,
    /// Prefixes that requests begin with, such as so many system prompts
    #[arg(long, visible_alias = "num-prefix-prompts", alias = "prefix-repetition-num-prefixes", value_name = "N",
          requires = "prefix_tokens", conflicts_with_all = ["turns", "trace", "prompts", "dataset"],
          value_parser = clap::value_parser!(u32).range(1..=1_000_000), allow_negative_numbers = true)]
    pub(super) prefix_groups: Option<u32>,
    /// Tokens of each; --isl counts them too [default groups: 1]
    #[arg(long, visible_alias = "prefix-prompt-length", alias = "prefix-repetition-prefix-len", value_name = "N",
          conflicts_with_all = ["turns", "trajectories", "trace", "prompts", "dataset"],
          value_parser = clap::value_parser!(u32).range(1..=10_000_000), allow_negative_numbers = true)]
    pub(super) prefix_tokens: Option<u32>,
    /// How much more often the first groups are met: the k-th k^-S times as often as the first
    /// [default: 0, all alike]
    #[arg(long, value_name = "S", requires = "prefix_tokens", value_parser = exponent, allow_negative_numbers = true)]
    pub(super) prefix_zipf: Option<f64>,
}

fn pause(text: &str) -> Result<Pause, String> {
    match text.strip_prefix("exponential:") {
        Some(mean) => Ok(Pause::Exponential(mean.parse::<Span>()?.0.as_secs_f64())),
        None => Ok(Pause::Fixed(text.parse::<Span>()?.0.as_secs_f64())),
    }
}

fn exponent(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(exponent) if (0.0..=10.0).contains(&exponent) => Ok(exponent),
        _ => Err(format!("`{text}` is no exponent of Zipf's law: from 0 to 10, often about 1")),
    }
}
