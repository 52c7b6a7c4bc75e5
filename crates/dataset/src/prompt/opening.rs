//! The words that a segment opens with, and no other of the same run.

use farebox_workload::SegmentId;
use rand_core::Rng;
use rand_pcg::Pcg64;

/// Words of an opening: two tell the number of the text, two what it is a text of.
pub(super) const WORDS: usize = 4;

/// What makes a text different from every other: its number, and the space it is numbered in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Key {
    seed: u64,
    number: u64,
    space: u64,
}

impl Key {
    /// Of a segment in a stream of prompts.
    pub(super) fn of(seed: u64, stream: u64, id: SegmentId) -> Self {
        let (number, kind, further) = match id {
            SegmentId::Own(request) => (request, 0, 0),
            SegmentId::Group(group) => (u64::from(group), 1, 0),
            SegmentId::Turn(turn) => (turn.session, 2, u64::from(turn.turn)),
            SegmentId::Block { pass, block } => (block, 3, pass),
        };
        // Streams and kinds are few; turns and passes follow in steps that keep them apart.
        let space = stream.wrapping_mul(4).wrapping_add(kind).wrapping_add(further << 16);
        Self { seed, number, space }
    }

    /// Which words open the text, of `starts` words that can begin a text and `words` others. The
    /// number comes first, so that neighbours differ in their first token; it is turned by the
    /// space, so that equal numbers of two spaces do too.
    pub(super) fn words(self, starts: u64, words: u64) -> [usize; WORDS] {
        let turn = self.space.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
        let first = (self.number % starts + turn % starts) % starts;
        let digits =
            [first, self.number / starts % words, self.space % words, self.space / words % words];
        digits.map(|digit| digit as usize)
    }

    /// What chooses its sentences.
    pub(super) fn random(self) -> Pcg64 {
        let state = u128::from(self.seed) << 64 | u128::from(self.space);
        let mut random = Pcg64::new(state, u128::from(self.number));
        // Neighbouring states start alike: the first draw belongs to nobody.
        random.next_u64();
        random
    }
}
