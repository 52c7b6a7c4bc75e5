//! Every known shape, in every container.

use crate::support::{Dataset, chat_counter, counter, lengths};
use farebox_dataset::{Basis, Skip};
use farebox_workload::Calendar;
use std::io::Write;

const WILDCHAT: &str = concat!(
    r#"{"conversation_hash":"a","timestamp":"2024-03-17T10:00:00Z","conversation":["#,
    r#"{"role":"user","content":"12345678","timestamp":null},"#,
    r#"{"role":"assistant","content":"1234","timestamp":"2024-03-17T10:00:05Z"},"#,
    r#"{"role":"user","content":"1234"},"#,
    r#"{"role":"assistant","content":"12345678","timestamp":"2024-03-18T00:00:00Z"}]}"#,
    "\n"
);

#[test]
fn each_answer_of_a_conversation_is_a_request_with_its_history() {
    let profiled = Dataset::new(WILDCHAT).read().unwrap();
    let [first, second] = profiled.traffic.requests.as_slice() else { panic!("two requests") };
    assert_eq!((first.isl, first.osl, first.turn), (2, 1, 0));
    assert_eq!((second.isl, second.osl, second.turn), (4, 2, 1));
    assert!(first.session.is_some() && first.session == second.session);
    assert_eq!(profiled.traffic.calendar, Calendar::Utc);
    assert_eq!(profiled.bases, [(Basis::Estimate, 2)]);
    let windowed = Dataset::new(WILDCHAT).window("2024-03-17..2024-03-17").read().unwrap();
    assert_eq!((windowed.traffic.requests.len(), windowed.outside_window), (1, 1));
}

