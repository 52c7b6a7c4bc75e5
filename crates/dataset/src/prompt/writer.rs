//! Segments to prompts of an exact length.

use super::opening::{Key, WORDS};
use super::{Corpus, Framing, Prompt};
use crate::count::{CountWorker, HfCounter, HfWorker};
use crate::error::DatasetError;
use crate::shape::{Message, Role};
use farebox_workload::{Planned, Segment};
use rand_core::Rng;
use rand_pcg::Pcg64;
use std::sync::Arc;

/// Writes prompts. Threads may share it.
#[derive(Debug)]
pub struct PromptWriter {
    counter: Arc<HfCounter>,
    framing: Framing,
    seed: u64,
    sentences: Vec<Sentence>,
    /// Words of one token each, behind a space.
    words: Vec<String>,
    /// What can begin a text: words, or where they are too few, letters, with first tokens of
    /// their own.
    starts: Vec<String>,
    /// Tokens around an empty prompt.
    overhead: u32,
}

/// A sentence with a space before it.
#[derive(Debug)]
struct Sentence {
    text: String,
    tokens: u32,
}

/// Tries to get a length right. One is the rule, two happen where a template trims or joins.
const TRIES: usize = 12;

/// Fewest single-token words to write from.
const FEWEST_WORDS: usize = 16;

impl PromptWriter {
    /// A writer for the tokenizer of `counter`. `Framing::Chat` needs a chat template.
    pub fn new(
        counter: Arc<HfCounter>,
        framing: Framing,
        corpus: &Corpus,
        seed: u64,
    ) -> Result<Self, DatasetError> {
        let cannot = |reason: &str| DatasetError::Prompt { tokens: 0, reason: reason.to_owned() };
        if framing == Framing::Chat && counter.template().is_none() {
            return Err(cannot("the tokenizer has no chat template"));
        }
        let mut worker = HfWorker::new(&counter);
        let words = single_token_words(&mut worker, corpus);
        if words.len() < FEWEST_WORDS {
            return Err(cannot("the tokenizer has hardly any whole words of the text"));
        }
        let starts = starts(&mut worker, &words);
        let sentences = sentences(&mut worker, corpus);
        drop(worker);
        let mut writer = Self { counter, framing, seed, sentences, words, starts, overhead: 0 };
        // One word more than nothing: some templates do not like an empty message.
        writer.overhead = writer.encoded(&writer.starts[0], 1)?.saturating_sub(1);
        Ok(writer)
    }

    /// Tokens that the chat template or the tokenizer puts around a prompt.
    pub fn overhead(&self) -> u32 {
        self.overhead
    }

    /// Writes the prompt of `planned` in `stream` and encodes it again to be sure that it has
    /// `planned.isl` tokens. Prompts of a stream share what their segments share, to within the
    /// few tokens at the end of a segment that is cut short; those of other streams nothing.
    pub fn write(&self, stream: u64, planned: &Planned) -> Result<Prompt, DatasetError> {
        let asked = planned.isl;
        if asked <= self.overhead {
            let reason = format!("{} surround every prompt", self.overhead);
            return Err(DatasetError::Prompt { tokens: asked, reason });
        }
        let mut text = String::with_capacity(asked as usize * 6);
        let mut body = asked - self.overhead;
        let last = planned.segments.len().saturating_sub(1);
        let mut beginning = 0;
        for (index, segment) in planned.segments.iter().enumerate() {
            // A segment before the last is cut by its own length alone, so that it is the same in
            // every prompt; the last takes up what surrounds them.
            let tokens = if index == last { body } else { segment.tokens.min(body) };
            beginning = text.len();
            self.segment(&mut text, stream, Segment { tokens, ..*segment });
            body -= tokens;
        }
        self.adjusted(text, beginning, asked)
    }

    /// `text` made exactly `asked` tokens long, nothing before `beginning` being touched.
    fn adjusted(
        &self,
        mut text: String,
        beginning: usize,
        asked: u32,
    ) -> Result<Prompt, DatasetError> {
        let mut random = Pcg64::new(u128::from(self.seed), u128::from(asked));
        for _ in 0..TRIES {
            let tokens = self.encoded(&text, asked)?;
            if tokens == asked {
                return Ok(Prompt { text, tokens });
            }
            if tokens < asked {
                self.fill(&mut text, asked - tokens, &mut random);
            } else {
                shorten(&mut text, beginning, tokens - asked);
            }
        }
        let reason = "no text of this tokenizer has exactly as many".to_owned();
        Err(DatasetError::Prompt { tokens: asked, reason })
    }

