//! Published rules that turn lengths into one workload, kept so that their figures can be
//! repeated. Neither is a way to describe traffic.

/// Edges of the histogram of [`bin_midpoints`], in tokens.
const EDGES: [u32; 11] = [0, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384];

/// The one pair of lengths that the tool `inference-pricing` (commit 989f03c) draws from a week of
/// WildChat: a histogram of 10 x 10 doubling bins, and the mean of the bins' midpoints, rounded. None when no request falls into a bin.
///
/// What is wrong with it: a midpoint is above the mean of a bin whose lengths thin out (on that
/// week +6 % input, +8 % output); requests longer than 16,384 tokens are dropped (2.6 % of them,
/// which hold a third of all input tokens); and one pair cannot stand for a long-tailed joint
/// distribution, because cost is not linear in length.
pub fn bin_midpoints(lengths: impl IntoIterator<Item = (u32, u32)>) -> Option<(u32, u32)> {
    let (mut isl_sum, mut osl_sum, mut n) = (0.0, 0.0, 0_u64);
    for (isl, osl) in lengths {
        if let (Some(isl), Some(osl)) = (midpoint(isl), midpoint(osl)) {
            isl_sum += isl;
            osl_sum += osl;
            n += 1;
        }
    }
    let mean = |sum: f64| (sum / n as f64).round() as u32;
    (n > 0).then(|| (mean(isl_sum), mean(osl_sum)))
}

/// Middle of the bin that holds `length`; the last bin holds its upper edge too.
fn midpoint(length: u32) -> Option<f64> {
    let bin = EDGES.partition_point(|edge| *edge <= length) - 1;
    let bin = if length == EDGES[10] { 9 } else { bin };
    let upper = EDGES.get(bin + 1)?;
    Some(f64::from(EDGES[bin] + upper) / 2.0)
}

/// Two normal distributions, one for each length.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PooledNormal {
    /// Mean and sample standard deviation of input lengths, in tokens.
    pub isl: (f64, f64),
    /// The same of output lengths.
    pub osl: (f64, f64),
}

/// Rows of each dataset that [`pooled_normal`] reads.
pub const POOLED_ROWS: usize = 500;

/// The normal distributions that the tool `inference_benchmarking` (commit bbae731) fits to the
/// first 500 rows of each of three datasets (chat, code, mathematics), thrown into one pool. None
/// with fewer than two rows.
///
/// What is wrong with it: lengths are skewed to the right, so that a normal with a deviation near
/// its mean piles up at the clamp to one token; pooling three kinds of work makes one that nobody
/// has; input and output are drawn apart, although long questions get long answers; and the
/// datasets count by rows, not by how often anybody asks.
pub fn pooled_normal(pools: &[Vec<(u32, u32)>]) -> Option<PooledNormal> {
    let rows = || pools.iter().flat_map(|pool| pool.iter().take(POOLED_ROWS));
    Some(PooledNormal {
        isl: mean_and_sd(rows().map(|row| f64::from(row.0)))?,
        osl: mean_and_sd(rows().map(|row| f64::from(row.1)))?,
    })
}

fn mean_and_sd(numbers: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    let summary = super::Summary::of(numbers)?;
    Some((summary.mean, summary.sd?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn midpoints_stand_for_lengths_and_long_requests_are_dropped() {
        // (0 + 32) / 2 and (32 + 64) / 2; 16,384 is in the last bin, 16,385 in none.
        assert_eq!(bin_midpoints([(1, 40)]), Some((16, 48)));
        assert_eq!(bin_midpoints([(16_384, 31), (16_385, 31)]), Some((12_288, 16)));
        assert_eq!(bin_midpoints([(1, 1), (33, 1)]), Some((32, 16)));
        assert_eq!(bin_midpoints([(20_000, 5)]), None);
    }

    #[test]
    fn a_pool_is_the_first_rows_of_each() {
        let pools = [vec![(1, 10), (3, 10)], vec![(5, 40); 2 * POOLED_ROWS]];
        let pooled = pooled_normal(&pools).unwrap();
        let mean = (1.0 + 3.0 + 5.0 * 500.0) / 502.0;
        assert!((pooled.isl.0 - mean).abs() < 1e-12, "{pooled:?}");
        assert_eq!(pooled_normal(&[vec![(1, 1)]]), None);
    }
}
