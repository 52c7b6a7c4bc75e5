//! Counts are those of `encode`, whatever was remembered.

use crate::support::{TOKENIZERS, chat_counter, counter, json};
use farebox_dataset::shape::{Message, Role};
use farebox_dataset::{HfCounter, TokenCounter, TokenizerFiles};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::sync::LazyLock;

/// Prose, code, runs of spaces, digits, other scripts, and the tokens' own texts.
fn text() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        4 => "[a-zA-Z]{1,9}",
        3 => " {1,4}",
        1 => "[ \t\r\n]{1,4}",
        1 => "[0-9]{1,7}",
        1 => "['.,;:!?(){}\"-]{1,3}",
        1 => "(don't|I'LL|the first tram|The river|Zürich|日本語|Привет|👍🏽|e\u{301}|\u{a0}|ﬁ)",
        1 => "(<\\|eot\\|>|<\\|start\\|>|<\\|sta|<s>|</s>|<unk>|<0x41>|▁|▁▁x)",
        1 => "\\PC{1,4}",
    ];
    prop::collection::vec(part, 0..24).prop_map(|parts| parts.concat())
}

fn encoded(counter: &HfCounter, text: &str) -> u64 {
    counter.tokenizer().encode(text, false).unwrap().len() as u64
}

/// The byte-level fixture with other steps in front.
fn variant(change: impl Fn(&mut Value)) -> HfCounter {
    let mut tokenizer: Value = serde_json::from_slice(&json("byte-level-bpe")).unwrap();
    change(&mut tokenizer);
    let tokenizer = serde_json::to_vec(&tokenizer).unwrap();
    HfCounter::new(&TokenizerFiles { name: "variant".into(), tokenizer, ..Default::default() })
        .unwrap()
}

/// Loading them takes longer than counting by them.
static ALL: LazyLock<Vec<HfCounter>> = LazyLock::new(all);
static CHAT: LazyLock<HfCounter> = LazyLock::new(chat_counter);

fn all() -> Vec<HfCounter> {
    let byte_level = json!({"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true,
        "use_regex": true});
    let digits = json!({"type": "Digits", "individual_digits": true});
    let mut all: Vec<HfCounter> = TOKENIZERS.iter().map(|name| counter(name)).collect();
    all.push(variant(|json| json["normalizer"] = json!({"type": "NFC"})));
    all.push(variant(|json| json["pre_tokenizer"] = byte_level.clone()));
    all.push(variant(|json| {
        json["pre_tokenizer"] = json!({"type": "Sequence", "pretokenizers": [digits, byte_level]});
    }));
    all.push(variant(|json| {
        for token in json["added_tokens"].as_array_mut().unwrap() {
            token["normalized"] = json!(true);
        }
        json["added_tokens"][1]["normalized"] = json!(false);
    }));
    all.push(variant(|json| json["added_tokens"][2]["lstrip"] = json!(true)));
    all
}

#[test]
fn the_fast_way_is_taken_where_it_can_be() {
    let fast: Vec<bool> = ALL.iter().map(HfCounter::is_byte_level).collect();
    assert_eq!(fast, [true, false, false, true, true, true, true, false]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn counts_are_those_of_encode(texts in prop::collection::vec(text(), 1..4)) {
        for counter in ALL.iter() {
            let mut worker = counter.worker();
            // Twice: by the model, then from memory.
            for text in texts.iter().chain(&texts) {
                prop_assert_eq!(worker.count(text), encoded(counter, text), "{:?}", text);
            }
        }
    }

    #[test]
    fn turns_counted_one_after_another_are_counted_as_if_alone(
        talks in prop::collection::vec(prop::collection::vec(text(), 2..8), 1..3)
    ) {
        let counter = &*CHAT;
        let mut worker = counter.worker();
        for talk in &talks {
            let messages: Vec<Message> = talk.iter().enumerate().map(|(at, text)| {
                Message::new(if at % 2 == 0 { Role::User } else { Role::Assistant }, text)
            }).collect();
            let ends: Vec<usize> = (1..messages.len()).step_by(2).collect();
            let counted = worker.prompts(&messages, &ends).unwrap();
            for (end, counted) in ends.into_iter().zip(counted) {
                let prompt = counter.template().unwrap().prompt(&messages[..end]).unwrap();
                prop_assert_eq!(counted, encoded(counter, &prompt));
            }
        }
    }
}

#[test]
fn a_prompt_begins_once_however_many_messages_it_has() {
    let counter = counter("byte-level-bpe");
    let messages = [
        Message::new(Role::User, "The river"),
        Message::new(Role::Assistant, " does not hurry"),
        Message::new(Role::User, " in the end"),
        Message::new(Role::Assistant, "."),
    ];
    let counted = counter.worker().prompts(&messages, &[1, 3]).unwrap();
    let bare = |text: &str| encoded(&counter, text);
    assert_eq!(counted[0], 1 + bare("The river"));
    assert_eq!(counted[1], 1 + bare("The river does not hurry in the end"));
}