    /// Prose that nothing else begins like, of about as many tokens as the segment has.
    fn segment(&self, text: &mut String, stream: u64, segment: Segment) {
        let key = Key::of(self.seed, stream, segment.id);
        let starts = if text.is_empty() { &self.starts } else { &self.words };
        let opening = key.words(starts.len() as u64, self.words.len() as u64);
        for (at, word) in opening.into_iter().take(segment.tokens as usize).enumerate() {
            if !text.is_empty() {
                text.push(' ');
            }
            text.push_str(if at == 0 { &starts[word] } else { &self.words[word] });
        }
        let mut random = key.random();
        let mut left = segment.tokens.saturating_sub(WORDS as u32);
        while let Some(sentence) = self.fitting(random.next_u64(), left) {
            text.push_str(&sentence.text);
            left -= sentence.tokens;
        }
        self.fill(text, left, &mut random);
    }

    /// A sentence that is short enough, `pick` or one of the next. Not the whole list is searched:
    /// a handful of words at the end reads as well as a rare short sentence.
    fn fitting(&self, pick: u64, left: u32) -> Option<&Sentence> {
        let pick = pick as usize % self.sentences.len();
        let nearby = self.sentences.iter().cycle().skip(pick).take(8);
        nearby.into_iter().find(|sentence| (1..=left).contains(&sentence.tokens))
    }

    /// Adds so many words of one token each.
    fn fill(&self, text: &mut String, words: u32, random: &mut Pcg64) {
        for _ in 0..words {
            text.push(' ');
            text.push_str(&self.words[random.next_u64() as usize % self.words.len()]);
        }
    }

    /// Tokens of the whole prompt, by the tokenizer's own `encode`.
    fn encoded(&self, text: &str, asked: u32) -> Result<u32, DatasetError> {
        let wrong = |reason: String| DatasetError::Prompt { tokens: asked, reason };
        let tokenizer = self.counter.tokenizer();
        let encoding = match (self.framing, self.counter.template()) {
            // The template writes BOS itself, as servers know.
            (Framing::Chat, Some(template)) => {
                let message = [Message::new(Role::User, text)];
                let prompt = template.prompt(&message).map_err(|error| wrong(error.to_string()))?;
                tokenizer.encode_fast(prompt, false)
            }
            _ => tokenizer.encode_fast(text, true),
        };
        Ok(encoding.map_err(|error| wrong(error.to_string()))?.len() as u32)
    }
}

fn sentences(worker: &mut HfWorker<'_>, corpus: &Corpus) -> Vec<Sentence> {
    let alone = worker.count("the");
    let mut sentence = |text: &String| {
        let text = format!(" {text}");
        let tokens = worker.count(&format!("the{text}")).saturating_sub(alone) as u32;
        Sentence { text, tokens }
    };
    corpus.sentences().iter().map(&mut sentence).collect()
}

/// Words that are one token behind a space.
fn single_token_words(worker: &mut HfWorker<'_>, corpus: &Corpus) -> Vec<String> {
    let alone = worker.count("the");
    let mut words = corpus.words();
    words.retain(|word| worker.count(&format!("the {word}")) == alone + 1);
    words
}

/// What can begin a text. A space before the word is part of its token in most vocabularies;
/// without it the word may be two, and two such words may begin with the same one.
fn starts(worker: &mut HfWorker<'_>, words: &[String]) -> Vec<String> {
    let mut starts = words.to_vec();
    let empty = worker.count("");
    starts.retain(|word| worker.count(word) == empty + 1);
    if starts.len() < FEWEST_WORDS {
        starts = ('a'..='z').chain('A'..='Z').map(String::from).collect();
    }
    starts
}

/// Takes so many words off the end, but nothing before `beginning`.
fn shorten(text: &mut String, beginning: usize, words: u32) {
    for _ in 0..words {
        match text.rfind(' ') {
            Some(at) if at > beginning => text.truncate(at),
            _ => return,
        }
    }
}
