//! How late the client read what had come: its own health, whatever the server does.

use farebox_core::ReadLag;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

/// Classes of a factor of two: under 1 us, under 2, under 4, ... and the rest.
const CLASSES: usize = 28;

/// Counts of reads by how late they were.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct ReadLags([u32; CLASSES]);

impl ReadLags {
    /// Counts one read.
    pub(crate) fn note(&mut self, lag: Duration) {
        let us = lag.as_micros() as u64;
        let class = (u64::BITS - us.leading_zeros()) as usize;
        let class = &mut self.0[class.min(CLASSES - 1)];
        *class = class.saturating_add(1);
    }

    fn add(&mut self, other: &Self) {
        for (sum, more) in self.0.iter_mut().zip(other.0) {
            *sum = sum.saturating_add(more);
        }
    }

    /// The lag that this share of reads did not exceed: the upper end of its class, in ms.
    fn at(&self, share: f64) -> f64 {
        let reads: u64 = self.0.iter().map(|n| u64::from(*n)).sum();
        let rank = (share * reads as f64).ceil().max(1.0) as u64;
        let below = |class: usize| self.0[..=class].iter().map(|n| u64::from(*n)).sum::<u64>();
        let class = (0..CLASSES).find(|class| below(*class) >= rank).unwrap_or(0);
        (1_u64 << class) as f64 / 1e3
    }

    /// What files say about it; none without a read.
    fn summary(&self) -> Option<ReadLag> {
        let reads = self.0.iter().map(|n| u64::from(*n)).sum();
        (reads > 0).then(|| ReadLag { reads, p50_ms: self.at(0.5), p99_ms: self.at(0.99) })
    }
}

/// The lags of all requests since the last time they were taken.
#[derive(Debug, Default)]
pub(crate) struct LagBook(Mutex<ReadLags>);

impl LagBook {
    /// Adds those of one request.
    pub(crate) fn add(&self, lags: &ReadLags) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).add(lags);
    }

    /// Takes them all.
    pub(crate) fn take(&self) -> Option<ReadLag> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner)).summary()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_the_upper_ends_of_their_classes() {
        let book = LagBook::default();
        let mut lags = ReadLags::default();
        for _ in 0..98 {
            lags.note(Duration::from_micros(5));
        }
        book.add(&lags);
        let mut late = ReadLags::default();
        late.note(Duration::from_millis(30));
        late.note(Duration::from_hours(1));
        book.add(&late);
        let summary = book.take().unwrap();
        assert_eq!((summary.reads, summary.p50_ms), (100, 0.008));
        assert!((30.0..60.0).contains(&summary.p99_ms), "{summary:?}");
        assert_eq!(book.take(), None, "taken");
    }
}
