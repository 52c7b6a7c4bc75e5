//! Arithmetic on shapes that cannot panic.
//!
//! Dimensions come from files that may be hostile. Sizes saturate while they are multiplied and
//! summed; a total at or above [`MOST_PARAMS`] is refused where the model is finished, so a
//! saturated number never reaches a user.

use std::num::Saturating;

/// A number of elements.
pub(super) type Size = Saturating<u64>;

/// More parameters than any model: 2^56, some 72 thousand trillion.
pub(super) const MOST_PARAMS: u64 = 1 << 56;

/// Largest value of a single dimension.
pub(super) const MOST_DIMENSION: u64 = 1 << 24;

/// Most layers of a model.
pub(super) const MOST_LAYERS: u64 = 4096;

/// A size from a number.
pub(super) const fn size(n: u64) -> Size {
    Saturating(n)
}
