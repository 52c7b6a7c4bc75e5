//! The cutting regexes of byte-level tokenizers, without backtracking.
//!
//! Nearly all of them end in `|\s+(?!\S)|\s+`: a run of spaces leaves its last one to the word that
//! follows. That lookahead is the only thing a finite automaton cannot do, and it is easily done by
//! hand: match the whole run and give its last character back.

use regex_automata::Input;
use regex_automata::meta::{Cache, Regex};

/// GPT-2's, which `ByteLevel` uses unless told not to.
const GPT2: &str = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";

const LOOKAHEAD: &str = r"|\s+(?!\S)|\s+";

/// One regex that cuts a text into its matches and what lies between them.
#[derive(Debug)]
pub(super) struct Splitter {
    regex: Regex,
    spaces: Spaces,
}

/// What becomes of a run of spaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Spaces {
    /// Whatever the regex says.
    AsMatched,
    /// Pattern 1 is `\s+` and gives its last character back to what follows.
    GiveBack,
}

impl Splitter {
    /// Of a regex as tokenizers write it; `None` if it needs backtracking.
    pub(super) fn new(pattern: &str) -> Option<Self> {
        match pattern.strip_suffix(LOOKAHEAD) {
            Some(rest) => {
                let regex = Regex::new_many(&[rest, r"\s+"]).ok()?;
                Some(Self { regex, spaces: Spaces::GiveBack })
            }
            None => Some(Self { regex: Regex::new(pattern).ok()?, spaces: Spaces::AsMatched }),
        }
    }

    /// Of GPT-2.
    pub(super) fn gpt2() -> Option<Self> {
        Self::new(GPT2)
    }

    /// Working memory for one thread.
    pub(super) fn cache(&self) -> Cache {
        self.regex.create_cache()
    }

    /// Calls `each` with every piece, in order; together they are `text`.
    pub(super) fn cut<'t>(&self, cache: &mut Cache, text: &'t str, each: &mut dyn FnMut(&'t str)) {
        let mut at = 0;
        while at < text.len() {
            let input = Input::new(text).range(at..);
            let Some(found) = self.regex.search_with(cache, &input) else { break };
            let (start, mut end) = (found.start(), found.end());
            if found.pattern().as_usize() == 1 && self.spaces == Spaces::GiveBack {
                end = give_back(text, start, end);
            }
            if start > at {
                each(&text[at..start]);
            }
            if end == start {
                // An empty match cuts and takes nothing; go on behind the next character.
                let Some(next) = text[start..].chars().next() else { return };
                end = start + next.len_utf8();
            }
            each(&text[start..end]);
            at = end;
        }
        if at < text.len() {
            each(&text[at..]);
        }
    }
}

/// The end of a run of spaces that leaves its last to what follows, if it has another.
fn give_back(text: &str, start: usize, end: usize) -> usize {
    let last = text[start..end].chars().next_back().map_or(0, char::len_utf8);
    if end == text.len() || end - start == last { end } else { end - last }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str) -> Vec<&str> {
        let splitter = Splitter::gpt2().unwrap();
        let mut pieces = Vec::new();
        splitter.cut(&mut splitter.cache(), text, &mut |piece| pieces.push(piece));
        pieces
    }

    #[test]
    fn the_last_space_of_a_run_goes_to_the_word() {
        assert_eq!(cut("a   b"), ["a", "  ", " b"]);
        assert_eq!(cut("a  "), ["a", "  "]);
        assert_eq!(cut("don't  \n x1"), ["don", "'t", "  \n", " x", "1"]);
        assert_eq!(cut("\n!"), ["\n", "!"]);
        assert!(Splitter::new(r"(?<=a)b").is_none(), "needs looking back");
    }
}
