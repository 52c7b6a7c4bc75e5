//! The text of the answers: one short common word per token.

/// Plain letters only, so that no word needs escaping in JSON.
const WORDS: [&str; 64] = [
    "the", "a", "light", "river", "under", "stone", "quiet", "morning", "they", "walk", "over",
    "green", "hill", "and", "find", "old", "house", "with", "seven", "window", "where", "wind",
    "turn", "slow", "paper", "ship", "into", "small", "bright", "letter", "from", "a", "far",
    "island", "who", "can", "read", "what", "sand", "write", "before", "tide", "come", "back",
    "again", "one", "bird", "know", "every", "word", "by", "heart", "but", "never", "sing", "it",
    "twice", "same", "way", "so", "listen", "now", "then", "go",
];

/// The word of token `index` in the answer to the request numbered `request`.
pub(crate) fn word(request: u64, index: u64) -> &'static str {
    // Odd multipliers visit all words; the square keeps neighbouring answers from being shifts
    // of each other.
    let step = request.wrapping_mul(37).wrapping_add(11) | 1;
    let mixed = index.wrapping_mul(step).wrapping_add(index.wrapping_mul(index) >> 3);
    WORDS[(mixed.wrapping_add(request) % WORDS.len() as u64) as usize]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_to_different_requests_differ() {
        let answer = |request| (0..16).map(|index| word(request, index)).collect::<Vec<_>>();
        assert_ne!(answer(1), answer(2));
        assert_eq!(answer(3), answer(3));
    }

    #[test]
    fn no_word_needs_escaping_or_splitting() {
        assert!(WORDS.iter().all(|word| word.bytes().all(|byte| byte.is_ascii_lowercase())));
    }
}
