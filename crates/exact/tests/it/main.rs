//! The server is asked by plain sockets, and its log held against what they saw.

#![expect(clippy::unwrap_used, reason = "in a test a failed unwrap is the finding")]

use farebox_exact::{Answered, ExactServer, Opening, Schedule, Stall};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

const fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// Sends a request and reads to the end of the body: the answer, and when it began.
fn ask(socket: &mut TcpStream, id: &str, tokens: u32) -> (String, Instant) {
    let body = format!("{{\"stream\":true,\"max_tokens\":{tokens}}}");
    let head = format!("POST /v1/chat/completions HTTP/1.1\r\nx-request-id: {id}\r\n");
    let request = format!("{head}content-length: {}\r\n\r\n{body}", body.len());
    socket.write_all(request.as_bytes()).unwrap();
    let (mut answer, mut buf, mut began) = (Vec::new(), [0; 4096], None);
    while !answer.ends_with(b"0\r\n\r\n") {
        let read = socket.read(&mut buf).unwrap();
        assert!(read > 0, "closed too early");
        began.get_or_insert_with(Instant::now);
        answer.extend_from_slice(&buf[..read]);
    }
    (String::from_utf8(answer).unwrap(), began.unwrap())
}

fn one_by_one(server: &ExactServer, requests: usize, tokens: u32) -> Vec<Answered> {
    let mut socket = TcpStream::connect(server.address()).unwrap();
    for request in 0..requests {
        let (answer, _) = ask(&mut socket, &format!("r{request}"), tokens);
        assert_eq!(answer.matches(" tok").count(), tokens as usize);
        assert!(answer.contains("[DONE]"));
    }
    server.truth()
}

#[test]
fn every_token_is_written_on_its_deadline_and_never_before() {
    let server = ExactServer::start(Schedule::new(ms(20), ms(4))).unwrap();
    let truth = one_by_one(&server, 2, 6);
    assert_eq!(truth.len(), 2);
    for (request, answered) in truth.iter().enumerate() {
        assert_eq!((answered.request_id.as_str(), answered.tokens), (["r0", "r1"][request], 6));
        // A write that a busy machine held up takes the tokens along that became due meanwhile.
        let due: Vec<_> = (0..6).map(|token| answered.arrived + ms(20) + ms(4) * token).collect();
        assert_eq!(answered.writes[0].due, due[0]);
        for write in &answered.writes {
            assert!(due.contains(&write.due) && write.at >= write.due);
        }
        assert!(answered.writes.is_sorted_by(|one, next| one.due < next.due));
        assert!(answered.ttft().unwrap() >= ms(20));
    }
}

#[test]
fn streams_do_not_wait_for_each_other() {
    let server = ExactServer::start(Schedule::new(ms(30), ms(5))).unwrap();
    let started = Instant::now();
    std::thread::scope(|scope| {
        for stream in 0..32 {
            let address = server.address();
            scope.spawn(move || {
                let mut socket = TcpStream::connect(address).unwrap();
                ask(&mut socket, &format!("s{stream}"), 10);
            });
        }
    });
    assert_eq!(server.truth().len(), 32);
    assert!(started.elapsed() < ms(75) * 16, "32 answers of 75 ms lie side by side");
}

#[test]
fn a_role_may_come_long_before_the_first_token() {
    let schedule = Schedule::new(ms(60), ms(2)).role_at_once();
    assert_eq!(schedule.opening, Opening::RoleAtOnce);
    let server = ExactServer::start(schedule).unwrap();
    let mut socket = TcpStream::connect(server.address()).unwrap();
    let (answer, began) = ask(&mut socket, "r", 2);
    assert!(answer.contains("\"role\":\"assistant\""));
    let first_token = server.truth()[0].writes[0].at;
    assert!(began < first_token, "the role was there before");
}

#[test]
fn without_a_gap_an_answer_is_one_write() {
    let server = ExactServer::start(Schedule::new(ms(0), ms(0))).unwrap();
    let truth = one_by_one(&server, 50, 3);
    assert!(truth.iter().all(|answered| answered.writes.len() == 1));
}

#[test]
fn nothing_is_written_in_a_stall() {
    let stall = Stall { at_request: 1, lasts: ms(80) };
    let server = ExactServer::start(Schedule::new(ms(5), ms(1)).stalling(stall)).unwrap();
    let truth = one_by_one(&server, 3, 2);
    let waited: Vec<bool> = truth.iter().map(|a| a.ttft().unwrap() >= ms(80)).collect();
    assert!(!waited[0] || truth[0].writes[0].late() > ms(60), "the first came before it");
    assert!(waited[1]);
    assert_eq!(truth[2].writes[0].due, truth[2].arrived + ms(5), "the stall is over");
}
