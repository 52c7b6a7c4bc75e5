//! What the encoder writes, the reader reads.

use farebox_wire::encode::{
    ChunkEncoder, ChunkParts, FrameStyle, Gap, LineEnd, Say, Shape, error_json,
};
use farebox_wire::stream::When;
use farebox_wire::{
    Ending, ErrorBody, EventKind, FinishReason, Reply, SseDecoder, StreamReader, Usage,
};
use proptest::prelude::*;

fn styles() -> impl Strategy<Value = FrameStyle> {
    let line_end = prop::sample::select(vec![LineEnd::Lf, LineEnd::CrLf, LineEnd::Cr]);
    let gap = prop::sample::select(vec![Gap::Space, Gap::Tight]);
    let event_name = prop::sample::select(vec![None, Some("message")]);
    (line_end, gap, event_name).prop_map(|(line_end, gap, event_name)| FrameStyle {
        line_end,
        gap,
        event_name,
    })
}

fn read(body: &[u8]) -> (Vec<EventKind>, StreamReader) {
    let mut reader = StreamReader::new();
    let mut kinds = Vec::new();
    reader.feed(body, |event| kinds.push(event.kind));
    reader.finish(|event| kinds.push(event.kind));
    (kinds, reader)
}

proptest! {
    #[test]
    fn frames_carry_any_payload(style in styles(), payload in "[^\r\u{feff}]{0,80}") {
        // Text that begins with a space loses it behind a bare `data:`; JSON never begins so.
        prop_assume!(style.gap == Gap::Space || !payload.lines().any(|line| line.starts_with(' ')));
        let mut bytes = Vec::new();
        style.event(&mut bytes, payload.as_bytes());
        style.comment(&mut bytes, "ping");
        let mut seen = Vec::new();
        SseDecoder::new().feed(&bytes, |event| seen.push(event.data.to_vec())).unwrap();
        prop_assert_eq!(seen, [payload.into_bytes(), b"ping".to_vec()]);
    }

    #[test]
    fn an_encoded_answer_reads_back(
        style in styles(),
        chat in any::<bool>(),
        texts in prop::collection::vec("\\PC{1,20}", 1..20),
        input in 1u64..100_000,
    ) {
        let shape = if chat { Shape::Chat } else { Shape::Completions };
        let encoder = ChunkEncoder::new(shape, "id \"1\"", "model", 1);
        let usage = Usage {
            input_tokens: Some(input),
            output_tokens: texts.len() as u64,
            reasoning_tokens: Some(0),
            cached_tokens: Some(input / 2),
        };
        let (mut body, mut json) = (Vec::new(), Vec::new());
        let mut frame = |write: &dyn Fn(&mut Vec<u8>)| {
            json.clear();
            write(&mut json);
            style.event(&mut body, &json);
        };
        for text in &texts {
            frame(&|json| encoder.chunk(json, ChunkParts::say(Say::Content(text))));
        }
        frame(&|json| encoder.chunk(json, ChunkParts::finish(FinishReason::Length)));
        frame(&|json| encoder.usage(json, usage));
        style.done(&mut body);
        let (kinds, reader) = read(&body);
        let outcome = reader.outcome();
        prop_assert_eq!(outcome.ending, Ending::Complete);
        prop_assert_eq!(outcome.finish, Some(FinishReason::Length));
        prop_assert_eq!(outcome.usage, Some(usage));
        prop_assert_eq!(outcome.streamed.events, texts.len() as u64);
        prop_assert_eq!(&kinds[texts.len()..], [EventKind::Finish, EventKind::Usage]);
    }
}

#[test]
fn each_channel_reads_back_as_its_own() {
    let encoder = ChunkEncoder::new(Shape::Chat, "id", "model", 1);
    let cases = [
        (Say::Role, EventKind::Role),
        (Say::RoleNull, EventKind::Role),
        (Say::Reasoning("x"), EventKind::Reasoning),
        (Say::ReasoningContent("x"), EventKind::Reasoning),
        (Say::Content("x"), EventKind::Content),
        (Say::Content(""), EventKind::Progress),
        (Say::Nothing, EventKind::Progress),
    ];
    for (say, kind) in cases {
        let (mut body, mut json) = (Vec::new(), Vec::new());
        encoder.chunk(&mut json, ChunkParts::say(say));
        FrameStyle::default().event(&mut body, &json);
        assert_eq!(read(&body).0, [kind], "{say:?}");
    }
}

#[test]
fn an_encoded_reply_and_an_encoded_error_read_back() {
    let usage = Usage { input_tokens: Some(3), output_tokens: 2, ..Usage::default() };
    for shape in [Shape::Chat, Shape::Completions] {
        let mut body = Vec::new();
        ChunkEncoder::new(shape, "id", "model", 1).reply(
            &mut body,
            "a\nb",
            FinishReason::Stop,
            usage,
        );
        let reply = Reply::parse(&body).unwrap();
        assert_eq!((reply.finish, reply.usage), (Some(FinishReason::Stop), Some(usage)));
    }
    let error = ErrorBody {
        message: "no \"room\"".to_owned(),
        kind: Some("overloaded".to_owned()),
        code: Some("503".to_owned()),
        fields: vec!["max_tokens".to_owned()],
    };
    assert_eq!(ErrorBody::parse(&error_json(&error)), error);
    let mut body = Vec::new();
    FrameStyle::default().event(&mut body, &error_json(&error));
    assert_eq!(read(&body).1.ending(), Ending::InBandError(When::BeforeFirstToken));
}
