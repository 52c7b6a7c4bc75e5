//! A scripted Hub: one closure answers every request, and every request is kept.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// A request as it came in.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) path: String,
    headers: Vec<(String, String)>,
    /// How many came before it.
    pub(crate) nth: usize,
}

impl Seen {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }
}

/// What is sent back.
#[derive(Debug, Clone, Default)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    pub(crate) ending: Ending,
}

/// How an answer ends.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) enum Ending {
    /// As announced.
    #[default]
    Whole,
    /// After this many bytes of the body.
    Cut(usize),
    /// Never: the head is sent, then nothing.
    Silent,
}

impl Reply {
    pub(crate) fn status(status: u16) -> Self {
        Self { status, ..Self::default() }
    }

    #[expect(clippy::needless_pass_by_value, reason = "scripts read better without borrows")]
    pub(crate) fn header(mut self, name: &str, value: impl ToString) -> Self {
        self.headers.push((name.to_owned(), value.to_string()));
        self
    }

    pub(crate) fn body(mut self, body: &[u8]) -> Self {
        body.clone_into(&mut self.body);
        self
    }

    pub(crate) fn ending(mut self, ending: Ending) -> Self {
        self.ending = ending;
        self
    }
}

/// A server that runs until the test process ends.
pub(crate) struct Server {
    pub(crate) url: String,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Server {
    pub(crate) fn start(answer: impl Fn(&Seen) -> Reply + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let seen = Arc::new(Mutex::new(Vec::new()));
        let log = seen.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let nth = log.lock().unwrap().len();
                if let Some(request) = read(&stream, nth) {
                    log.lock().unwrap().push(request.clone());
                    write(stream, &answer(&request));
                }
            }
        });
        Self { url, seen }
    }

    /// All requests so far.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }
}

pub(crate) fn read(stream: impl Read, nth: usize) -> Option<Seen> {
    let mut lines = BufReader::new(stream).lines();
    let path = lines.next()?.ok()?.split(' ').nth(1)?.to_owned();
    let headers = lines
        .map_while(Result::ok)
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.split_once(": ").map(|(k, v)| (k.to_owned(), v.to_owned())))
        .collect();
    Some(Seen { path, headers, nth })
}

/// The client may hang up in the middle, which is no failure of the server.
fn write(mut stream: TcpStream, reply: &Reply) {
    let _ = stream.write_all(&bytes(reply));
    if let Ending::Silent = reply.ending {
        thread::spawn(move || {
            thread::sleep(Duration::from_mins(1));
            drop(stream);
        });
    }
}

pub(crate) fn bytes(reply: &Reply) -> Vec<u8> {
    let mut head = format!("HTTP/1.1 {} Scripted\r\nConnection: close\r\n", reply.status);
    for (name, value) in &reply.headers {
        let _ = write!(head, "{name}: {value}\r\n");
    }
    let framed = |name: &str| matches!(name, "Content-Length" | "Transfer-Encoding");
    if !reply.headers.iter().any(|(name, _)| framed(name)) {
        let _ = write!(head, "Content-Length: {}\r\n", reply.body.len());
    }
    let sent = match reply.ending {
        Ending::Whole => reply.body.len(),
        Ending::Cut(at) => at,
        Ending::Silent => 0,
    };
    [head.as_bytes(), b"\r\n", &reply.body[..sent]].concat()
}
