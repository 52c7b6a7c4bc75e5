//! A client that hides nothing: bytes as they were read, and when.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use farebox_wire::{Ending, EventKind, StreamReader};

pub(crate) const CHAT: &str = "/v1/chat/completions";
pub(crate) const STREAM: &str =
    r#"{"model":"m","max_tokens":4,"stream":true,"stream_options":{"include_usage":true}}"#;

pub(crate) struct Client {
    socket: TcpStream,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    /// The body without chunked framing, read by read.
    pub(crate) reads: Vec<(Instant, Vec<u8>)>,
    pub(crate) http: HttpEnd,
}

/// How the body ended, as HTTP sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HttpEnd {
    Whole,
    Closed,
    Reset,
    Silent,
}

impl Client {
    pub(crate) fn connect(address: SocketAddr) -> io::Result<Self> {
        let socket = TcpStream::connect(address)?;
        socket.set_read_timeout(Some(Duration::from_millis(150)))?;
        Ok(Self { socket })
    }

    pub(crate) fn post(&mut self, path: &str, body: &str) -> Answer {
        self.send(&format!(
            "POST {path} HTTP/1.1\r\nHost: x\r\nX-Request-Id: r-1\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        ))
    }

    pub(crate) fn get(&mut self, path: &str) -> Answer {
        self.send(&format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n"))
    }

    fn send(&mut self, request: &str) -> Answer {
        self.socket.write_all(request.as_bytes()).unwrap();
        let mut raw = Vec::new();
        let mut times: Vec<(Instant, usize)> = Vec::new();
        let http = loop {
            let mut buffer = [0; 8192];
            match self.socket.read(&mut buffer) {
                Ok(0) => break HttpEnd::Closed,
                Ok(length) => {
                    raw.extend_from_slice(&buffer[..length]);
                    times.push((Instant::now(), raw.len()));
                    if is_whole(&raw) {
                        break HttpEnd::Whole;
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::ConnectionReset => {
                    break HttpEnd::Reset;
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break HttpEnd::Silent,
                Err(error) => panic!("{error}"),
            }
        };
        Answer::of(&raw, &times, http)
    }
}

impl Answer {
    fn of(raw: &[u8], times: &[(Instant, usize)], http: HttpEnd) -> Self {
        let Some(end) = head_end(raw) else {
            return Self { status: 0, head: String::new(), reads: Vec::new(), http };
        };
        let head = String::from_utf8(raw[..end].to_vec()).unwrap();
        let chunked = head.contains("Transfer-Encoding: chunked");
        let body_at = |to: usize| {
            let seen = &raw[end.min(to)..to];
            if chunked { dechunk(seen).0 } else { seen.to_vec() }
        };
        let mut reads = Vec::new();
        let mut seen = 0;
        for (at, to) in times {
            let body = body_at(*to);
            reads.push((*at, body[seen..].to_vec()));
            seen = body.len();
        }
        Self { status: head.split(' ').nth(1).unwrap().parse().unwrap(), head, reads, http }
    }

    pub(crate) fn body(&self) -> Vec<u8> {
        self.reads.iter().flat_map(|(_, bytes)| bytes.iter().copied()).collect()
    }

    /// The events, each with the time of its read, and how the stream ended.
    pub(crate) fn events(&self) -> (Vec<(Instant, EventKind)>, Ending) {
        let mut reader = StreamReader::new();
        let mut events = Vec::new();
        for (at, bytes) in &self.reads {
            reader.feed(bytes, |event| events.push((*at, event.kind)));
        }
        let last = self.reads.last().map_or_else(Instant::now, |(at, _)| *at);
        reader.finish(|event| events.push((last, event.kind)));
        (events, reader.ending())
    }

    pub(crate) fn kinds(&self) -> Vec<EventKind> {
        self.events().0.into_iter().map(|(_, kind)| kind).collect()
    }
}

fn head_end(raw: &[u8]) -> Option<usize> {
    raw.windows(4).position(|window| window == b"\r\n\r\n").map(|at| at + 4)
}

fn is_whole(raw: &[u8]) -> bool {
    let Some(end) = head_end(raw) else { return false };
    let head = std::str::from_utf8(&raw[..end]).unwrap();
    if head.contains("Transfer-Encoding: chunked") {
        return dechunk(&raw[end..]).1;
    }
    let length = head.split("Content-Length: ").nth(1).unwrap().lines().next().unwrap();
    raw.len() - end >= length.parse().unwrap()
}

/// The payload so far, and whether the last chunk has come.
fn dechunk(mut raw: &[u8]) -> (Vec<u8>, bool) {
    let mut body = Vec::new();
    while let Some(end) = raw.windows(2).position(|window| window == b"\r\n") {
        let size = usize::from_str_radix(std::str::from_utf8(&raw[..end]).unwrap(), 16).unwrap();
        if size == 0 {
            return (body, true);
        }
        let data = &raw[end + 2..];
        body.extend_from_slice(&data[..size.min(data.len())]);
        raw = data.get(size + 2..).unwrap_or_default();
    }
    (body, false)
}
