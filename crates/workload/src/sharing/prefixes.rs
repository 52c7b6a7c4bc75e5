//! Groups of requests that begin alike, some groups larger than others.

use crate::plan::{Segment, SegmentId};
use crate::weighted::Weighted;
use rand_pcg::Pcg64;

/// Prefixes shared by groups of requests. Which group a request falls into follows Zipf's law:
/// the k-th largest is `k^-exponent` as likely as the largest (Breslau et al., "Web Caching and
/// Zipf-like Distributions", INFOCOM 1999). An exponent of 0 makes all groups equal.
#[derive(Debug, Clone, PartialEq)]
pub struct Prefixes {
    tokens: u32,
    groups: Weighted,
}

impl Prefixes {
    /// `groups` prefixes of `tokens` tokens each. None without groups, or with an exponent that
    /// is no number.
    pub fn new(groups: u32, tokens: u32, exponent: f64) -> Option<Self> {
        Some(Self { tokens, groups: Weighted::zipf(groups, exponent)? })
    }

    /// The segments of request `index`: its group's prefix, and at least one token of its own.
    pub(crate) fn segments(&self, index: u64, isl: u32, random: &mut Pcg64) -> Vec<Segment> {
        let group = SegmentId::Group(self.groups.pick(random) as u32);
        let shared = self.tokens.min(isl.saturating_sub(1));
        let own = Segment { id: SegmentId::Own(index), tokens: isl - shared };
        if shared == 0 { vec![own] } else { vec![Segment { id: group, tokens: shared }, own] }
    }
}
