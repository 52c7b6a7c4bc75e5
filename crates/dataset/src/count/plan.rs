//! How a tokenizer's counts are the sum over pieces, found out from its tokenizer.json.

use super::added::AddedTokens;
use super::splitter::Splitter;
use serde_json::Value;

/// Which way leads to exact counts fastest.
#[derive(Debug)]
pub(super) enum Plan {
    /// Byte-level: cut by regexes, then bytes to the model's letters.
    ByteLevel(ByteLevel),
    /// The tokenizer's own normalizer and pre-tokenizer, then their pieces.
    Own(Pieces),
}

/// A byte-level tokenizer.
#[derive(Debug)]
pub(super) struct ByteLevel {
    pub(super) added: AddedTokens,
    pub(super) splitters: Vec<Splitter>,
    /// Whether text that is not ASCII must be normalised first.
    pub(super) normalizes: bool,
}

/// What the pieces of a tokenizer's own pre-tokenizer may be cut into further.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pieces {
    /// Nothing.
    Whole,
    /// Words: no token has a `▁` behind another character, so none crosses the edge before one.
    Words,
}

/// What SentencePiece writes for a space.
pub(super) const SPACE: char = '▁';

impl Plan {
    pub(super) fn of(tokenizer: &Value) -> Self {
        match byte_level(tokenizer) {
            Some(plan) => Self::ByteLevel(plan),
            None => Self::Own(pieces(tokenizer)),
        }
    }
}

fn byte_level(tokenizer: &Value) -> Option<ByteLevel> {
    let normalizer = &tokenizer["normalizer"];
    let normalizes = match normalizer["type"].as_str() {
        // Both leave ASCII as it is.
        Some("NFC" | "NFKC") => true,
        _ if normalizer.is_null() => false,
        _ => return None,
    };
    if tokenizer["model"]["type"].as_str().unwrap_or("BPE") != "BPE" {
        return None;
    }
    let splitters = splitters(&tokenizer["pre_tokenizer"])?;
    let added = AddedTokens::of(tokenizer, normalizes)?;
    Some(ByteLevel { added, splitters, normalizes })
}

/// The cutting steps before bytes become letters, which must come last and once.
fn splitters(step: &Value) -> Option<Vec<Splitter>> {
    let steps: Vec<&Value> = match step["type"].as_str()? {
        "Sequence" => step["pretokenizers"].as_array()?.iter().collect(),
        _ => vec![step],
    };
    let (last, first) = steps.split_last()?;
    let mut splitters = first.iter().map(|step| splitter(step)).collect::<Option<Vec<_>>>()?;
    let plain = last["type"] == "ByteLevel" && last["add_prefix_space"] == false;
    if !plain {
        return None;
    }
    if last["use_regex"].as_bool().unwrap_or(true) {
        splitters.push(Splitter::gpt2()?);
    }
    Some(splitters)
}

fn splitter(step: &Value) -> Option<Splitter> {
    match step["type"].as_str()? {
        "Split" => {
            let kept = step["behavior"] == "Isolated" && step["invert"] == false;
            Splitter::new(step["pattern"]["Regex"].as_str().filter(|_| kept)?)
        }
        // `char::is_numeric` is the union of Nd, Nl and No: what \p{N} is.
        "Digits" if step["individual_digits"] == true => Splitter::new(r"\p{N}"),
        "Digits" => Splitter::new(r"\p{N}+"),
        _ => None,
    }
}

fn pieces(tokenizer: &Value) -> Pieces {
    let model = &tokenizer["model"];
    let vocab = model["vocab"].as_object();
    let affixes = ["continuing_subword_prefix", "end_of_word_suffix"]
        .iter()
        .any(|name| model[*name].as_str().is_some_and(|affix| !affix.is_empty()));
    let words = model["type"].as_str().unwrap_or("BPE") == "BPE"
        && !affixes
        && vocab.is_some_and(|vocab| {
            vocab.contains_key(&SPACE.to_string()) && !vocab.keys().any(|token| crosses(token))
        });
    if words { Pieces::Words } else { Pieces::Whole }
}

/// Whether a `▁` follows another character.
fn crosses(token: &str) -> bool {
    token.trim_start_matches(SPACE).contains(SPACE)
}

/// Calls `each` with the words of a piece, each beginning at the edge before a `▁`.
pub(super) fn words<'t>(piece: &'t str, each: &mut dyn FnMut(&'t str)) {
    let mut start = 0;
    let mut in_word = false;
    for (at, character) in piece.char_indices() {
        if character == SPACE && in_word {
            each(&piece[start..at]);
            start = at;
        }
        in_word = character != SPACE;
    }
    if start < piece.len() {
        each(&piece[start..]);
    }
}
