//! Prompts are as long as asked, share what is declared and nothing else.

use crate::support::{TOKENIZERS, chat_counter, counter};
use farebox_dataset::shape::{Message, Role};
use farebox_dataset::{Corpus, Framing, HfCounter, PromptWriter};
use farebox_workload::{Planned, Segment, SegmentId, Turn};
use proptest::prelude::*;
use std::collections::HashSet;
use std::sync::{Arc, LazyLock};

/// Loading them takes longer than writing by them.
static ALL: LazyLock<Vec<(Arc<HfCounter>, Framing)>> = LazyLock::new(|| {
    let bare = TOKENIZERS.iter().map(|name| (counter(name).into(), Framing::Completion));
    bare.chain([(chat_counter().into(), Framing::Chat)]).collect()
});

/// Request `index` of these segments.
fn plan(index: u64, segments: &[(SegmentId, u32)]) -> Planned {
    let segments: Vec<Segment> =
        segments.iter().map(|(id, tokens)| Segment { id: *id, tokens: *tokens }).collect();
    let isl = segments.iter().map(|segment| segment.tokens).sum();
    Planned { index, at_ns: None, isl, osl: 1, turn: None, think_ns: 0, segments }
}

fn own(index: u64, tokens: u32) -> Planned {
    plan(index, &[(SegmentId::Own(index), tokens)])
}

fn writer(counter: &Arc<HfCounter>, framing: Framing) -> PromptWriter {
    PromptWriter::new(counter.clone(), framing, &Corpus::embedded(), 7).unwrap()
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

fn segment() -> impl Strategy<Value = (SegmentId, u32)> {
    let id = prop_oneof![
        (0..9_u64).prop_map(SegmentId::Own),
        (0..3_u32).prop_map(SegmentId::Group),
        (0..3_u64, 0..3_u32).prop_map(|(session, turn)| SegmentId::Turn(Turn { session, turn })),
        (0..2_u64, 0..9_u64).prop_map(|(pass, block)| SegmentId::Block { pass, block }),
    ];
    (id, 1..400_u32)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn lengths_are_exact_for_every_kind(
        segments in prop::collection::vec(segment(), 1..5), stream in 0..5_u64
    ) {
        for (counter, framing) in ALL.iter() {
            let mut planned = plan(0, &segments);
            planned.isl = planned.isl.max(20);
            let prompt = writer(counter, *framing).write(stream, &planned).unwrap();
            let encoded = ids(counter, *framing, &prompt.text).len() as u32;
            prop_assert_eq!((prompt.tokens, encoded), (planned.isl, planned.isl));
        }
    }
}

#[test]
fn neighbours_differ_in_their_first_token_and_no_two_begin_alike() {
    let (counter, framing) = &ALL[0];
    let writer = writer(counter, *framing);
    let mut openings = HashSet::new();
    for stream in 0..4 {
        let mut last = 0;
        for index in 0..500 {
            let text = writer.write(stream, &own(index, 40)).unwrap().text;
            let ids = ids(counter, *framing, &text);
            assert_ne!(ids[1], last, "neighbours share their first token");
            last = ids[1];
            openings.insert(ids[1..=4].to_vec());
        }
    }
    assert_eq!(openings.len(), 2000);
}

#[test]
fn prompts_share_what_their_segments_share_and_nothing_else() {
    let common = |a: &[u32], b: &[u32]| a.iter().zip(b).take_while(|(a, b)| a == b).count();
    for (counter, framing) in ALL.iter() {
        let writer = writer(counter, *framing);
        let write = |stream, group, index| {
            let segments = [(SegmentId::Group(group), 60), (SegmentId::Own(index), 140)];
            let text = writer.write(stream, &plan(index, &segments)).unwrap().text;
            ids(counter, *framing, &text)
        };
        let one = write(0, 5, 0);
        let begins = common(&one, &write(0, 6, 1));
        assert!(begins <= 8, "groups begin alike for {begins} tokens");
        assert_eq!(common(&one, &write(0, 5, 1)), begins + 60, "{framing:?}");
        assert!(common(&one, &write(1, 5, 0)) <= begins, "streams share nothing");
    }
}

#[test]
fn the_same_plan_gives_the_same_bytes_and_a_dataset_its_own_words() {
    let (counter, framing) = &ALL[3];
    let all = Corpus::embedded();
    let few = all.sentences()[..60].iter().map(String::as_str);
    let own_words = Corpus::of(few).unwrap();
    for corpus in [Corpus::embedded(), own_words] {
        let write = |seed| {
            let writer = PromptWriter::new(counter.clone(), *framing, &corpus, seed).unwrap();
            writer.write(1, &own(3, 300)).unwrap()
        };
        assert_eq!(write(7), write(7));
        assert_ne!(write(7), write(8));
    }
    assert_eq!(Corpus::of(["too little to write from."]), None);
}

#[test]
fn what_cannot_be_is_said() {
    let (counter, framing) = &ALL[3];
    let writer = writer(counter, *framing);
    let overhead = writer.overhead();
    assert!(overhead > 5);
    let error = writer.write(0, &own(0, overhead)).unwrap_err().to_string();
    assert!(error.contains(&format!("{overhead} surround every prompt")), "{error}");
    assert_eq!(writer.write(0, &own(0, overhead + 1)).unwrap().tokens, overhead + 1);
    let bare = PromptWriter::new(ALL[2].0.clone(), Framing::Chat, &Corpus::embedded(), 7);
    assert!(bare.is_err());
}
