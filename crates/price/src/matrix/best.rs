//! Which cell wins. Only cells that were asked the same are held against each other: a price per
//! token of long answers says nothing about one of short answers.

use super::sheet::CellRow;
use super::tier::CellTier;
use serde::{Deserialize, Serialize};

/// The best cells of one workload at one promise.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Best {
    /// What was asked; empty where there is only one workload.
    pub workload: String,
    /// Name of the promise.
    pub tier: String,
    /// The cell with the lowest blended price, in USD per million tokens; none where no cell has
    /// one.
    pub by_price: Option<Winner>,
    /// The cell with most output tokens per second and accelerator; none where no cell keeps the
    /// promise.
    pub by_throughput_per_gpu: Option<Winner>,
}

/// A cell and the figure that it wins with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Winner {
    /// Its name.
    pub cell: String,
    /// In the unit that the field naming it says.
    pub value: f64,
}

/// The best of `cells`, workload by workload and promise by promise, in their order. Cells that
/// are not done, and those whose verdict is INVALID, win nothing; of equals the first wins.
pub fn best(cells: &[CellRow]) -> Vec<Best> {
    let done: Vec<&CellRow> = cells.iter().filter(|cell| cell.counts()).collect();
    let mut contests: Vec<(&str, &str)> = Vec::new();
    for cell in &done {
        for tier in &cell.tiers {
            let contest = (cell.workload.as_str(), tier.name.as_str());
            if !contests.contains(&contest) {
                contests.push(contest);
            }
        }
    }
    let contest = |(workload, name): (&str, &str)| {
        let entries: Vec<(&CellRow, &CellTier)> = done
            .iter()
            .filter(|cell| cell.workload == workload)
            .filter_map(|cell| Some((*cell, cell.tiers.iter().find(|tier| tier.name == name)?)))
            .collect();
        let price = |tier: &CellTier| tier.usd_per_mtok_blended.map(|usd| -usd.get());
        Best {
            workload: workload.to_owned(),
            tier: name.to_owned(),
            by_price: winner(&entries, price).map(|it| Winner { value: -it.value, ..it }),
            by_throughput_per_gpu: winner(&entries, |tier| tier.output_tok_per_s_per_gpu),
        }
    };
    contests.into_iter().map(contest).collect()
}

/// The entry with the highest score.
fn winner(
    entries: &[(&CellRow, &CellTier)],
    score: impl Fn(&CellTier) -> Option<f64>,
) -> Option<Winner> {
    let scored = entries.iter().filter_map(|(cell, tier)| Some((*cell, score(tier)?)));
    // The last of equals is kept, so the first comes last.
    let best = scored.rev().max_by(|a, b| a.1.total_cmp(&b.1));
    best.map(|(cell, value)| Winner { cell: cell.name.clone(), value })
}
