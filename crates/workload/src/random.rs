//! Named seeded randomness: the same seed makes the same choices on every machine.

use rand_core::{Rng, SeedableRng};
use rand_pcg::Pcg64;

/// What is being chosen. Each has a stream of its own, so that changing one (the arrivals, say)
/// leaves the others as they were.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Choice {
    Lengths = 1,
    Arrivals = 2,
    Sharing = 3,
}

/// The generator that makes this choice under `seed`.
pub(crate) fn random(seed: u64, choice: Choice) -> Pcg64 {
    // An odd constant keeps the streams of neighbouring seeds apart; seeding mixes it well.
    Pcg64::seed_from_u64(seed.wrapping_add((choice as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15)))
}

/// Uniform on 0 (included) to 1 (excluded), all 53 bits.
pub(crate) fn uniform(random: &mut Pcg64) -> f64 {
    (random.next_u64() >> 11) as f64 * (1.0 / (1_u64 << 53) as f64)
}
