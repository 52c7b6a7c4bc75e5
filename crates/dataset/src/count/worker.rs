//! One thread that counts by a tokenizer, remembering pieces and the prompt before.

use super::hf::HfCounter;
use super::letters::byte_letters;
use super::memo::Memo;
use super::plan::{ByteLevel, Pieces, Plan, words};
use super::splitter::Splitter;
use super::{ChatTemplate, CountWorker, running};
use crate::shape::Message;
use crate::skip::Skip;
use regex_automata::meta::Cache;
use tokenizers::{
    Model, ModelWrapper, NormalizedString, Normalizer, OffsetReferential, OffsetType, PreTokenizer,
};

/// One thread's memory.
pub(crate) struct HfWorker<'c> {
    counter: &'c HfCounter,
    memo: Memo,
    caches: Vec<Cache>,
    last: Rendered,
}

/// The prompt rendered last, and its counts where an added token ends.
#[derive(Default)]
struct Rendered {
    text: String,
    marks: Vec<Mark>,
}

/// An added token that ended here, and all tokens up to its end.
#[derive(Clone, Copy)]
struct Mark {
    start: usize,
    end: usize,
    tokens: u64,
}

impl<'c> HfWorker<'c> {
    pub(crate) fn new(counter: &'c HfCounter) -> Self {
        let caches = match &counter.plan {
            Plan::ByteLevel(plan) => plan.splitters.iter().map(Splitter::cache).collect(),
            Plan::Own(_) => Vec::new(),
        };
        Self { counter, memo: Memo::default(), caches, last: Rendered::default() }
    }

    /// Tokens of a rendered prompt. What it has in common with the one before is counted once: up
    /// to the last added token that both must have read alike.
    fn count_rendered(&mut self, text: String) -> u64 {
        let Plan::ByteLevel(plan) = &self.counter.plan else { return self.count(&text) };
        let common = common_prefix(text.as_bytes(), self.last.text.as_bytes());
        // A longer token could begin where a mark does and read on into what differs.
        let settled = |mark: &Mark| mark.start + plan.added.longest() <= common;
        self.last.marks.retain(settled);
        let (mut at, mut tokens) = self.last.marks.last().map_or((0, 0), |it| (it.end, it.tokens));
        while let Some(found) = plan.added.find(&text, at) {
            tokens += self.gap(plan, &text[at..found.start]) + 1;
            at = found.end;
            self.last.marks.push(Mark { start: found.start, end: at, tokens });
        }
        tokens += self.gap(plan, &text[at..]);
        self.last.text = text;
        tokens
    }

    fn byte_level(&mut self, plan: &ByteLevel, text: &str) -> u64 {
        let (mut at, mut tokens) = (0, 0);
        while let Some(found) = plan.added.find(text, at) {
            tokens += self.gap(plan, &text[at..found.start]) + 1;
            at = found.end;
        }
        tokens + self.gap(plan, &text[at..])
    }

    /// Tokens of a text without added tokens of the first kind.
    fn gap(&mut self, plan: &ByteLevel, gap: &str) -> u64 {
        if gap.is_empty() {
            return 0;
        }
        if !plan.normalizes || gap.is_ascii() {
            return self.pieces(plan, gap);
        }
        let mut normalized = NormalizedString::from(gap);
        if let Some(normalizer) = self.counter.tokenizer.get_normalizer()
            && normalizer.normalize(&mut normalized).is_err()
        {
            return self.own(Pieces::Whole, gap);
        }
        self.pieces(plan, normalized.get())
    }

    fn pieces(&mut self, plan: &ByteLevel, text: &str) -> u64 {
        let model = self.counter.tokenizer.get_model();
        let (memo, caches) = (&mut self.memo, &mut self.caches);
        let mut tokens = 0;
        let added = plan.added.cut(text, &mut |part| {
            cut(&plan.splitters, caches, part, &mut |piece| {
                tokens += memo.count(piece, || tokens_of(model, &byte_letters(piece)));
            });
        });
        tokens + added
    }

    /// Tokens by the tokenizer's own steps, the model asked once per piece.
    fn own(&mut self, pieces: Pieces, text: &str) -> u64 {
        let tokenizer = &self.counter.tokenizer;
        let added = tokenizer.get_added_vocabulary();
        let mut parts = added.extract_and_normalize(tokenizer.get_normalizer(), text);
        if let Some(step) = tokenizer.get_pre_tokenizer()
            && step.pre_tokenize(&mut parts).is_err()
        {
            return 0;
        }
        let (model, memo) = (tokenizer.get_model(), &mut self.memo);
        let mut tokens = 0;
        for (part, _, found) in parts.get_splits(OffsetReferential::Normalized, OffsetType::None) {
            let mut count = |piece: &str| {
                tokens += memo.count(piece, || tokens_of(model, piece));
            };
            match (found, pieces) {
                (Some(found), _) => tokens += found.len() as u64,
                (None, Pieces::Words) => words(part, &mut count),
                (None, Pieces::Whole) if part.is_empty() => {}
                (None, Pieces::Whole) => count(part),
            }
        }
        tokens
    }
}

impl CountWorker for HfWorker<'_> {
    fn count(&mut self, text: &str) -> u64 {
        match &self.counter.plan {
            Plan::ByteLevel(plan) => self.byte_level(plan, text),
            Plan::Own(pieces) => self.own(*pieces, text),
        }
    }

    fn prompts(&mut self, messages: &[Message], ends: &[usize]) -> Result<Vec<u64>, Skip> {
        let Some(template) = &self.counter.template else {
            let start = self.counter.added_to_prompt;
            return Ok(running(ends, start, |at| self.count(&messages[at].content)));
        };
        let values = ChatTemplate::values(messages);
        ends.iter()
            .map(|end| {
                let prompt = template.render(&values[..*end]).map_err(|_| Skip::Template)?;
                Ok(self.count_rendered(prompt))
            })
            .collect()
    }
}

/// Cuts `text` by one splitter after another.
fn cut<'t>(
    splitters: &[Splitter],
    caches: &mut [Cache],
    text: &'t str,
    each: &mut dyn FnMut(&'t str),
) {
    match (splitters.split_first(), caches.split_first_mut()) {
        (Some((splitter, splitters)), Some((cache, caches))) => {
            splitter.cut(cache, text, &mut |piece| cut(splitters, caches, piece, each));
        }
        _ if text.is_empty() => {}
        _ => each(text),
    }
}

/// Tokens of one piece. A piece that the model cannot encode is none, as it is to `encode`.
fn tokens_of(model: &ModelWrapper, piece: &str) -> u32 {
    model.tokenize(piece).map_or(0, |tokens| tokens.len() as u32)
}

/// Bytes common to the beginnings of both.
fn common_prefix(one: &[u8], other: &[u8]) -> usize {
    // Whole blocks first: prompts of one conversation agree for most of their length.
    const BLOCK: usize = 64;
    let blocks = one.chunks_exact(BLOCK).zip(other.chunks_exact(BLOCK));
    let same = blocks.take_while(|(a, b)| a == b).count() * BLOCK;
    same + one[same..].iter().zip(&other[same..]).take_while(|(a, b)| a == b).count()
}
