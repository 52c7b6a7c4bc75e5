//! Counts of pieces seen before.
//!
//! A tokenizer that cuts text into pieces first encodes each piece by itself, so the tokens of a
//! text are the sum over its pieces, and a piece has the same count wherever it stands.

use ahash::AHashMap;

/// Longest piece remembered, in bytes: longer ones hardly ever come again.
const LONGEST: usize = 64;

/// Pieces remembered before starting anew, which bounds memory at about 25 MB per thread.
const MOST: usize = 1 << 18;

/// Remembered counts of one thread.
#[derive(Debug, Default)]
pub(super) struct Memo {
    counts: AHashMap<Box<[u8]>, u32>,
}

impl Memo {
    /// The count of `piece`, by `count` where it is not remembered.
    pub(super) fn count(&mut self, piece: &str, count: impl FnOnce() -> u32) -> u64 {
        if let Some(known) = self.counts.get(piece.as_bytes()) {
            return u64::from(*known);
        }
        let counted = count();
        if piece.len() <= LONGEST {
            if self.counts.len() >= MOST {
                self.counts.clear();
            }
            self.counts.insert(piece.as_bytes().into(), counted);
        }
        u64::from(counted)
    }
}
