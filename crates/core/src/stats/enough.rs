//! How many samples a percentile needs.

/// Pairs of percentile and the fewest samples that decide it at 99 % confidence: the early
/// stopping table of MLPerf's inference rules (mlcommons/inference_policies).
const FEWEST: [(f64, u64); 5] = [(50.0, 11), (90.0, 64), (95.0, 130), (99.0, 662), (99.9, 6636)];

/// The fewest samples that decide `percentile`: those of the next listed one. None beyond 99.9.
pub fn fewest(percentile: f64) -> Option<u64> {
    FEWEST.iter().find(|(listed, _)| percentile <= *listed).map(|(_, n)| *n)
}

/// Whether `n` samples are too few for `percentile`; unknown counts are not judged.
pub fn is_thin(percentile: f64, n: Option<u64>) -> bool {
    n.is_some_and(|n| n < fewest(percentile).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_takes_the_next_listed_minimum() {
        for (percentile, n, thin) in [
            (50.0, 10, true),
            (50.0, 11, false),
            (75.0, 63, true),
            (90.0, 64, false),
            (99.0, 661, true),
            (99.99, 1_000_000, true),
        ] {
            assert_eq!(is_thin(percentile, Some(n)), thin, "p{percentile} of {n}");
        }
        assert!(!is_thin(90.0, None));
    }
}
