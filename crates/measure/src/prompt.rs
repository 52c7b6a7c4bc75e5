//! Prompts of about the length asked for, never the same twice.
//!
//! A prompt is a seeded string of common short English words. Which words is a function of seed,
//! point and request alone, so the same seed sends the same bytes, and no point replays a prefix
//! that another point left in the server's cache. Lengths are approximate: words are fitted to
//! tokens by what the server counted for two probes.

use rand_core::Rng;
use rand_pcg::Pcg64;

/// Identifies one prompt of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PromptId {
    /// The run's seed.
    pub seed: u64,
    /// Which stream of prompts: one per load point, and one for warming up.
    pub stream: u64,
    /// Which prompt of the stream.
    pub index: u64,
}

/// The stream of prompts that warm the server up.
pub const WARMUP_STREAM: u64 = u64::MAX;

/// How words become tokens on the served tokenizer: `tokens = overhead + per_word x words`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WordFit {
    /// Tokens of the chat template and of what surrounds the prompt.
    pub overhead: f64,
    /// Tokens per word.
    pub per_word: f64,
}

impl Default for WordFit {
    /// One token per word: true for common words in large vocabularies.
    fn default() -> Self {
        Self { overhead: 0.0, per_word: 1.0 }
    }
}

impl WordFit {
    /// The line through two probes of `(words, tokens counted by the server)`; none where they
    /// do not make a rising line.
    pub fn through(short: (usize, u64), long: (usize, u64)) -> Option<Self> {
        let words = long.0.checked_sub(short.0).filter(|words| *words > 0)?;
        let per_word = long.1.checked_sub(short.1)? as f64 / words as f64;
        let overhead = (short.1 as f64 - per_word * short.0 as f64).max(0.0);
        (per_word > 0.0).then_some(Self { overhead, per_word })
    }

    /// Words for a prompt of `isl` tokens, at least one.
    pub fn words_for(&self, isl: u32) -> usize {
        (((f64::from(isl) - self.overhead) / self.per_word).round() as usize).max(1)
    }
}

/// Writes the prompt `id` of `words` words onto `text`.
pub fn write_prompt(text: &mut String, id: PromptId, words: usize) {
    let state = u128::from(id.seed) << 64 | u128::from(id.stream);
    let mut random = Pcg64::new(state, u128::from(id.index));
    for index in 0..words {
        if index > 0 {
            text.push(' ');
        }
        let pick = random.next_u32() as usize % WORDS.len();
        text.push_str(WORDS[pick]);
    }
}

/// Common English words of one syllable or two: one token each in the usual vocabularies.
const WORDS: [&str; 256] = [
    "the", "of", "and", "to", "in", "is", "was", "for", "that", "on", "with", "as", "at", "by",
    "from", "they", "we", "say", "her", "she", "or", "an", "will", "my", "one", "all", "would",
    "there", "their", "what", "so", "up", "out", "if", "about", "who", "get", "which", "go", "me",
    "when", "make", "can", "like", "time", "no", "just", "him", "know", "take", "people", "into",
    "year", "your", "good", "some", "could", "them", "see", "other", "than", "then", "now", "look",
    "only", "come", "its", "over", "think", "also", "back", "after", "use", "two", "how", "our",
    "work", "first", "well", "way", "even", "new", "want", "because", "any", "these", "give",
    "day", "most", "us", "great", "between", "need", "large", "under", "never", "each", "small",
    "again", "place", "same", "right", "around", "off", "always", "old", "while", "found", "still",
    "live", "might", "next", "life", "few", "both", "those", "every", "house", "world", "own",
    "point", "home", "water", "room", "mother", "area", "money", "story", "fact", "month", "lot",
    "study", "book", "eye", "job", "word", "business", "issue", "side", "kind", "head", "far",
    "black", "long", "line", "end", "among", "ever", "stand", "bad", "lose", "pay", "meet",
    "include", "continue", "set", "learn", "change", "lead", "watch", "follow", "stop", "create",
    "speak", "read", "spend", "grow", "open", "walk", "win", "teach", "offer", "remember",
    "consider", "appear", "buy", "serve", "die", "send", "expect", "stay", "fall", "cut", "reach",
    "kill", "raise", "pass", "sell", "decide", "return", "explain", "hope", "develop", "carry",
    "break", "receive", "agree", "support", "hit", "produce", "eat", "cover", "catch", "draw",
    "choose", "cause", "air", "force", "boy", "age", "policy", "music", "food", "field", "door",
    "night", "hand", "art", "war", "history", "party", "result", "morning", "reason", "research",
    "girl", "guy", "moment", "teacher", "power", "paper", "group", "office", "street", "city",
    "table", "north", "south", "green", "blue", "river", "stone", "light", "wind", "fire", "rain",
    "snow", "summer", "winter", "spring", "market", "garden", "bridge", "cloud", "ship", "road",
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    fn prompt(seed: u64, stream: u64, index: u64) -> String {
        let mut text = String::new();
        write_prompt(&mut text, PromptId { seed, stream, index }, 40);
        text
    }

    #[test]
    fn the_same_prompt_is_the_same_bytes_and_no_other() {
        assert_eq!(prompt(7, 1, 2), prompt(7, 1, 2));
        assert!(
            prompt(0, 0, 0).starts_with("on paper say will while go go make learn "),
            "{}",
            prompt(0, 0, 0)
        );
        let starts: HashSet<String> = (0..8)
            .flat_map(|stream| (0..100).map(move |index| (stream, index)))
            .map(|(stream, index)| prompt(7, stream, index).split(' ').take(8).collect())
            .collect();
        assert_eq!(starts.len(), 800, "every prompt starts with other words");
    }

    #[test]
    fn words_are_fitted_to_what_the_server_counted() {
        // A chat template of 30 tokens and 1.5 tokens a word.
        let fit = WordFit::through((10, 45), (100, 180)).unwrap();
        assert_eq!(fit, WordFit { overhead: 30.0, per_word: 1.5 });
        assert_eq!(fit.words_for(180), 100);
        assert_eq!(fit.words_for(3), 1);
        assert_eq!(WordFit::through((10, 45), (10, 45)), None);
        assert_eq!(WordFit::through((10, 45), (100, 45)), None);
    }
}
