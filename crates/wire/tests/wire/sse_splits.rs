//! However the network cuts a stream into reads, the events are the same.

use farebox_wire::sse::SseError;
use farebox_wire::{Framing, SseDecoder, SseEvent};
use proptest::prelude::*;

use crate::recordings;

type Owned = (Option<Vec<u8>>, Vec<u8>, Framing);

/// One piece of a generated stream, and the events it should give when fed whole.
#[derive(Debug, Clone)]
enum Piece {
    Event { name: Option<&'static str>, lines: Vec<String>, tight: bool },
    Comment(String),
    BareJson(u8),
    PrettyJson(u8),
    Retry,
}

fn pieces() -> impl Strategy<Value = Vec<(Piece, &'static str)>> {
    let text = "[a-z: {}\u{e9}\u{1f600}]{0,12}";
    let name = prop_oneof![Just(None), Just(Some("message")), Just(Some("error"))];
    let lines = prop::collection::vec(text, 1..4);
    let piece = prop_oneof![
        4 => (name, lines, any::<bool>())
            .prop_map(|(name, lines, tight)| Piece::Event { name, lines, tight }),
        1 => text.prop_map(Piece::Comment),
        1 => any::<u8>().prop_map(Piece::BareJson),
        1 => any::<u8>().prop_map(Piece::PrettyJson),
        1 => Just(Piece::Retry),
    ];
    let end = prop_oneof![Just("\n"), Just("\r\n"), Just("\r")];
    prop::collection::vec((piece, end), 0..12)
}

/// The bytes of a stream, and the events the standard (and our additions to it) see in them.
fn render(pieces: &[(Piece, &str)]) -> (Vec<u8>, Vec<Owned>) {
    let mut bytes = String::new();
    let mut events = Vec::new();
    for (piece, end) in pieces {
        let before = bytes.len();
        match piece {
            Piece::Event { name, lines, tight } => {
                if let Some(name) = name {
                    bytes.extend(["event: ", name, end]);
                }
                // Without a space to strip, a leading space would be the text's own and be lost.
                let gap = if *tight && !lines.iter().any(|line| line.starts_with(' ')) {
                    ""
                } else {
                    " "
                };
                for line in lines {
                    bytes.extend(["data:", gap, line, end]);
                }
                let name = name.map(|name| name.as_bytes().to_vec());
                events.push((name, lines.join("\n").into_bytes(), Framing::Event));
            }
            Piece::Comment(text) => {
                bytes.extend([": ", text, end]);
                events.push((None, text.clone().into_bytes(), Framing::Comment));
            }
            Piece::BareJson(n) => {
                bytes.extend([&format!("{{\"error\":{n}}}"), *end]);
                events.push((None, format!("{{\"error\":{n}}}").into_bytes(), Framing::BareJson));
            }
            Piece::PrettyJson(n) => {
                bytes.extend([
                    &format!("{{{end}  \"error\": {{{end}    \"code\": {n}{end}  }}{end}}}"),
                    *end,
                ]);
                let json = format!("{{\n  \"error\": {{\n    \"code\": {n}\n  }}\n}}");
                events.push((None, json.into_bytes(), Framing::BareJson));
            }
            Piece::Retry => bytes.extend(["retry: 10", end, "id: 7", end]),
        }
        assert!(bytes.len() > before);
        bytes.push_str(end);
    }
    (bytes.into_bytes(), events)
}

fn decode<'a>(reads: impl IntoIterator<Item = &'a [u8]>) -> Vec<Owned> {
    let mut decoder = SseDecoder::new();
    let mut events = Vec::new();
    let mut keep = |event: SseEvent<'_>| {
        events.push((event.name.map(<[u8]>::to_vec), event.data.to_vec(), event.framing));
    };
    for read in reads {
        decoder.feed(read, &mut keep).unwrap();
    }
    decoder.finish(&mut keep).unwrap();
    events
}

