//! Prompts are as long as asked, share what is declared and nothing else.

use crate::support::{TOKENIZERS, chat_counter, counter};
use farebox_dataset::shape::{Message, Role};
use farebox_dataset::{Corpus, Framing, HfCounter, PromptPlan, PromptWriter, SharedPrefix};
use proptest::prelude::*;
use std::collections::HashSet;
use std::sync::LazyLock;

fn plan(index: u64, tokens: u32) -> PromptPlan {
    PromptPlan { seed: 7, stream: 1, index, tokens, shared: None }
}

/// What the model reads.
fn ids(counter: &HfCounter, framing: Framing, text: &str) -> Vec<u32> {
    let tokenizer = counter.tokenizer();
    let encoding = match framing {
        Framing::Completion => tokenizer.encode(text, true),
        Framing::Chat => {
            let message = [Message::new(Role::User, text)];
            tokenizer.encode(counter.template().unwrap().prompt(&message).unwrap(), false)
        }
    };
    encoding.unwrap().get_ids().to_vec()
}

/// Loading them takes longer than writing by them.
static ALL: LazyLock<Vec<(HfCounter, Framing)>> = LazyLock::new(all);

fn all() -> Vec<(HfCounter, Framing)> {
    let bare = TOKENIZERS.iter().map(|name| (counter(name), Framing::Completion));
    bare.chain([(chat_counter(), Framing::Chat)]).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn lengths_are_exact_for_every_kind(
        lengths in prop::collection::vec(20..900_u32, 1..6), seed: u64, stream in 0..5_u64
    ) {
        for (counter, framing) in ALL.iter() {
            let mut writer = PromptWriter::new(counter, *framing, &Corpus::embedded()).unwrap();
            for (index, tokens) in lengths.iter().enumerate() {
                let plan = PromptPlan {
                    seed, stream, index: index as u64, tokens: *tokens, shared: None,
                };
                let prompt = writer.write(&plan).unwrap();
                let encoded = ids(counter, *framing, &prompt.text).len();
                prop_assert_eq!((prompt.tokens, encoded), (*tokens, *tokens as usize));
            }
        }
    }
}

#[test]
fn neighbours_differ_in_their_first_token_and_no_two_begin_alike() {
    let counter = counter("byte-level-bpe");
    let mut writer = PromptWriter::new(&counter, Framing::Completion, &Corpus::embedded()).unwrap();
    let mut openings = HashSet::new();
    for stream in 0..4 {
        let mut last = 0;
        for index in 0..500 {
            let plan = PromptPlan { stream, ..plan(index, 40) };
            let ids = ids(&counter, Framing::Completion, &writer.write(&plan).unwrap().text);
            assert_ne!(ids[1], last, "neighbours share their first token");
            last = ids[1];
            openings.insert(ids[1..=4].to_vec());
        }
    }
    assert_eq!(openings.len(), 2000);
}

#[test]
fn what_is_declared_is_shared_and_nothing_else() {
    for (counter, framing) in ALL.iter() {
        let mut writer = PromptWriter::new(counter, *framing, &Corpus::embedded()).unwrap();
        let mut write = |index, group| {
            let shared = Some(SharedPrefix { group, tokens: 60 });
            let prompt = writer.write(&PromptPlan { shared, ..plan(index, 200) }).unwrap();
            ids(counter, *framing, &prompt.text)
        };
        let common = |a: &[u32], b: &[u32]| a.iter().zip(b).take_while(|(a, b)| a == b).count();
        let (one, two, other) = (write(0, 5), write(1, 5), write(2, 6));
        let begins = common(&one, &other);
        assert!(begins <= 8, "groups begin alike for {begins} tokens");
        let shared = common(&one, &two) - begins;
        assert!((58..=62).contains(&shared), "{shared} of 60 tokens are shared");
    }
}

#[test]
fn the_same_plan_gives_the_same_bytes_and_a_dataset_its_own_words() {
    let counter = chat_counter();
    let own = Corpus::of(Corpus::embedded().sentences()[..60].iter().map(String::as_str)).unwrap();
    for corpus in [Corpus::embedded(), own] {
        let write = || {
            let mut writer = PromptWriter::new(&counter, Framing::Chat, &corpus).unwrap();
            writer.write(&plan(3, 300)).unwrap()
        };
        assert_eq!(write(), write());
    }
    assert_eq!(Corpus::of(["too little to write from."]), None);
}

#[test]
fn what_cannot_be_is_said() {
    let counter = chat_counter();
    let mut writer = PromptWriter::new(&counter, Framing::Chat, &Corpus::embedded()).unwrap();
    let overhead = writer.overhead();
    assert!(overhead > 5);
    let error = writer.write(&plan(0, overhead)).unwrap_err().to_string();
    assert!(error.contains(&format!("{overhead} surround every prompt")), "{error}");
    assert_eq!(writer.write(&plan(0, overhead + 1)).unwrap().tokens, overhead + 1);
    let bare = crate::support::counter("unigram");
    assert!(PromptWriter::new(&bare, Framing::Chat, &Corpus::embedded()).is_err());
}
