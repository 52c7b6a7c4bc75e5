//! Names to entries: forgiving about case and punctuation, never about which entry is meant.
//!
//! A name that is not exactly an id, a name or an alias is an error that lists what is near. There
//! is no fallback: a price or a peak of the wrong chip looks right and is not.

use std::collections::BTreeMap;

/// How many near names an error lists at most.
const NEAR: usize = 6;

/// A name that picks no single entry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LookupError {
    /// Nothing has this name.
    #[error("unknown {kind} \"{name}\"{}", suggestion(near))]
    Unknown {
        /// What was looked for, such as `gpu`.
        kind: &'static str,
        /// The name as typed.
        name: String,
        /// Ids that look like it, nearest first.
        near: Vec<String>,
    },
    /// The name is part of several names and is none of them.
    #[error("{kind} \"{name}\" could be any of {}", candidates.join(", "))]
    Ambiguous {
        /// What was looked for, such as `gpu`.
        kind: &'static str,
        /// The name as typed.
        name: String,
        /// The ids it could mean.
        candidates: Vec<String>,
    },
}

/// Lower case letters and digits only: `NVIDIA H100 80GB HBM3` and `nvidia-h100_80gb-hbm3` agree.
pub fn normalise(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Every name of every entry of one kind.
#[derive(Debug, Clone)]
pub(crate) struct NameIndex {
    kind: &'static str,
    ids: BTreeMap<String, String>,
}

impl NameIndex {
    /// An empty index for entries called `kind` in errors.
    pub(crate) const fn new(kind: &'static str) -> Self {
        Self { kind, ids: BTreeMap::new() }
    }

    /// Gives `name` to the entry `id`; fails with the owner if another entry has it.
    pub(crate) fn insert(&mut self, name: &str, id: &str) -> Result<(), String> {
        let owner = self.ids.entry(normalise(name)).or_insert_with(|| id.to_owned());
        if owner == id { Ok(()) } else { Err(owner.clone()) }
    }

    /// The id of the entry that has this name.
    pub(crate) fn find(&self, name: &str) -> Result<&str, LookupError> {
        let key = normalise(name);
        if let Some(id) = self.ids.get(&key) {
            return Ok(id);
        }
        let starting = self.starting_with(&key);
        let (kind, name) = (self.kind, name.to_owned());
        if starting.len() > 1 {
            return Err(LookupError::Ambiguous { kind, name, candidates: starting });
        }
        Err(LookupError::Unknown { kind, name, near: self.near(&key) })
    }

    /// Ids with a name that begins with `key`, in order, each once; an empty key begins nothing.
    fn starting_with(&self, key: &str) -> Vec<String> {
        let mut ids: Vec<String> = self
            .ids
            .range(key.to_owned()..)
            .take_while(|(name, _)| !key.is_empty() && name.starts_with(key))
            .map(|(_, id)| id.clone())
            .collect();
        ids.sort();
        ids.dedup();
        ids
    }

    /// Ids whose names contain the key, are contained in it, or are few edits away.
    fn near(&self, key: &str) -> Vec<String> {
        let budget = (key.chars().count() / 3).clamp(1, 4);
        let mut scored: Vec<(usize, &String)> = self
            .ids
            .iter()
            .filter_map(|(name, id)| Some((closeness(key, name, budget)?, id)))
            .collect();
        scored.sort();
        let mut ids: Vec<String> = Vec::new();
        for (_, id) in scored {
            if ids.len() < NEAR && !ids.contains(id) {
                ids.push(id.clone());
            }
        }
        ids
    }
}

/// How unlike two names are, or none when they are not near: edits, or 1 when one holds the other.
fn closeness(key: &str, name: &str, budget: usize) -> Option<usize> {
    let holds = |long: &str, short: &str| short.len() >= 3 && long.contains(short);
    if holds(name, key) || holds(key, name) {
        return Some(1);
    }
    let edits = edit_distance(key, name, budget);
    (edits <= budget).then_some(edits)
}

/// Levenshtein distance, by rows of the dynamic programme; at least `budget + 1` when the lengths
/// alone differ by more than that.
fn edit_distance(a: &str, b: &str, budget: usize) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    if a.len().abs_diff(b.len()) > budget {
        return budget + 1;
    }
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let substituted = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

fn suggestion(near: &[String]) -> String {
    if near.is_empty() { String::new() } else { format!("; near: {}", near.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn index() -> NameIndex {
        let mut index = NameIndex::new("gpu");
        for (name, id) in [
            ("h100-sxm", "h100-sxm"),
            ("H100", "h100-sxm"),
            ("h100-pcie", "h100-pcie"),
            ("a100-80gb", "a100-80gb"),
            ("a100-40gb", "a100-40gb"),
            ("mi300x", "mi300x"),
        ] {
            index.insert(name, id).unwrap();
        }
        index
    }

    #[test]
    fn case_and_punctuation_do_not_matter() {
        for name in ["h100", "H100-SXM", " h100 sxm ", "H100_sxm"] {
            assert_eq!(index().find(name), Ok("h100-sxm"), "{name}");
        }
    }

    #[test]
    fn a_shared_beginning_is_ambiguous_and_lists_each() {
        let error = index().find("a100").unwrap_err();
        assert_eq!(error.to_string(), "gpu \"a100\" could be any of a100-40gb, a100-80gb");
    }

    #[test]
    fn a_slip_of_the_finger_is_unknown_and_lists_the_near() {
        let near = |name: &str| match index().find(name) {
            Err(LookupError::Unknown { near, .. }) => near,
            other => panic!("{other:?}"),
        };
        assert_eq!(near("mi330x"), ["mi300x"]);
        assert_eq!(near("h100-sxn").first().map(String::as_str), Some("h100-sxm"));
        assert!(near("").is_empty());
        assert!(near("tamagotchi").is_empty());
    }

    #[test]
    fn a_name_has_one_owner() {
        assert_eq!(index().insert("h 100", "h200-sxm"), Err("h100-sxm".to_owned()));
        assert_eq!(index().insert("h 100", "h100-sxm"), Ok(()));
    }

    proptest::proptest! {
        #[test]
        fn the_distance_is_symmetric_and_zero_only_for_equals(a in "[a-c0-2]{0,8}", b in "[a-c0-2]{0,8}") {
            let d = edit_distance(&a, &b, 8);
            proptest::prop_assert_eq!(d, edit_distance(&b, &a, 8));
            proptest::prop_assert_eq!(d == 0, a == b);
        }
    }
}
