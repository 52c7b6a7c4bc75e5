//! The latency metrics a promise can name, and the statistics it can bound.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A latency of one request, as defined in [`crate::latency`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// First token-bearing chunk minus first byte sent.
    Ttft,
    /// First token-bearing chunk minus the scheduled time.
    TtftSched,
    /// First non-reasoning token minus first byte sent: what a reader sees.
    Ttfo,
    /// Time per output token after the first chunk.
    Tpot,
    /// Gap between successive token-bearing chunks.
    Icl,
    /// That gap divided by the tokens in the later chunk; absent unless they are known.
    Itl,
    /// Last token minus first byte sent.
    E2e,
    /// Last token minus the scheduled time.
    E2eSched,
}

impl Metric {
    /// Every metric, in the order tables print them.
    pub const ALL: [Self; 8] = [
        Self::Ttft,
        Self::TtftSched,
        Self::Ttfo,
        Self::Tpot,
        Self::Icl,
        Self::Itl,
        Self::E2e,
        Self::E2eSched,
    ];

    /// The name used in flags, files and documents.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ttft => "ttft",
            Self::TtftSched => "ttft_sched",
            Self::Ttfo => "ttfo",
            Self::Tpot => "tpot",
            Self::Icl => "icl",
            Self::Itl => "itl",
            Self::E2e => "e2e",
            Self::E2eSched => "e2e_sched",
        }
    }

    /// Reads a name, ours or that of vLLM or AIPerf for the same latency. AIPerf's
    /// `inter_token_latency` is one number per request: our TPOT.
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "e2el" | "request_latency" => Some(Self::E2e),
            "time_to_first_token" => Some(Self::Ttft),
            "time_to_first_output_token" => Some(Self::Ttfo),
            "inter_token_latency" => Some(Self::Tpot),
            _ => Self::ALL.into_iter().find(|metric| metric.name() == name),
        }
    }

    /// The same latency read on `clock`, for those that have two.
    #[must_use]
    pub const fn on(self, clock: Clock) -> Self {
        match (self, clock) {
            (Self::Ttft, Clock::Scheduled) => Self::TtftSched,
            (Self::E2e, Clock::Scheduled) => Self::E2eSched,
            _ => self,
        }
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Where a latency starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Clock {
    /// From the first byte sent: closed loop and batches, where nothing was scheduled.
    Send,
    /// From the time the request was meant to be sent: open loop.
    Scheduled,
}

/// One number drawn from a distribution.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub enum Statistic {
    /// The arithmetic mean.
    Mean,
    /// A percentile strictly between 0 and 100.
    Percentile(f64),
}

impl Statistic {
    /// Reads `mean`, `avg`, `median`, `p90`, `p99.9`.
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "mean" | "avg" => Some(Self::Mean),
            "median" => Some(Self::Percentile(50.0)),
            _ => {
                let percentile: f64 = name.strip_prefix('p')?.parse().ok()?;
                (percentile > 0.0 && percentile < 100.0).then_some(Self::Percentile(percentile))
            }
        }
    }
}

impl fmt::Display for Statistic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mean => f.write_str("mean"),
            Self::Percentile(p) => write!(f, "p{p}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip_and_serialise_alike() {
        for metric in Metric::ALL {
            assert_eq!(Metric::from_name(metric.name()), Some(metric));
            let json = serde_json::to_string(&metric).unwrap();
            assert_eq!(json, format!("\"{metric}\""));
        }
    }

    #[test]
    fn percentiles_stay_inside_the_open_interval() {
        for bad in ["p0", "p100", "p-1", "pnan", "p", "q90", ""] {
            assert_eq!(Statistic::from_name(bad), None, "{bad}");
        }
        assert_eq!(Statistic::from_name("p99.9"), Some(Statistic::Percentile(99.9)));
    }
}
