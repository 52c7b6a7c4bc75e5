//! The times of the script are the times of the writes.

use std::time::Duration;

use farebox_testkit::{Answer, Label, Script, ScriptedServer, Wrote, ms};

use crate::client::{CHAT, Client, STREAM};

/// How late a write may be on a machine that does other things too.
const LATE: Duration = ms(25);

#[test]
fn writes_come_when_the_script_says() {
    let answer = Answer::stream().headers_at(ms(10)).role_at(ms(20)).tokens(ms(40), ms(10), 4);
    let server = ScriptedServer::start(Script::always(answer)).unwrap();
    let answer = Client::connect(server.address()).unwrap().post(CHAT, STREAM);
    let truth = server.settled_truth(ms(500)).remove(0);
    let due: Vec<u128> =
        truth.writes.iter().map(|wrote| (wrote.due - truth.received_at).as_millis()).collect();
    // Head, role, four tokens; then finish, usage, [DONE] and the end of the body with the last.
    assert_eq!(due, [10, 20, 40, 50, 60, 70, 70, 70, 70, 70]);
    assert_eq!(truth.writes[0].labels, [Label::Head]);
    for Wrote { due, at, .. } in &truth.writes {
        assert!(at >= due && *at < *due + LATE, "{:?} late", *at - *due);
    }
    let (events, _) = answer.events();
    let seen = events.iter().filter(|(_, kind)| kind.bears_tokens());
    for ((read_at, _), wrote) in seen.zip(truth.token_writes()) {
        assert!(*read_at >= wrote.at && *read_at < wrote.at + LATE);
    }
    assert_eq!(truth.first_token_at().map(|at| truth.ns_since_received(at) / 10_000_000), Some(4));
}
