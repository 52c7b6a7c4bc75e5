//! Input and output lengths together, as a profile has them.

use super::Length;
use super::truncated::Truncated;
use crate::profile::{Cell, Grid, Summary, Traffic, grid_span};
use crate::weighted::Weighted;
use rand_pcg::Pcg64;

/// Draws a cell by how many requests it holds, then each length within the cell's edges so that
/// the cell's true mean is kept. Within a cell the two lengths are drawn apart.
#[derive(Debug, Clone, PartialEq)]
pub struct Joint {
    cells: Vec<(Truncated, Truncated)>,
    weights: Weighted,
    means: (f64, f64),
}

impl Joint {
    /// The lengths of `traffic`; none where it has no cells with requests in them.
    pub fn of(traffic: &Traffic) -> Option<Self> {
        let weights = Weighted::new(traffic.joint.iter().map(|cell| cell.count as f64))?;
        let grid = traffic.joint_grid;
        let sides = |cell: &Cell| {
            let isl = side(cell.isl_mean, grid, &traffic.isl_tokens);
            (isl, side(cell.osl_mean, grid, &traffic.osl_tokens))
        };
        let n: f64 = traffic.joint.iter().map(|cell| cell.count as f64).sum();
        let mean = |of: fn(&Cell) -> f64| {
            traffic.joint.iter().map(|cell| of(cell) * cell.count as f64).sum::<f64>() / n
        };
        Some(Self {
            cells: traffic.joint.iter().map(sides).collect(),
            weights,
            means: (mean(|cell| cell.isl_mean), mean(|cell| cell.osl_mean)),
        })
    }

    pub(crate) fn draw(&self, random: &mut Pcg64) -> Length {
        let (isl, osl) = self.cells[self.weights.pick(random)];
        Length::new(isl.draw(random), osl.draw(random))
    }

    /// Mean input and output lengths.
    pub fn means(&self) -> (f64, f64) {
        self.means
    }
}

/// One length of a cell: over its span, but never above the largest length that was seen; without
/// a grid exactly its mean, where that is no whole number now the one below and now the one above.
fn side(mean: f64, grid: Option<Grid>, seen: &Summary) -> Truncated {
    let (low, high) = match grid {
        Some(Grid::Octave) => grid_span(mean),
        None => (mean.floor() as u32, mean.ceil() as u32),
    };
    let largest = (seen.max.max(mean.ceil())) as u32;
    Truncated::with_mean(mean, low, high.min(largest))
}