#[test]
fn known_shapes_are_told_from_their_fields() {
    let long = "12345678";
    for (rows, expected) in [
        (format!(r#"[{{"id":"x","conversations":[{{"from":"human","value":"{long}"}},{{"from":"gpt","value":"1234"}}]}}]"#), (2, 1)),
        (format!(r#"{{"system_prompt":"1234","question":"{long}","response":"1"}}"#), (3, 1)),
        (format!(r#"{{"task_id":1,"text":"{long}","code":"1234"}}"#), (2, 1)),
        (format!(r#"{{"task_id":1,"prompt":"{long}","code":"1234"}}"#), (2, 1)),
        (format!(r#"{{"problem":"{long}","solution":"1234","answer":"4"}}"#), (2, 1)),
        (format!(r#"{{"instruction":"{long}","output":"1234"}}"#), (2, 1)),
        (format!(r#"{{"messages":[{{"role":"user","content":[{{"type":"text","text":"{long}"}}]}},{{"role":"assistant","content":"1234"}}]}}"#), (2, 1)),
        (r#"{"messages":[],"usage":{"prompt_tokens":7,"completion_tokens":3}}"#.into(), (7, 3)),
        (r#"{"request":{"messages":[]},"response":{"usage":{"input_tokens":7,"output_tokens":3}}}"#.into(), (7, 3)),
        (r#"{"timestamp":40,"input_length":9,"output_length":4,"hash_ids":[0,1]}"#.into(), (9, 4)),
        ("TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:17:03.9799600,4808,10\n".into(), (4808, 10)),
        ("Timestamp,Model,Request tokens,Response tokens,Total tokens,Log Type\n5,ChatGPT,472,18,490,Conversation log\n".into(), (472, 18)),
        ("isl,osl\n100,20\n".into(), (100, 20)),
        ("isl\tosl\n100\t20\n".into(), (100, 20)),
        (r#"{"timestamp":"2024-03-16T22:04:20+00:00","isl":17,"osl":25}"#.into(), (17, 25)),
    ] {
        assert_eq!(Dataset::new(&rows).lengths(), [expected], "{rows}");
    }
}

#[test]
fn traces_keep_their_times_blocks_and_sessions() {
    let rows = "{\"timestamp\":40,\"input_length\":900,\"output_length\":4,\"hash_ids\":[7,9]}\n";
    let traffic = Dataset::new(rows).read().unwrap().traffic;
    assert_eq!((traffic.block_tokens, traffic.calendar), (512, Calendar::Relative));
    assert_eq!(traffic.requests[0].blocks, [7, 9]);
    assert_eq!(traffic.requests[0].at_ns, Some(40_000_000));
    let rows = "Timestamp,Session ID,Request tokens,Response tokens\n1,3,10,5\n2,3,20,5\n3,4,9,0\n";
    let profiled = Dataset::new(rows).read().unwrap();
    let turns: Vec<_> = profiled.traffic.requests.iter().map(|it| (it.session, it.turn)).collect();
    assert_eq!(turns, [(Some(3), 0), (Some(3), 1)]);
    let skipped: Vec<_> = profiled.skipped.reasons().collect();
    assert_eq!((skipped[0].0, skipped[0].1.row), (&Skip::EmptyAnswer, 4), "a failed request");
}

#[test]
fn mapped_fields_may_be_texts_messages_or_numbers() {
    let row = r#"{"q":{"text":"12345678","n":50},"a":["x","1234"],"m":[{"role":"user","content":"1234"}],"out":9,"t":"2024-01-01T00:00:00Z"}"#;
    for (map, expected) in [("q.text,a.1", (2, 1)), ("m,a.1,t", (1, 1)), ("q.n,out", (50, 9))] {
        assert_eq!(Dataset::new(row).map(map).lengths(), [expected], "{map}");
    }
    let windowed = Dataset::new(row).map("q.n,out,t").window("2024-01-01..");
    assert_eq!(windowed.lengths(), [(50, 9)]);
}

#[test]
fn a_field_that_is_not_there_lists_those_that_are() {
    let message = "data: has no field `content`; its fields are `text`, `code`";
    assert_eq!(Dataset::new("text,code\na,b\n").map("content,code").error(), message);
    let error = Dataset::new("{\"text\":\"a\",\"meta\":{\"n\":1}}\n").map("content,text").error();
    assert_eq!(error, "data: has no field `content`; its fields are `meta.n`, `text`");
    let error = Dataset::new("{\"this\":1,\"that\":2}").error();
    assert_eq!(error, "data: no known shape has the fields `that`, `this`");
}

#[test]
fn containers_are_told_by_their_bytes() {
    let gzip = |content: &str| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(content.as_bytes()).unwrap();
        encoder.finish().unwrap()
    };
    let members = [gzip(WILDCHAT), gzip(WILDCHAT)].concat();
    let expected = [(2, 1), (4, 2)];
    assert_eq!(Dataset::new(gzip(WILDCHAT)).lengths(), expected);
    assert_eq!(Dataset::new(members).lengths(), [expected, expected].concat());
    let zstd = zstd::encode_all(WILDCHAT.as_bytes(), 1).unwrap();
    assert_eq!(Dataset::new(zstd).lengths(), expected);
    assert_eq!(Dataset::new(format!("\u{feff}{WILDCHAT}")).lengths(), expected, "byte order mark");
    let pretty: serde_json::Value = serde_json::from_str(WILDCHAT).unwrap();
    let pretty = serde_json::to_string_pretty(&pretty).unwrap();
    assert_eq!(Dataset::new(&pretty).lengths(), expected, "one object over several lines");
    assert_eq!(Dataset::new(format!("[{pretty},\n {WILDCHAT}]")).lengths().len(), 4);
    assert_eq!(Dataset::new(WILDCHAT).add(WILDCHAT).lengths().len(), 4, "two files, one source");
}

#[test]
fn order_is_that_of_the_rows_on_any_number_of_threads() {
    let row = |n: usize| {
        format!("{{\"prompt\":\"{}\",\"response\":\"x\"}}\n", "word ".repeat(n % 97 + 1))
    };
    let rows: String = (0..5000).map(row).collect();
    let dataset = Dataset::new(rows);
    let counter = counter("byte-level-bpe");
    let one = lengths(&dataset.read_by(&counter).unwrap());
    assert_eq!(one.len(), 5000);
    assert_eq!(one, lengths(&dataset.read_by(&counter).unwrap()));
    assert!(one[..97].windows(2).all(|pair| pair[0].0 < pair[1].0), "{:?}", &one[..97]);
}

#[test]
fn a_conversation_that_the_template_refuses_is_counted_as_skipped() {
    let counter = chat_counter();
    let profiled = Dataset::new(WILDCHAT).read_by(&counter).unwrap();
    // Three control tokens and a role around each message, the beginning, and the answer's start.
    assert!(profiled.traffic.requests[0].isl > 10, "{:?}", profiled.traffic.requests[0]);
}
