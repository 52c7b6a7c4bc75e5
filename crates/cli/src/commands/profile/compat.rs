//! Published rules that made one workload of many requests, with their figures and their faults.

use super::args::Compat;
use crate::error::CliError;
use farebox_workload::profile::compat::{POOLED_ROWS, bin_midpoints, pooled_normal};
use serde::Serialize;

/// What a rule gives for these requests.
#[derive(Debug, Serialize)]
pub(super) struct CompatFigures {
    pub(super) rule: &'static str,
    pub(super) isl_tokens: f64,
    pub(super) osl_tokens: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) isl_sd: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) osl_sd: Option<f64>,
    /// The requests that the rule looks at, and their true means.
    pub(super) kept_requests: usize,
    pub(super) kept_isl_mean: f64,
    pub(super) kept_osl_mean: f64,
    /// What is wrong with it.
    pub(super) caution: &'static str,
}

/// The longest lengths that the pricing seed's histogram holds, in tokens.
const LONGEST: u32 = 16_384;

impl CompatFigures {
    pub(super) fn of(rule: Compat, lengths: &[(u32, u32)]) -> Result<Self, CliError> {
        let none = || CliError::failed("--compat: no request is one that the rule looks at");
        match rule {
            Compat::Seed000 => {
                let (isl, osl) = bin_midpoints(lengths.iter().copied()).ok_or_else(none)?;
                let fits = |it: &&(u32, u32)| it.0 <= LONGEST && it.1 <= LONGEST;
                let kept: Vec<(u32, u32)> = lengths.iter().filter(fits).copied().collect();
                let figures = (f64::from(isl), f64::from(osl));
                Ok(Self::new("seed-000", figures, None, &kept))
            }
            Compat::Seed003 => {
                let pools = [lengths.to_vec()];
                let normal = pooled_normal(&pools).ok_or_else(none)?;
                let kept = &lengths[..lengths.len().min(POOLED_ROWS)];
                let figures = (normal.isl.0, normal.osl.0);
                Ok(Self::new("seed-003", figures, Some((normal.isl.1, normal.osl.1)), kept))
            }
        }
    }

    fn new(
        rule: &'static str,
        (isl_tokens, osl_tokens): (f64, f64),
        sd: Option<(f64, f64)>,
        kept: &[(u32, u32)],
    ) -> Self {
        let mean = |of: fn(&(u32, u32)) -> u32| {
            kept.iter().map(|it| f64::from(of(it))).sum::<f64>() / kept.len() as f64
        };
        Self {
            rule,
            isl_tokens,
            osl_tokens,
            isl_sd: sd.map(|sd| sd.0),
            osl_sd: sd.map(|sd| sd.1),
            kept_requests: kept.len(),
            kept_isl_mean: mean(|it| it.0),
            kept_osl_mean: mean(|it| it.1),
            caution: match sd {
                None => {
                    "midpoints of doubling bins lie above the means of what is in them, requests \
                     longer than 16,384 tokens are dropped, and one pair of lengths cannot stand \
                     for a long-tailed joint distribution"
                }
                Some(_) => {
                    "lengths are skewed and a normal is not, so it piles up at one token; input \
                     and output are drawn apart; and only the first 500 rows count"
                }
            },
        }
    }

    /// In one sentence.
    pub(super) fn sentence(&self) -> String {
        let sd = |sd: Option<f64>| sd.map_or(String::new(), |sd| format!(" (sd {sd:.0})"));
        format!(
            "{} gives {:.0}{} in and {:.0}{} out. It looks at {} requests, whose true means are \
             {:.0} and {:.0}. What is wrong with it: {}.",
            self.rule,
            self.isl_tokens,
            sd(self.isl_sd),
            self.osl_tokens,
            sd(self.osl_sd),
            self.kept_requests,
            self.kept_isl_mean,
            self.kept_osl_mean,
            self.caution,
        )
    }
}