fn cut<'a>(bytes: &'a [u8], lengths: &[usize]) -> Vec<&'a [u8]> {
    let mut rest = bytes;
    let mut reads = Vec::new();
    for length in lengths.iter().cycle() {
        if rest.is_empty() {
            break;
        }
        let (head, tail) = rest.split_at((*length).min(rest.len()));
        reads.push(head);
        rest = tail;
    }
    reads
}

proptest! {
    #[test]
    fn any_cut_of_a_generated_stream_gives_its_events(
        pieces in pieces(),
        lengths in prop::collection::vec(1usize..24, 1..8),
    ) {
        let (bytes, events) = render(&pieces);
        prop_assert_eq!(decode([bytes.as_slice()]), events.clone());
        prop_assert_eq!(decode(cut(&bytes, &lengths)), events.clone());
        prop_assert_eq!(decode(bytes.chunks(1)), events);
    }
}

#[test]
fn any_cut_of_a_recorded_stream_gives_its_events() {
    for recording in recordings::all().iter().filter(|recording| recording.streamed) {
        // The long ones say nothing new here, and every cut of them takes its time.
        let body = &recording.body[..recording.body.len().min(20_000)];
        let whole = decode([body]);
        assert!(!whole.is_empty());
        for length in [1, 2, 3, 7, 64, 1000] {
            assert_eq!(decode(body.chunks(length)), whole, "{} by {length}", recording.case);
        }
    }
}

#[test]
fn a_byte_order_mark_is_not_data_even_when_cut() {
    let bytes = b"\xEF\xBB\xBFdata: x\n\n";
    let expected = [(None, b"x".to_vec(), Framing::Event)];
    assert_eq!(decode([bytes.as_slice()]), expected);
    assert_eq!(decode(bytes.chunks(1)), expected);
}

#[test]
fn the_end_of_the_stream_ends_an_event() {
    let expected = [(None, b"x".to_vec(), Framing::Event)];
    for body in ["data: x\n\n", "data: x\r\n\r\n", "data: x\n", "data: x"] {
        assert_eq!(decode([body.as_bytes()]), expected, "{body:?}");
    }
    assert_eq!(decode([b"{\"error\":1}".as_slice()])[0].2, Framing::BareJson);
    assert_eq!(decode([b"\n\n: x".as_slice()])[0].2, Framing::Comment);
}

#[test]
fn a_whole_event_is_borrowed_from_the_read_that_brought_it() {
    let read = b"data: one\n\ndata: two\n\n";
    let range = read.as_ptr_range();
    let mut decoder = SseDecoder::new();
    let mut seen = 0;
    decoder
        .feed(read, |event| {
            assert!(range.contains(&event.data.as_ptr()));
            seen += 1;
        })
        .unwrap();
    assert_eq!(seen, 2);
}

#[test]
fn an_unfinished_line_is_not_searched_again() {
    // Searched from its start at each read, this line would cost half a trillion byte visits.
    let line = vec![b'x'; 1 << 20];
    let mut decoder = SseDecoder::new();
    decoder.feed(b"data:", |_| ()).unwrap();
    for byte in line.chunks(1) {
        decoder.feed(byte, |_| ()).unwrap();
    }
    let mut length = 0;
    decoder.feed(b"\n\n", |event| length = event.data.len()).unwrap();
    assert_eq!(length, line.len());
}

#[test]
fn what_is_too_long_is_an_error_wherever_it_is_cut() {
    let long_line = b"data: 0123456789012345678901234567890\n\n".to_vec();
    let long_event = b"data: 0123456789\ndata: 0123456789\ndata: 0123456789\ndata: 0\n\n".to_vec();
    for bytes in [long_line, long_event] {
        for length in [1, 5, 1000] {
            let mut decoder = SseDecoder::with_limit(32);
            let mut result = Ok(());
            for read in bytes.chunks(length) {
                result = result.and(decoder.feed(read, |event| panic!("{event:?}")));
            }
            assert_eq!(result, Err(SseError::TooLong { limit: 32 }));
            assert_eq!(decoder.feed(b"data: x\n\n", |_| ()), result);
        }
    }
}
