//! Sentences and words to prompts of an exact length.

use super::{Corpus, Framing, Prompt, PromptPlan};
use crate::count::{ChatTemplate, HfCounter};
use crate::count::{CountWorker, HfWorker};
use crate::error::DatasetError;
use crate::shape::{Message, Role};
use rand_core::Rng;
use rand_pcg::Pcg64;

/// Writes prompts on one thread.
pub struct PromptWriter<'c> {
    counter: &'c HfCounter,
    template: Option<&'c ChatTemplate>,
    worker: HfWorker<'c>,
    sentences: Vec<Sentence>,
    /// Words of one token each, wherever they stand behind a space.
    words: Vec<String>,
    /// Words, or where they are too few letters and digits, with first tokens of their own.
    starts: Vec<String>,
    /// Tokens around an empty prompt.
    overhead: u32,
}

/// A sentence with a space before it.
struct Sentence {
    text: String,
    tokens: u32,
}

/// Words that make an opening unique: two for the index, two for the stream.
const OPENING: u32 = 4;

/// Tries to get a length right. One is the rule, two happen where a template trims or joins.
const TRIES: usize = 12;

/// Fewest single-token words to write from.
const FEWEST_WORDS: usize = 16;

impl<'c> PromptWriter<'c> {
    /// A writer for the tokenizer of `counter`. `Framing::Chat` needs a chat template.
    pub fn new(
        counter: &'c HfCounter,
        framing: Framing,
        corpus: &Corpus,
    ) -> Result<Self, DatasetError> {
        let cannot = |reason: &str| DatasetError::Prompt { tokens: 0, reason: reason.to_owned() };
        let template = match framing {
            Framing::Completion => None,
            Framing::Chat => Some(
                counter.template().ok_or_else(|| cannot("the tokenizer has no chat template"))?,
            ),
        };
        let mut worker = HfWorker::new(counter);
        let words = single_token_words(&mut worker, corpus);
        if words.len() < FEWEST_WORDS {
            return Err(cannot("the tokenizer has hardly any whole words"));
        }
        let starts = starts(&mut worker, &words);
        let alone = worker.count("the") as u32;
        let mut sentence = |text: &String| {
            let text = format!(" {text}");
            let tokens = (worker.count(&format!("the{text}")) as u32).saturating_sub(alone);
            Sentence { text, tokens }
        };
        let sentences = corpus.sentences().iter().map(&mut sentence).collect();
        let mut writer = Self { counter, template, worker, sentences, words, starts, overhead: 0 };
        // One word more than nothing: some templates do not like an empty message.
        let word = writer.words[0].clone();
        writer.overhead = writer.encoded(&word, 1)?.saturating_sub(1);
        Ok(writer)
    }

    /// Tokens that the chat template or the tokenizer puts around a prompt.
    pub fn overhead(&self) -> u32 {
        self.overhead
    }

    /// Writes the prompt and encodes it again to be sure of its length.
    pub fn write(&mut self, plan: &PromptPlan) -> Result<Prompt, DatasetError> {
        let wrong = |reason: String| DatasetError::Prompt { tokens: plan.tokens, reason };
        let body = plan.tokens.saturating_sub(self.overhead);
        let shared = plan.shared.map_or(0, |shared| shared.tokens);
        if body <= shared {
            let overhead = self.overhead;
            return Err(wrong(format!("{shared} are shared and {overhead} surround every prompt")));
        }
        let mut text = String::with_capacity(body as usize * 6);
        if let Some(shared) = plan.shared {
            self.segment(&mut text, Segment::shared(plan.seed, shared.group), shared.tokens);
        }
        let beginning = text.len();
        self.segment(&mut text, Segment::own(plan), body - shared);
        let mut random = Pcg64::new(u128::from(plan.seed), u128::from(plan.index) << 1 | 1);
        for _ in 0..TRIES {
            let tokens = self.encoded(&text, plan.tokens)?;
            if tokens == plan.tokens {
                return Ok(Prompt { text, tokens });
            }
            if tokens < plan.tokens {
                self.fill(&mut text, plan.tokens - tokens, &mut random);
            } else {
                shorten(&mut text, beginning, tokens - plan.tokens);
            }
        }
        Err(wrong("no text of this tokenizer has exactly as many".to_owned()))
    }

