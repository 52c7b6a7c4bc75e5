//! Every fault is what its name says, on the wire and in the log.

use std::io::ErrorKind;
use std::time::Instant;

use farebox_testkit::{Answer, Ended, ErrorForm, Fault, Script, ScriptedServer, ms};
use farebox_wire::Ending;
use farebox_wire::stream::When;

use crate::client::{CHAT, Client, HttpEnd, STREAM};

#[test]
fn each_fault_ends_the_stream_in_its_own_way() {
    let before = Ending::InBandError(When::BeforeFirstToken);
    let after = Ending::InBandError(When::AfterFirstToken);
    let cases = [
        (0, Fault::Error(ErrorForm::Object), before, HttpEnd::Whole, Ended::KeptAlive),
        (0, Fault::Error(ErrorForm::Unframed), before, HttpEnd::Whole, Ended::KeptAlive),
        (2, Fault::Error(ErrorForm::Text), after, HttpEnd::Whole, Ended::KeptAlive),
        (2, Fault::Error(ErrorForm::BrokenText), after, HttpEnd::Whole, Ended::KeptAlive),
        (2, Fault::Error(ErrorForm::NamedEvent), after, HttpEnd::Whole, Ended::KeptAlive),
        (2, Fault::BadJson, Ending::BadJson, HttpEnd::Whole, Ended::KeptAlive),
        (2, Fault::EndBody, Ending::Truncated, HttpEnd::Whole, Ended::KeptAlive),
        (2, Fault::Close, Ending::Truncated, HttpEnd::Closed, Ended::Closed),
        (2, Fault::CloseInsideChunk, Ending::BadJson, HttpEnd::Closed, Ended::Closed),
        (2, Fault::Reset, Ending::Truncated, HttpEnd::Reset, Ended::Reset),
    ];
    for (tokens, fault, ending, http, ended) in cases {
        let answer = Answer::stream().tokens(ms(1), ms(5), 5).fault_after(tokens, fault);
        let server = ScriptedServer::start(Script::always(answer)).unwrap();
        let answer = Client::connect(server.address()).unwrap().post(CHAT, STREAM);
        let (events, seen) = answer.events();
        assert_eq!((seen, answer.http), (ending, http), "{fault:?}");
        let bearing = events.iter().filter(|(_, kind)| kind.bears_tokens()).count() as u64;
        let truth = server.settled_truth(ms(500));
        assert_eq!((bearing, truth[0].ended), (truth[0].tokens(), ended), "{fault:?}");
        let expected = if fault == Fault::BadJson { 5 } else { tokens };
        assert_eq!(bearing, u64::from(expected), "{fault:?}");
    }
}

#[test]
fn a_stalled_stream_is_held_until_the_server_goes() {
    let answer = Answer::stream().tokens(ms(1), ms(1), 5).stall_after(3);
    let server = ScriptedServer::start(Script::always(answer)).unwrap();
    let mut client = Client::connect(server.address()).unwrap();
    let answer = client.post(CHAT, STREAM);
    assert_eq!(answer.http, HttpEnd::Silent);
    let truth = server.truth();
    assert_eq!((truth[0].tokens(), truth[0].ended), (3, Ended::Open));
    let before = Instant::now();
    drop(server);
    assert!(before.elapsed() < ms(1000));
}

#[test]
fn a_client_that_leaves_a_stall_is_noticed() {
    let script = Script::always(Answer::stream().stall_after(0));
    let server = ScriptedServer::start(script).unwrap();
    let answer = Client::connect(server.address()).unwrap().post(CHAT, STREAM);
    assert_eq!(answer.http, HttpEnd::Silent);
    assert_eq!(server.settled_truth(ms(1000))[0].ended, Ended::ClientLeft);
}

#[test]
fn an_answer_may_be_no_byte_at_all() {
    let cases = [
        (Answer::Reset, HttpEnd::Reset),
        (Answer::Close, HttpEnd::Closed),
        (Answer::Silence, HttpEnd::Silent),
    ];
    for (answer, http) in cases {
        let server = ScriptedServer::start(Script::always(answer)).unwrap();
        let answer = Client::connect(server.address()).unwrap().post(CHAT, STREAM);
        assert_eq!((answer.status, answer.http), (0, http));
    }
}

#[test]
fn connections_beyond_the_allowed_are_refused() {
    let script = Script::always(Answer::stream()).refuse_connections_after(1);
    let server = ScriptedServer::start(script).unwrap();
    let mut first = Client::connect(server.address()).unwrap();
    assert_eq!(first.post(CHAT, STREAM).http, HttpEnd::Whole);
    let second = Client::connect(server.address()).map(|_| ()).map_err(|error| error.kind());
    assert_eq!(second, Err(ErrorKind::ConnectionRefused));
    assert_eq!(first.post(CHAT, STREAM).http, HttpEnd::Whole);
}
