//! The joint distribution of input and output lengths in few cells that keep true means.
//!
//! A cell holds the requests whose two lengths have the same number of binary digits: 64 to 127
//! tokens in, 256 to 511 out. It keeps the mean of what is in it and not the middle of its edges,
//! so the mean over all cells is the mean over all requests, however coarse the cells are.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Requests of about the same lengths.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Cell {
    /// Mean input tokens of the requests in it.
    pub isl_mean: f64,
    /// Mean output tokens of the requests in it.
    pub osl_mean: f64,
    /// How many requests.
    pub count: u64,
}

/// How lengths were cut into cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Grid {
    /// A cell per doubling of either length.
    Octave,
}

/// The cells of `lengths` (input, output), by rising input and then output length.
pub fn joint_cells(lengths: impl IntoIterator<Item = (u32, u32)>) -> Vec<Cell> {
    let mut sums: BTreeMap<(u32, u32), (u64, u64, u64)> = BTreeMap::new();
    for (isl, osl) in lengths {
        let sum = sums.entry((digits(isl), digits(osl))).or_default();
        *sum = (sum.0 + u64::from(isl), sum.1 + u64::from(osl), sum.2 + 1);
    }
    let mean = |sum: u64, count: u64| sum as f64 / count as f64;
    let cells = sums.into_values().map(|(isl, osl, count)| Cell {
        isl_mean: mean(isl, count),
        osl_mean: mean(osl, count),
        count,
    });
    cells.collect()
}

/// Smallest and largest length of the cell side that holds `mean`: a mean lies between the
/// lengths it averages, so it names its own cell.
pub fn grid_span(mean: f64) -> (u32, u32) {
    match digits(mean as u32) {
        0 => (0, 0),
        32.. => (1 << 31, u32::MAX),
        digits => (1 << (digits - 1), (1 << digits) - 1),
    }
}

/// Binary digits of a length; none of 0.
fn digits(length: u32) -> u32 {
    u32::BITS - length.leading_zeros()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_cell_holds_one_doubling_and_keeps_its_true_mean() {
        let cells = joint_cells([(64, 10), (127, 10), (128, 10), (70, 9)]);
        assert_eq!(cells.len(), 2);
        assert_eq!((cells[0].isl_mean, cells[0].count), (87.0, 3));
        assert!((cells[0].osl_mean - 29.0 / 3.0).abs() < 1e-12);
        assert_eq!((cells[1].isl_mean, cells[1].count), (128.0, 1));
        assert_eq!(grid_span(87.0), (64, 127));
        assert_eq!((grid_span(0.0), grid_span(1.0), grid_span(2.5)), ((0, 0), (1, 1), (2, 3)));
    }

    proptest! {
        /// Cells lose no token: the mean over cells is the mean over requests.
        #[test]
        fn cells_keep_every_token(lengths in prop::collection::vec((0..200_000_u32, 0..9_000_u32), 1..300)) {
            let cells = joint_cells(lengths.iter().copied());
            let total = |of: fn(&Cell) -> f64| cells.iter().map(|c| of(c) * c.count as f64).sum::<f64>();
            let (isl, osl) = lengths.iter().fold((0_u64, 0_u64), |(i, o), l| (i + u64::from(l.0), o + u64::from(l.1)));
            prop_assert!((total(|c| c.isl_mean) - isl as f64).abs() <= 1e-9 * isl as f64);
            prop_assert!((total(|c| c.osl_mean) - osl as f64).abs() <= 1e-9 * osl as f64);
            prop_assert_eq!(cells.iter().map(|c| c.count).sum::<u64>(), lengths.len() as u64);
        }
    }
}
