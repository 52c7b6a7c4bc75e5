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

/// The segments of request `index` of which the share `part` is in every prompt; at least one token
/// is its own.
pub(crate) fn common_part(index: u64, isl: u32, part: f64) -> Vec<Segment> {
    let shared = ((f64::from(isl) * part).round() as u32).min(isl.saturating_sub(1));
    let own = Segment { id: SegmentId::Own(index), tokens: isl - shared };
    let common = Segment { id: SegmentId::Group(0), tokens: shared };
    if shared == 0 { vec![own] } else { vec![common, own] }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_common_part_is_a_share_of_each_prompt() {
        let tokens = |isl, part| -> Vec<u32> {
            common_part(7, isl, part).iter().map(|segment| segment.tokens).collect()
        };
        assert_eq!(tokens(100, 0.6), [60, 40]);
        assert_eq!(tokens(100, 1.0), [99, 1]);
        assert_eq!(tokens(1, 1.0), [1]);
    }
}
