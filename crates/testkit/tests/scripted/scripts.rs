//! Rules, quirks and the answers that are no streams.

use farebox_testkit::{
    Answer, Cutting, Ended, Flood, Script, ScriptedServer, StreamAnswer, UsagePlace, ms,
};
use farebox_wire::EventKind::{Content, Finish, Ping, Progress, Reasoning, Role, Usage};
use farebox_wire::{Ending, ErrorBody, EventKind, FinishReason, Reply, StreamReader};

use crate::client::{CHAT, Client, HttpEnd, STREAM};

fn kinds(answer: StreamAnswer) -> Vec<EventKind> {
    let server = ScriptedServer::start(Script::always(answer)).unwrap();
    let answer = Client::connect(server.address()).unwrap().post(CHAT, STREAM);
    assert_eq!(answer.http, HttpEnd::Whole);
    answer.kinds()
}

#[test]
fn the_default_answer_does_what_the_request_asks() {
    let server = ScriptedServer::start(Script::always(Answer::stream())).unwrap();
    let mut client = Client::connect(server.address()).unwrap();
    let usual = [Role, Content, Content, Content, Content, Finish, Usage];
    assert_eq!(client.post(CHAT, STREAM).kinds(), usual);
    let plain = r#"{"max_completion_tokens":2,"stream":true}"#;
    assert_eq!(client.post("/v1/completions", plain).kinds(), [Content, Content, Finish]);
    let whole = client.post(CHAT, r#"{"max_tokens":3}"#);
    let reply = Reply::parse(&whole.body()).unwrap();
    assert_eq!(reply.usage.unwrap().output_tokens, 3);
    let truth = server.settled_truth(ms(500));
    assert_eq!(truth.iter().map(|exchange| exchange.connection).collect::<Vec<_>>(), [0, 0, 0]);
    assert_eq!(truth.iter().map(|exchange| exchange.ordinal).collect::<Vec<_>>(), [0, 1, 2]);
    assert_eq!(truth[0].request_id.as_deref(), Some("r-1"));
    assert_eq!((truth[2].tokens(), truth[2].json()["max_tokens"].as_u64()), (3, Some(3)));
}

#[test]
fn each_quirk_shows() {
    let two = || Answer::stream().tokens(ms(1), ms(1), 2);
    let cases = [
        (two().no_role(), vec![Content, Content, Finish, Usage]),
        (two().null_role_at(ms(0)), vec![Role, Content, Content, Finish, Usage]),
        (two().reasoning(1), vec![Role, Reasoning, Content, Finish, Usage]),
        (two().reasoning_as_reasoning(2), vec![Role, Reasoning, Reasoning, Finish, Usage]),
        (two().comment_at(ms(0)), vec![Role, Ping, Content, Content, Finish, Usage]),
        (two().empty_text(0..1), vec![Role, Progress, Content, Finish, Usage]),
        (two().usage(UsagePlace::Nowhere), vec![Role, Content, Content, Finish]),
        (two().usage(UsagePlace::OnFinish), vec![Role, Content, Content, Finish, Usage]),
        (two().usage(UsagePlace::ZerosThenFinish), vec![Role, Content, Content, Finish, Usage]),
        (
            two().usage(UsagePlace::Running).empty_text(0..1).finish_on_last_token(),
            vec![Role, Content, Content, Finish, Usage, Usage],
        ),
        (two().no_finish().no_done(), vec![Role, Content, Content, Usage]),
        (two().tokens_per_event(2), vec![Role, Content, Finish, Usage]),
        (two().crlf().tight().event_name("message"), vec![Role, Content, Content, Finish, Usage]),
    ];
    for (answer, expected) in cases {
        let said = format!("{answer:?}");
        assert_eq!(kinds(answer), expected, "{said}");
    }
}

#[test]
fn cutting_changes_reads_and_not_events() {
    let usual = [Role, Content, Content, Content, Content, Finish, Usage];
    let cuts = [
        Cutting::EventsPerWrite(3),
        Cutting::Pieces(4, ms(1)),
        Cutting::InsideCharacter(2),
        Cutting::Whole,
    ];
    for cutting in cuts {
        let answer = Answer::stream().tokens(ms(10), ms(10), 4).text(" \u{1f600}").cut(cutting);
        let server = ScriptedServer::start(Script::always(answer)).unwrap();
        let answer = Client::connect(server.address()).unwrap().post(CHAT, STREAM);
        assert_eq!(answer.kinds(), usual, "{cutting:?}");
        let torn = answer.reads.iter().any(|(_, read)| std::str::from_utf8(read).is_err());
        assert_eq!(torn, matches!(cutting, Cutting::InsideCharacter(_)), "{cutting:?}");
        assert_eq!(server.settled_truth(ms(500))[0].tokens(), 4);
    }
}

#[test]
fn rules_are_asked_in_order() {
    let script = Script::always(Answer::stream())
        .refuse_field("ignore_eos")
        .on_field("max_tokens", Answer::refuse_field(400, "max_tokens"))
        .on_ordinals(2..4, Answer::rate_limited(7))
        .on_path("/v1/nothing", Answer::html_error().close_after());
    let server = ScriptedServer::start(script).unwrap();
    let mut client = Client::connect(server.address()).unwrap();
    let mut refused = |body| {
        let answer = client.post(CHAT, body);
        (answer.status, ErrorBody::parse(&answer.body()), answer.head)
    };
    let (status, error, _) = refused(r#"{"ignore_eos":true,"max_tokens":1}"#);
    assert!(status == 422 && error.names_field("ignore_eos") && !error.names_field("max_tokens"));
    let (status, error, _) = refused(r#"{"max_tokens":1}"#);
    assert!(status == 400 && error.names_field("max_tokens"));
    let (status, _, head) = refused("{}");
    assert!(status == 429 && head.contains("Retry-After: 7\r\n"));
    let answer = client.post("/v1/nothing", "{}");
    assert_eq!(answer.status, 429, "the ordinal rule comes first");
    let answer = client.post("/v1/nothing", "{}");
    assert!(answer.status == 500 && answer.head.contains("Connection: close\r\n"));
    assert_eq!(server.settled_truth(ms(500))[4].ended, Ended::Closed);
}

#[test]
fn health_and_models_need_no_rule() {
    let server =
        ScriptedServer::start(Script::always(Answer::Close).model("m", 99).health(503)).unwrap();
    let mut client = Client::connect(server.address()).unwrap();
    assert_eq!(client.get("/health").status, 503);
    let models = farebox_wire::models::parse_models(&client.get("/v1/models").body()).unwrap();
    assert_eq!((models[0].id.as_str(), models[0].max_model_len), ("m", Some(99)));
    assert_eq!(client.get("/metrics").status, 404);
    assert!(server.truth().is_empty());
}

#[test]
fn a_flood_is_a_whole_answer() {
    let server = ScriptedServer::start(Script::always(Flood::new(64))).unwrap();
    let body = r#"{"max_tokens":1000,"stream":true}"#;
    let answer = Client::connect(server.address()).unwrap().post(CHAT, body);
    let mut reader = StreamReader::new();
    reader.feed(&answer.body(), |_| ());
    let outcome = reader.outcome();
    assert_eq!((outcome.ending, outcome.finish), (Ending::Complete, Some(FinishReason::Length)));
    assert_eq!((outcome.streamed.events, outcome.usage.unwrap().output_tokens), (1000, 1000));
    assert_eq!(server.settled_truth(ms(500))[0].tokens(), 1000);
}
