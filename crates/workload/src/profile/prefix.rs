//! How much of the input an earlier request began with: what a prefix cache could spare.

use super::prefix_tree::PrefixTree;
use crate::observed::{Observed, ObservedTraffic};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// Share of input tokens that an earlier request of the same source began with. An upper bound of
/// what a cache saves: it takes the cache to be endless.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PrefixShare {
    /// 0 to 1.
    pub share: f64,
    /// What it was found from.
    pub basis: PrefixBasis,
}

/// What a prefix share was found from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PrefixBasis {
    /// The source states it, for some requests or all; the others are left out.
    Stated,
    /// Names of prompt blocks.
    Blocks,
    /// Turns of a conversation, each taken to begin with the one before.
    Sessions,
}

impl PrefixShare {
    /// None where the source says nothing about sharing.
    pub fn of(traffic: &ObservedTraffic) -> Option<Self> {
        let requests = &traffic.requests;
        let stated = requests.iter().filter_map(|r| Some((u64::from(r.shared_prefix?), r.isl)));
        if let Some(share) = share(stated) {
            return Some(Self { share, basis: PrefixBasis::Stated });
        }
        if traffic.block_tokens > 0 && requests.iter().any(|r| !r.blocks.is_empty()) {
            let share = share(by_blocks(requests, traffic.block_tokens))?;
            return Some(Self { share, basis: PrefixBasis::Blocks });
        }
        requests.iter().any(|r| r.session.is_some()).then_some(())?;
        Some(Self { share: share(by_sessions(requests))?, basis: PrefixBasis::Sessions })
    }
}

/// Shared over all input tokens; none without input.
fn share(requests: impl Iterator<Item = (u64, u32)>) -> Option<f64> {
    let (shared, input) = requests
        .fold((0, 0), |(shared, input), (part, isl)| (shared + part, input + u64::from(isl)));
    (input > 0).then(|| shared as f64 / input as f64)
}

fn by_blocks(requests: &[Observed], block_tokens: u32) -> impl Iterator<Item = (u64, u32)> {
    let mut tree = PrefixTree::new();
    requests.iter().map(move |request| (tree.add(request.pieces(block_tokens)), request.isl))
}

fn by_sessions(requests: &[Observed]) -> impl Iterator<Item = (u64, u32)> {
    let mut before: HashMap<u64, u32> = HashMap::new();
    requests.iter().map(move |request| {
        let earlier = request.session.and_then(|session| before.insert(session, request.isl));
        // A prompt shorter than the turn before it does not begin with it.
        (u64::from(earlier.filter(|isl| *isl <= request.isl).unwrap_or(0)), request.isl)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn traffic(requests: Vec<Observed>, block_tokens: u32) -> ObservedTraffic {
        ObservedTraffic { block_tokens, requests, ..ObservedTraffic::default() }
    }

    #[test]
    fn blocks_sessions_and_statements() {
        let blocks =
            |isl, blocks: &[u64]| Observed { isl, blocks: blocks.into(), ..Observed::default() };
        let found =
            PrefixShare::of(&traffic(vec![blocks(30, &[1, 2]), blocks(50, &[1, 2, 3])], 16));
        // The second begins with both blocks of the first: 16 tokens and the 14 of its last.
        assert_eq!(found, Some(PrefixShare { share: 30.0 / 80.0, basis: PrefixBasis::Blocks }));

        let turn = |session, isl| Observed { isl, session: Some(session), ..Observed::default() };
        let found =
            PrefixShare::of(&traffic(vec![turn(1, 10), turn(2, 20), turn(1, 30), turn(2, 15)], 0));
        assert_eq!(found, Some(PrefixShare { share: 10.0 / 75.0, basis: PrefixBasis::Sessions }));

        let stated = Observed { isl: 8, shared_prefix: Some(6), ..Observed::default() };
        let silent = Observed { isl: 100, ..Observed::default() };
        let found = PrefixShare::of(&traffic(vec![stated, silent.clone()], 0));
        assert_eq!(found, Some(PrefixShare { share: 0.75, basis: PrefixBasis::Stated }));
        assert_eq!(PrefixShare::of(&traffic(vec![silent], 0)), None, "unknown is not zero");
    }
}
