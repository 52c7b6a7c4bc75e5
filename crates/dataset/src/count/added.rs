//! Tokens with a text of their own, `<|eot_id|>` and the like, which cut a text before anything
//! else does.

use aho_corasick::{AhoCorasick, BuildError, MatchKind};
use serde_json::Value;

/// The added tokens of a byte-level tokenizer, in the order in which they are looked for.
#[derive(Debug)]
pub(super) struct AddedTokens {
    raw: AhoCorasick,
    normalized: AhoCorasick,
    longest: usize,
}

/// Where a token stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) start: usize,
    pub(super) end: usize,
}

impl AddedTokens {
    /// Those of a tokenizer.json; `None` if one of them looks at what stands around it, or at
    /// text that a normalizer has changed.
    pub(super) fn of(tokenizer: &Value, has_normalizer: bool) -> Option<Self> {
        let (mut raw, mut normalized) = (Vec::new(), Vec::new());
        for token in tokenizer["added_tokens"].as_array().into_iter().flatten() {
            let is = |name: &str| token[name].as_bool().unwrap_or(false);
            let content = token["content"].as_str()?;
            if content.is_empty() {
                continue;
            }
            let looks_around = is("single_word") || is("lstrip") || is("rstrip");
            if looks_around || (is("normalized") && has_normalizer) {
                return None;
            }
            if is("normalized") { &mut normalized } else { &mut raw }.push(content);
        }
        let longest = raw.iter().map(|content| content.len()).max().unwrap_or(0);
        let (raw, normalized) = (automaton(&raw).ok()?, automaton(&normalized).ok()?);
        Some(Self { raw, normalized, longest })
    }

    /// Bytes of the longest token that cuts.
    pub(super) fn longest(&self) -> usize {
        self.longest
    }

    /// The first at or after `from`.
    pub(super) fn find(&self, text: &str, from: usize) -> Option<Found> {
        let found = self.raw.find(aho_corasick::Input::new(text).range(from..))?;
        Some(Found { start: found.start(), end: found.end() })
    }

    /// Cuts what lies between those once more; tokens found are counted and returned.
    pub(super) fn cut<'t>(&self, gap: &'t str, each: &mut dyn FnMut(&'t str)) -> u64 {
        let (mut at, mut tokens) = (0, 0);
        for found in self.normalized.find_iter(gap) {
            each(&gap[at..found.start()]);
            at = found.end();
            tokens += 1;
        }
        each(&gap[at..]);
        tokens
    }
}

/// Finds the longest of what begins first, as `encode` does.
fn automaton(contents: &[&str]) -> Result<AhoCorasick, BuildError> {
    AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(contents)
}
