//! A multiset of times in little room, whatever their number: counts in buckets of nearly equal
//! relative width.
//!
//! Buckets are log-linear as in HdrHistogram (<https://hdrhistogram.github.io/HdrHistogram>): 256
//! to each doubling, one nanosecond wide below 512 ns. Sum, lowest and highest are exact, and an
//! estimated quantile lies in the bucket of the true one: it is off by at most 0.4 %.

/// A multiset of spans of time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sketch {
    /// Which buckets hold something, rising.
    buckets: Box<[u16]>,
    /// How many each of them holds.
    counts: Box<[u32]>,
    n: u64,
    sum_ns: u64,
    min_ns: u64,
    max_ns: u64,
}

/// Buckets to each doubling, as a power of two.
const BITS: u32 = 8;
/// Buckets in all.
const BUCKETS: usize = (64 - BITS as usize + 1) << BITS;

impl Sketch {
    /// Of spans in nanoseconds, each so many times over.
    pub fn of(spans: impl IntoIterator<Item = (u64, u32)>) -> Self {
        let mut sketch = Self::empty();
        let mut found: Vec<(u16, u32)> = Vec::new();
        for (ns, times) in spans.into_iter().filter(|(_, times)| *times > 0) {
            sketch.n += u64::from(times);
            sketch.sum_ns += ns * u64::from(times);
            sketch.min_ns = sketch.min_ns.min(ns);
            sketch.max_ns = sketch.max_ns.max(ns);
            found.push((bucket(ns), times));
        }
        found.sort_unstable();
        found.dedup_by(|next, kept| {
            let is_same = next.0 == kept.0;
            kept.1 = if is_same { kept.1.saturating_add(next.1) } else { kept.1 };
            is_same
        });
        sketch.hold(&found);
        sketch
    }

    /// All of them together.
    pub fn merged<'a>(parts: impl IntoIterator<Item = &'a Self>) -> Self {
        let mut merged = Self::empty();
        let mut counts = vec![0_u32; BUCKETS];
        for part in parts {
            merged.n += part.n;
            merged.sum_ns += part.sum_ns;
            merged.min_ns = merged.min_ns.min(part.min_ns);
            merged.max_ns = merged.max_ns.max(part.max_ns);
            for (bucket, count) in part.held() {
                counts[usize::from(bucket)] = counts[usize::from(bucket)].saturating_add(count);
            }
        }
        let all = (0..).zip(counts);
        merged.hold(&all.filter(|(_, count)| *count > 0).collect::<Vec<_>>());
        merged
    }

    fn empty() -> Self {
        let (buckets, counts) = (Box::default(), Box::default());
        Self { buckets, counts, n: 0, sum_ns: 0, min_ns: u64::MAX, max_ns: 0 }
    }

    fn hold(&mut self, found: &[(u16, u32)]) {
        self.buckets = found.iter().map(|(bucket, _)| *bucket).collect();
        self.counts = found.iter().map(|(_, count)| *count).collect();
    }

    fn held(&self) -> impl Iterator<Item = (u16, u32)> + '_ {
        self.buckets.iter().copied().zip(self.counts.iter().copied())
    }

    /// How many there are.
    pub fn n(&self) -> u64 {
        self.n
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.n == 0
    }

    /// The arithmetic mean in nanoseconds; none of none.
    pub fn mean_ns(&self) -> Option<f64> {
        (self.n > 0).then(|| self.sum_ns as f64 / self.n as f64)
    }

    /// The value at `percentile` (0 to 100) in nanoseconds, by the definition of
    /// [`crate::stats::Samples::percentile`]; none of none.
    pub fn percentile_ns(&self, percentile: f64) -> Option<f64> {
        let last = self.n.checked_sub(1)?;
        let position = last as f64 * (percentile / 100.0).clamp(0.0, 1.0);
        let (low, high) = (self.ranked(position.floor()), self.ranked(position.ceil()));
        Some(low + (high - low) * position.fract())
    }

    /// How many are at most so long, a bucket's share of them by how far into it that is.
    pub fn at_most(&self, ns: f64) -> f64 {
        if ns >= self.max_ns as f64 {
            return self.n as f64;
        }
        let share = |bucket: u16| ((ns - start(bucket)) / width(bucket)).clamp(0.0, 1.0);
        self.held().map(|(bucket, count)| f64::from(count) * share(bucket)).sum()
    }

    /// The one of this rank, counted from 0, by where it stands in its bucket.
    fn ranked(&self, rank: f64) -> f64 {
        let mut before = 0.0;
        for (bucket, count) in self.held() {
            let count = f64::from(count);
            if rank < before + count {
                let value = start(bucket) + width(bucket) * (rank - before + 0.5) / count;
                return value.clamp(self.min_ns as f64, self.max_ns as f64);
            }
            before += count;
        }
        self.max_ns as f64
    }
}

