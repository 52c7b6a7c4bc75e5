//! Whatever arrives, the reader answers: no panic, no loop, no event out of nothing.

use farebox_wire::chunk::parse;
use farebox_wire::models::parse_models;
use farebox_wire::{Ending, ErrorBody, Reply, StreamReader};
use proptest::prelude::*;

/// Bytes that look enough like a stream to get past the first check of each layer.
fn near_streams() -> impl Strategy<Value = Vec<u8>> {
    let words = prop::sample::select(vec![
        "data: ",
        "data:",
        "event: error",
        "\n",
        "\n\n",
        "\r\n",
        "\r",
        ": ping",
        "{",
        "}",
        "[",
        "]",
        "\"choices\":",
        "\"delta\":",
        "\"usage\":",
        "\"error\"",
        "null",
        "1e999",
        "-1",
        ",",
        "\"index\":4294967296",
        "\"completion_tokens\":18446744073709551615",
        "\"token_ids\":[1,2]",
        "\"content\":\"\\ud83d\"",
        "\"finish_reason\":\"stop\"",
        "[DONE]",
        "\u{feff}",
        "\"text\":\"x\"",
        "{\"choices\":[{\"index\":0,\"text\":\"x\"}]}",
        "\"timings\":{\"predicted_n\":1}",
    ]);
    prop::collection::vec(words, 0..60).prop_map(|words| words.concat().into_bytes())
}

fn read_everything(bytes: &[u8], read: usize) -> (usize, Ending) {
    let mut reader = StreamReader::with_limit(4096);
    let mut events = 0;
    for piece in bytes.chunks(read) {
        reader.feed(piece, |_| events += 1);
    }
    reader.finish(|_| events += 1);
    (events, reader.outcome().ending)
}

proptest! {
    #[test]
    fn arbitrary_bytes_are_read(bytes in prop::collection::vec(any::<u8>(), 0..2000), read in 1usize..99) {
        let (events, _) = read_everything(&bytes, read);
        prop_assert!(events <= bytes.len());
        let _ = (parse(&bytes), Reply::parse(&bytes), parse_models(&bytes), ErrorBody::parse(&bytes));
    }

    #[test]
    fn near_streams_are_read_alike_however_cut(bytes in near_streams(), read in 1usize..40) {
        let whole = read_everything(&bytes, bytes.len().max(1));
        prop_assert_eq!(read_everything(&bytes, read), whole);
    }
}

#[test]
fn nesting_does_not_overflow_the_stack() {
    let deep = "[".repeat(200_000);
    let body = format!("data: {{\"choices\":[{{\"delta\":{{\"tool_calls\":{deep}\n\n");
    assert_eq!(read_everything(body.as_bytes(), 4096).1, Ending::BadJson);
    assert_eq!(ErrorBody::parse(deep.as_bytes()).message.len(), 500);
}

#[test]
fn a_far_choice_index_does_not_cost_memory() {
    let body = b"data: {\"choices\":[{\"index\":4294967295,\"text\":\"x\",\"finish_reason\":\"stop\"}]}\n\n";
    assert_eq!(read_everything(body, 10), (2, Ending::Complete));
}
