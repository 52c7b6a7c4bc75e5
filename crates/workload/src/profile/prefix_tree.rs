//! How much of a text an earlier text began with, where texts are given as named pieces.

use std::collections::HashMap;
use std::hash::Hash;

/// All texts so far, as a tree of pieces. A piece has a name and a length; of two pieces of one
/// name the shorter is a beginning of the longer.
#[derive(Debug)]
pub(crate) struct PrefixTree<Name> {
    /// The longest piece of a name that follows a node.
    longest: HashMap<(usize, Name), u32>,
    /// Where a piece of exactly this length leads to.
    children: HashMap<(usize, Name, u32), usize>,
}

impl<Name: Copy + Eq + Hash> PrefixTree<Name> {
    pub(crate) fn new() -> Self {
        Self { longest: HashMap::new(), children: HashMap::new() }
    }

    /// Adds a text; how many of its tokens an earlier one began with.
    pub(crate) fn add(&mut self, pieces: impl IntoIterator<Item = (Name, u32)>) -> u64 {
        let (mut node, mut shared, mut on_known_ground) = (0, 0, true);
        for (name, tokens) in pieces {
            let longest = self.longest.entry((node, name)).or_insert(0);
            if on_known_ground {
                shared += u64::from(tokens.min(*longest));
            }
            *longest = tokens.max(*longest);
            let fresh = self.children.len() + 1;
            let child = *self.children.entry((node, name, tokens)).or_insert(fresh);
            on_known_ground &= child != fresh;
            node = child;
        }
        shared
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_share_what_they_begin_with_and_nothing_later() {
        let mut tree = PrefixTree::new();
        assert_eq!(tree.add([(1, 512), (2, 512), (3, 100)]), 0);
        assert_eq!(tree.add([(1, 512), (2, 512), (4, 7)]), 1024);
        assert_eq!(tree.add([(1, 512), (2, 512), (3, 40)]), 1064, "a shorter last piece");
        assert_eq!(tree.add([(9, 5), (2, 512), (3, 100)]), 0, "the same later on is no prefix");
        assert_eq!(tree.add([(1, 600), (2, 512)]), 512, "longer, so what follows is elsewhere");
        assert_eq!(tree.add([(1, 600), (2, 512)]), 1112);
    }
}
