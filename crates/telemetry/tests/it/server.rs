//! A server that answers every GET by a script.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

/// What a path is answered with.
#[derive(Debug, Clone)]
pub(crate) enum Answer {
    /// 200 and this body.
    Body(String),
    /// This status and no body.
    Status(u16),
    /// Nothing, for ever.
    Silence,
}

/// Serves until the test's process ends: `script` is asked with the path.
pub(crate) fn serve(script: impl Fn(&str) -> Answer + Send + Sync + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap();
    let script = Arc::new(script);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let script = script.clone();
            thread::spawn(move || answer(stream, &*script));
        }
    });
    addr
}

fn answer(mut stream: TcpStream, script: &dyn Fn(&str) -> Answer) {
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
    let Some(Ok(first)) = lines.next() else { return };
    for line in lines.by_ref() {
        if line.unwrap_or_default().is_empty() {
            break;
        }
    }
    let path = first.split(' ').nth(1).unwrap_or_default();
    let (status, body) = match script(path) {
        Answer::Body(body) => (200, body),
        Answer::Status(status) => (status, String::new()),
        Answer::Silence => {
            thread::sleep(Duration::from_mins(1));
            return;
        }
    };
    let length = body.len();
    // A client that has gone away is no failure of the server's.
    let _ = write!(stream, "HTTP/1.1 {status} x\r\ncontent-length: {length}\r\n\r\n{body}");
}
