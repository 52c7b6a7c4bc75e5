//! Prompts of about the length asked for, never the same twice.
//!
//! A prompt is a seeded string of common short English words. Which words is a function of seed,
//! point and request alone, so the same seed sends the same bytes, and no point replays a prefix
//! that another point left in the server's cache. Lengths are approximate: words are fitted to
//! tokens by what the server counted for two probes.

use farebox_workload::{Planned, SegmentId};
use rand_core::Rng;
use rand_pcg::Pcg64;
use std::fmt;

/// Writes the prompts of a run. It is asked before a request is due, off the timed path.
pub trait PromptSource: fmt::Debug + Send + Sync {
    /// The prompt of `planned` in `stream`, of `planned.isl` tokens. The same arguments give the
    /// same prompt. Two prompts of a stream begin alike exactly as far as their segments agree;
    /// those of different streams never do, so that no load meets another's prefixes in a cache.
    fn prompt(&self, stream: u64, planned: &Planned) -> Prompt;
}

/// What is said to the model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Prompt {
    /// One text.
    Text(String),
    /// A conversation so far, its last message the newest question.
    Messages(Vec<Message>),
}

/// One message of a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Who speaks, in the API's words: `system`, `user`, `assistant` or `tool`.
    pub role: &'static str,
    /// What is said.
    pub content: String,
}

impl From<String> for Prompt {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

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

/// Common words, as many as the server is thought to make the tokens asked for of.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CommonWords {
    /// The run's seed.
    pub(crate) seed: u64,
    /// How words become tokens.
    pub(crate) fit: WordFit,
}

impl PromptSource for CommonWords {
    fn prompt(&self, stream: u64, planned: &Planned) -> Prompt {
        let words = self.fit.words_for(planned.isl);
        let mut text = String::with_capacity(words * 6);
        let (mut left, last) = (words, planned.segments.len().saturating_sub(1));
        for (index, segment) in planned.segments.iter().enumerate() {
            // A segment before the last is cut by its own length alone, so that it is the same
            // in every prompt; the last takes up what the chat template adds.
            let cut = (f64::from(segment.tokens) / self.fit.per_word).round() as usize;
            let of_segment = if index == last { left } else { cut.min(left) };
            left -= of_segment;
            write_words(&mut text, (self.seed, stream), text_number(segment.id), of_segment);
        }
        text.into()
    }
}

/// A number of its own for every text of a stream. Texts that one request has to itself are
/// numbered by the request.
fn text_number(id: SegmentId) -> u128 {
    let kind = |kind: u128, high: u64, low: u64| {
        kind << 120 | u128::from(high & 0xFF_FFFF_FFFF_FFFF) << 64 | u128::from(low)
    };
    match id {
        SegmentId::Own(request) => kind(0, 0, request),
        SegmentId::Group(group) => kind(1, 0, u64::from(group)),
        SegmentId::Turn(turn) => kind(2, u64::from(turn.turn), turn.session),
        SegmentId::Block { pass, block } => kind(3, pass, block),
    }
}

/// Writes the prompt `id` of `words` words onto `text`.
pub fn write_prompt(text: &mut String, id: PromptId, words: usize) {
    write_words(text, (id.seed, id.stream), u128::from(id.index), words);
}

fn write_words(text: &mut String, run: (u64, u64), number: u128, words: usize) {
    let (seed, stream) = run;
    let state = u128::from(seed) << 64 | u128::from(stream);
    let mut random = Pcg64::new(state, number);
    for _ in 0..words {
        if !text.is_empty() {
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
    use farebox_workload::Segment;
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
    fn segments_that_agree_are_the_same_words_and_nothing_else_is() {
        let segment = |id, tokens| Segment { id, tokens };
        let planned = |index, shared, own| Planned {
            index,
            at_ns: None,
            isl: shared + own,
            osl: 1,
            turn: None,
            think_ns: 0,
            segments: vec![
                segment(SegmentId::Group(3), shared),
                segment(SegmentId::Own(index), own),
            ],
        };
        let fit = WordFit { overhead: 6.0, per_word: 2.0 };
        let words = |stream, planned: &Planned| -> Vec<String> {
            let Prompt::Text(text) = (CommonWords { seed: 7, fit }).prompt(stream, planned) else {
                panic!("words are one text")
            };
            text.split(' ').map(str::to_owned).collect()
        };
        let (one, other) = (words(0, &planned(1, 40, 20)), words(0, &planned(2, 40, 60)));
        assert_eq!((one.len(), other.len()), (27, 47), "the template's six tokens are not words");
        assert_eq!(one[..20], other[..20]);
        assert_ne!(one[20..27], other[20..27]);
        assert_ne!(words(1, &planned(1, 40, 20))[..20], one[..20], "another point, another text");
        let alone = Planned { segments: vec![segment(SegmentId::Own(1), 60)], ..planned(1, 0, 60) };
        assert_eq!(words(0, &alone).join(" "), {
            let mut text = String::new();
            write_prompt(&mut text, PromptId { seed: 7, stream: 0, index: 1 }, 27);
            text
        });
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