fn bucket(ns: u64) -> u16 {
    let doublings = (u64::BITS - ns.leading_zeros()).saturating_sub(BITS + 1);
    // Of nine leading bits the first is always set, and counts one more doubling.
    ((u64::from(doublings) << BITS) + (ns >> doublings)) as u16
}

/// Where a bucket begins, in nanoseconds.
fn start(bucket: u16) -> f64 {
    let doublings = (bucket >> BITS).saturating_sub(1);
    f64::from(bucket - (doublings << BITS)) * f64::from(doublings).exp2()
}

fn width(bucket: u16) -> f64 {
    f64::from((bucket >> BITS).saturating_sub(1)).exp2()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::Samples;
    use proptest::prelude::*;

    #[test]
    fn buckets_meet_without_gaps() {
        assert_eq!((bucket(0), bucket(255), bucket(256), bucket(511)), (0, 255, 256, 511));
        assert!(usize::from(bucket(u64::MAX)) < BUCKETS);
        for at in 0..BUCKETS as u16 - 1 {
            let gap = start(at + 1) - start(at) - width(at);
            assert!(gap.abs() < 0.5, "bucket {at}: {gap}");
        }
    }

    #[test]
    fn what_is_always_the_same_is_exact() {
        let sketch = Sketch::of([(9_999_937, 7), (9_999_937, 1)]);
        assert_eq!((sketch.n(), sketch.mean_ns()), (8, Some(9_999_937.0)));
        assert_eq!(sketch.percentile_ns(50.0), Some(9_999_937.0));
        assert_eq!(Sketch::of([]).percentile_ns(50.0), None);
    }

    proptest! {
        /// Off by the width of a bucket at most, and exact in number and mean.
        #[test]
        fn quantiles_are_near(spans in prop::collection::vec(0..3_000_000_000_u64, 1..200),
                              p in 0.0..=100.0_f64) {
            let sketch = Sketch::of(spans.iter().map(|ns| (*ns, 1)));
            let exact: Samples = spans.iter().map(|ns| *ns as f64).collect();
            let (seen, truth) = (sketch.percentile_ns(p).unwrap(), exact.percentile(p).unwrap());
            prop_assert!((seen - truth).abs() <= truth / 256.0 + 1.0, "{seen}, not {truth}");
            let mean = exact.mean().unwrap();
            prop_assert!((sketch.mean_ns().unwrap() - mean).abs() <= mean * 1e-12);
        }

        /// INV-3 for sketches.
        #[test]
        fn merge_is_concatenation(a in prop::collection::vec((0..u64::MAX / 1024, 0..5_u32), 0..80),
                                  b in prop::collection::vec((0..9_000_u64, 0..5_u32), 0..80)) {
            let parts = [Sketch::of(a.clone()), Sketch::of(b.clone())];
            prop_assert_eq!(Sketch::merged(&parts), Sketch::of(a.into_iter().chain(b)));
        }
    }
}
