//! Where the sentences of prompts come from.

/// English sentences, written for this project; see `text/README.md`.
const EMBEDDED: &str = include_str!("../../text/sentences.txt");

/// Longest sentence taken from a dataset, in bytes: longer ones leave too much to fill up.
const LONGEST: usize = 400;

/// Sentences, each once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Corpus {
    sentences: Vec<String>,
}

impl Corpus {
    /// The sentences that come with us.
    pub fn embedded() -> Self {
        Self { sentences: EMBEDDED.lines().map(str::to_owned).collect() }
    }

    /// The sentences of a dataset's own texts; `None` if there are too few to write from.
    pub fn of<'t>(texts: impl IntoIterator<Item = &'t str>) -> Option<Self> {
        let mut sentences: Vec<String> = texts
            .into_iter()
            .flat_map(|text| text.split_inclusive(['.', '!', '?', '\n']))
            .map(|sentence| sentence.split_whitespace().collect::<Vec<_>>().join(" "))
            .filter(|sentence| sentence.contains(' ') && sentence.len() <= LONGEST)
            .collect();
        sentences.sort_unstable();
        sentences.dedup();
        (sentences.len() >= 16).then_some(Self { sentences })
    }

    /// The sentences.
    pub fn sentences(&self) -> &[String] {
        &self.sentences
    }

    /// Every word of letters in it, lower case, each once and sorted.
    pub(super) fn words(&self) -> Vec<String> {
        let letters = |word: &&str| word.len() > 1 && word.bytes().all(|b| b.is_ascii_lowercase());
        let mut words: Vec<String> = self
            .sentences
            .iter()
            .flat_map(|sentence| sentence.split([' ', ',', '.']).filter(letters))
            .map(str::to_owned)
            .collect();
        words.sort_unstable();
        words.dedup();
        words
    }
}
