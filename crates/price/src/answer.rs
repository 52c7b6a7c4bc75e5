//! Whether a sheet is a yes, and which deployment it recommends.

use crate::sheet::{PriceSheet, Tier};

/// Why the answer is no.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Shortfall {
    /// No promise is kept anywhere.
    #[error("no tier is met: {reason}")]
    NoTier {
        /// The reason of the first tier.
        reason: String,
    },
    /// The promise that was required is kept by no curve.
    #[error("tier `{name}` is not met: {reason}")]
    Required {
        /// The promise.
        name: String,
        /// The reason of its first tier.
        reason: String,
    },
    /// No tier has the required name: a mistake of the asker's.
    #[error("no tier is named `{name}`: there {}", listed(.known))]
    Unknown {
        /// The name asked for.
        name: String,
        /// The names there are.
        known: Vec<String>,
    },
}

fn listed(known: &[String]) -> String {
    match known {
        [one] => format!("is {one}"),
        many => format!("are {}", many.join(", ")),
    }
}

impl PriceSheet {
    /// Why the answer is no; none when it is yes. With `require`, that tier must be met by some
    /// curve, else any tier will do.
    pub fn shortfall(&self, require: Option<&str>) -> Option<Shortfall> {
        let asked = |tier: &&Tier| require.is_none_or(|name| tier.name == name);
        let tiers: Vec<&Tier> = self.tiers.iter().filter(asked).collect();
        if tiers.iter().any(|tier| tier.price().is_some()) {
            return None;
        }
        let reason = tiers.iter().find_map(|tier| tier.reason()).map(str::to_owned);
        Some(match (require, reason) {
            (Some(name), Some(reason)) => Shortfall::Required { name: name.to_owned(), reason },
            (Some(name), None) => Shortfall::Unknown {
                name: name.to_owned(),
                known: self.tier_names().into_iter().map(str::to_owned).collect(),
            },
            (None, reason) => Shortfall::NoTier {
                reason: reason.unwrap_or_else(|| "there are no curves".to_owned()),
            },
        })
    }

    /// The names of the promises, in the order they were made.
    pub fn tier_names(&self) -> Vec<&str> {
        distinct(self.tiers.iter().map(|tier| tier.name.as_str()))
    }

    /// The names of the curves, in the order they were given.
    pub fn curve_names(&self) -> Vec<&str> {
        distinct(self.tiers.iter().map(|tier| tier.curve.as_str()))
    }

    /// For each promise the curve that keeps it at the lowest blended price; promises that no
    /// curve keeps are left out.
    pub fn best_per_tier(&self) -> Vec<&Tier> {
        let blended = |tier: &Tier| tier.price().map(|price| price.usd_per_mtok_blended.get());
        let best = |name: &str| {
            let priced =
                self.tiers.iter().filter(|tier| tier.name == name && blended(tier).is_some());
            priced.min_by(|a, b| {
                let key = |tier| blended(tier).unwrap_or(f64::INFINITY);
                key(a).total_cmp(&key(b))
            })
        };
        self.tier_names().into_iter().filter_map(best).collect()
    }
}

fn distinct<'a>(names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut seen = Vec::new();
    for name in names {
        if !seen.contains(&name) {
            seen.push(name);
        }
    }
    seen
}