    /// A piece of prose that nothing else begins like, of about `tokens` tokens.
    fn segment(&self, text: &mut String, segment: Segment, tokens: u32) {
        let Segment { index, stream, mut random } = segment;
        let starts = if text.is_empty() { &self.starts } else { &self.words };
        let opening = opening(index, stream, [starts.len() as u64, self.words.len() as u64]);
        for (at, word) in opening.into_iter().take(tokens.min(OPENING) as usize).enumerate() {
            if at > 0 || !text.is_empty() {
                text.push(' ');
            }
            let words = if at == 0 { starts } else { &self.words };
            text.push_str(&words[word as usize]);
        }
        let mut left = tokens.saturating_sub(OPENING);
        loop {
            let pick = random.next_u64() as usize % self.sentences.len();
            let Some(sentence) = self.fitting(pick, left) else { break };
            text.push_str(&sentence.text);
            left -= sentence.tokens;
        }
        self.fill(text, left, &mut random);
    }

    /// The first sentence from `pick` on that is short enough.
    fn fitting(&self, pick: usize, left: u32) -> Option<&Sentence> {
        // Not the whole list: a handful of words at the end reads as well as a rare short sentence.
        let nearby = self.sentences.iter().cycle().skip(pick).take(8);
        nearby.into_iter().find(|sentence| sentence.tokens > 0 && sentence.tokens <= left)
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
        let encoding = match self.template {
            // The template writes BOS itself, as servers know.
            Some(template) => {
                let message = [Message::new(Role::User, text)];
                let prompt = template.prompt(&message).map_err(|error| wrong(error.to_string()))?;
                tokenizer.encode_fast(prompt, false)
            }
            None => tokenizer.encode_fast(text, true),
        };
        Ok(encoding.map_err(|error| wrong(error.to_string()))?.len() as u32)
    }

    /// Tokens of a bare text by the remembering counter, for whoever plans.
    pub fn count(&mut self, text: &str) -> u64 {
        self.worker.count(text)
    }
}

/// What makes a segment different from every other.
struct Segment {
    index: u64,
    stream: u64,
    random: Pcg64,
}

impl Segment {
    fn own(plan: &PromptPlan) -> Self {
        let state = u128::from(plan.seed) << 64 | u128::from(plan.stream);
        Self::new(Pcg64::new(state, u128::from(plan.index) << 1), plan.index, plan.stream)
    }

    /// Of a shared beginning: in a stream that no prompt is in.
    fn shared(seed: u64, group: u64) -> Self {
        let state = u128::from(seed) << 64 | u128::from(u64::MAX);
        Self::new(Pcg64::new(state, u128::from(group) << 1 | 1), group, u64::MAX - 1)
    }

    fn new(mut random: Pcg64, index: u64, stream: u64) -> Self {
        // Neighbouring states start alike: the first draw belongs to nobody.
        random.next_u64();
        Self { index, stream, random }
    }
}

/// Which words open a segment: the digits of its index and of its stream, the first to the base of
/// the words that can start a text. The index comes first, so that neighbours differ in their
/// first token, turned by the stream, so that the same places of two streams do too.
fn opening(index: u64, stream: u64, [starts, words]: [u64; 2]) -> [u64; OPENING as usize] {
    let turn = stream.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
    let first = (index % starts + turn % starts) % starts;
    [first, index / starts % words, stream % words, stream / words % words]
}

/// Words that are one token behind a space.
fn single_token_words(worker: &mut HfWorker<'_>, corpus: &Corpus) -> Vec<String> {
    let alone = worker.count("the");
    let single = |word: &String| worker.count(&format!("the {word}")) == alone + 1;
    let mut words = corpus.words();
    words.retain(single);
    words
}

/// What a text can start with: tokens that differ in their first token already.
fn starts(worker: &mut HfWorker<'_>, words: &[String]) -> Vec<String> {
    let mut starts = words.to_vec();
    // A space before the word is part of its token in most vocabularies; without it the word may
    // be two, and two such words may begin with the same one.
    let empty = worker.count("");
    starts.retain(|word| worker.count(word) == empty + 1);
    if starts.len() < FEWEST_WORDS {
        starts = ('a'..='z').chain('A'..='Z').map(String::from).collect();
    }
    starts
}

/// Takes so many words off the end, but nothing of what is shared.
fn shorten(text: &mut String, beginning: usize, words: u32) {
    for _ in 0..words {
        match text.rfind(' ') {
            Some(at) if at > beginning => text.truncate(at),
            _ => return,
        }
    }
}
