//! How a signal is read from a server's samples.

use farebox_wire::prometheus::{Exposition, Sample};

/// How a signal is read. All ranks and replicas behind the address count together: amounts are
/// added, and a share is that of the whole, which is the mean, since ranks of one engine have
/// caches of one size. (The fullest rank preempts first; preemptions are counted by themselves.)
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    /// The sum of the samples of this name.
    Sum(&'static str),
    /// The mean of the samples of this name.
    Mean(&'static str),
    /// The sums of these names, added; none if one of them is absent.
    Added(&'static str, &'static str),
    /// One less the other.
    Less(&'static str, &'static str),
    /// Mean over mean.
    Share {
        /// What is used.
        part: &'static str,
        /// What there is.
        whole: &'static str,
    },
    /// Blocks in tokens.
    Blocks {
        /// The number of blocks, summed.
        blocks: &'static str,
        /// Tokens in each.
        tokens: &'static str,
    },
    /// Blocks in tokens, published for one worker of many.
    BlocksOfEach {
        /// A metric that each worker has a sample of.
        worker: &'static str,
        /// The number of blocks of one worker.
        blocks: &'static str,
        /// Tokens in each.
        tokens: &'static str,
    },
    /// Tokens, or blocks of the cache where the metric's `# HELP` says so (vLLM 0.8 and before).
    TokensOrBlocks(&'static str),
    /// The number in a label of an information metric, summed.
    Label {
        /// The metric.
        info: &'static str,
        /// Its label.
        label: &'static str,
    },
    /// The product of the numbers in two labels of an information metric, summed.
    LabelProduct {
        /// The metric.
        info: &'static str,
        /// One label.
        one: &'static str,
        /// The other.
        other: &'static str,
    },
}

impl Meaning {
    /// The value, if the server publishes it.
    pub(super) fn read(self, from: &Exposition<'_>) -> Option<f64> {
        match self {
            Self::Sum(name) => sum(values(from, name)),
            Self::Mean(name) => mean(values(from, name)),
            Self::Added(one, other) => Some(sum(values(from, one))? + sum(values(from, other))?),
            Self::Less(one, other) => Some(sum(values(from, one))? - sum(values(from, other))?),
            Self::Share { part, whole } => {
                let whole = mean(values(from, whole)).filter(|&whole| whole > 0.0)?;
                Some(mean(values(from, part))? / whole)
            }
            Self::Blocks { blocks, tokens } => {
                Some(sum(values(from, blocks))? * mean(values(from, tokens))?)
            }
            Self::BlocksOfEach { worker, blocks, tokens } => {
                let workers = values(from, worker).count().max(1) as f64;
                Some(workers * mean(values(from, blocks))? * mean(values(from, tokens))?)
            }
            Self::TokensOrBlocks(name) => {
                let in_blocks = from.help(name).is_some_and(|help| help.contains("blocks"));
                let size = || mean(labels(from, "vllm:cache_config_info", "block_size"));
                Some(sum(values(from, name))? * if in_blocks { size()? } else { 1.0 })
            }
            Self::Label { info, label } => sum(labels(from, info, label)),
            Self::LabelProduct { info, one, other } => sum(first_ranks(from, info)
                .filter_map(|sample| Some(number(sample, one)? * number(sample, other)?))),
        }
    }
}

fn values<'e>(from: &'e Exposition<'_>, name: &'static str) -> impl Iterator<Item = f64> + 'e {
    first_ranks(from, name).map(|sample| sample.value)
}

fn labels<'e>(
    from: &'e Exposition<'_>,
    name: &'static str,
    label: &'static str,
) -> impl Iterator<Item = f64> + 'e {
    first_ranks(from, name).filter_map(move |sample| number(sample, label))
}

fn number(sample: &Sample<'_>, label: &str) -> Option<f64> {
    sample.label(label)?.parse().ok()
}

/// Ranks that work on the same requests each publish the same (SGLang with
/// `--enable-metrics-for-all-schedulers`): only the first of them counts. Ranks of data parallelism
/// have requests of their own, and all count.
fn first_ranks<'s, 'e>(
    from: &'s Exposition<'e>,
    name: &'static str,
) -> impl Iterator<Item = &'s Sample<'e>> {
    const ALIKE: [&str; 3] = ["tp_rank", "pp_rank", "moe_ep_rank"];
    let is_first = |sample: &&Sample<'_>| {
        ALIKE.iter().all(|rank| sample.label(rank).is_none_or(|rank| matches!(rank, "0" | "")))
    };
    from.named(name).filter(is_first)
}

fn sum(values: impl Iterator<Item = f64>) -> Option<f64> {
    values.reduce(|a, b| a + b)
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (count, sum) = values.fold((0_u32, 0.0), |(count, sum), value| (count + 1, sum + value));
    (count > 0).then(|| sum / f64::from(count))
}
