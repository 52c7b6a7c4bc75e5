//! The bare reader: one thread, one epoll, the same requests; counts lines and does nothing else.
//!
//! What it costs is what the kernel charges anybody who reads these bytes as they come: the floor
//! that a client is measured against. It reads until a read comes back short, as tokio does, so
//! that neither pays for a read that finds nothing.

use crate::children::own_cpu_seconds;
use crate::error::BenchError;
use crate::tell;
use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::HashMap;
use std::io::{ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::time::Instant;

/// What to read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BareLoad {
    /// The server.
    pub(crate) address: SocketAddr,
    /// Requests in flight.
    pub(crate) streams: usize,
    /// Requests in all.
    pub(crate) requests: u64,
    /// Output tokens each asks for.
    pub(crate) osl: u32,
    /// Whether times are taken.
    pub(crate) stamps: Stamps,
}

/// Whether the reader takes times. Doing so costs, and is left out where cost is what is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stamps {
    /// Lines are counted, nothing else.
    None,
    /// The time of each request's write, and of the reads of its first and last token.
    Tokens,
}

/// What reading it cost, from the first request to the last answer.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct BareCost {
    /// Wall seconds.
    pub(crate) wall_s: f64,
    /// Processor seconds, user and system.
    pub(crate) cpu_s: f64,
    /// Lines seen.
    pub(crate) lines: u64,
    /// TTFT and TPOT in milliseconds by request id, where times were taken.
    pub(crate) latencies: HashMap<String, (f64, f64)>,
}

/// Reads, and tells the cost as a line of JSON.
pub(crate) fn main(load: &BareLoad) -> Result<(), BenchError> {
    let cost = Reader::connect(*load).and_then(Reader::run);
    let cost = cost.map_err(BenchError::io("the bare reader"))?;
    tell(&json!(cost).to_string())
}

/// What ends a chunked body.
const END: [u8; 7] = *b"\r\n0\r\n\r\n";
/// Largest single read, in bytes.
const BUFFER: usize = 64 * 1024;

struct Reader {
    poll: Poll,
    streams: Vec<Stream>,
    request: Vec<u8>,
    unsent: u64,
    unanswered: u64,
    lines: u64,
    buffer: Vec<u8>,
    stamps: Stamps,
    later_tokens: f64,
    latencies: HashMap<String, (f64, f64)>,
}

struct Stream {
    socket: TcpStream,
    /// The last bytes of the answer so far.
    tail: [u8; END.len()],
    asked: Option<Asked>,
}

/// The request under way, where times are taken.
struct Asked {
    number: u64,
    sent: Instant,
    first_token: Option<Instant>,
}

impl Reader {
    fn connect(load: BareLoad) -> std::io::Result<Self> {
        let poll = Poll::new()?;
        let mut streams = Vec::with_capacity(load.streams);
        for place in 0..load.streams {
            let socket = std::net::TcpStream::connect(load.address)?;
            socket.set_nodelay(true)?;
            socket.set_nonblocking(true)?;
            let mut socket = TcpStream::from_std(socket);
            poll.registry().register(&mut socket, Token(place), Interest::READABLE)?;
            streams.push(Stream { socket, tail: [0; END.len()], asked: None });
        }
        Ok(Self {
            poll,
            streams,
            request: request(load.osl),
            unsent: load.requests,
            unanswered: load.requests,
            lines: 0,
            buffer: vec![0; BUFFER],
            stamps: load.stamps,
            later_tokens: f64::from(load.osl.saturating_sub(1).max(1)),
            latencies: HashMap::new(),
        })
    }

    fn run(mut self) -> std::io::Result<BareCost> {
        let (started, cpu) = (Instant::now(), own_cpu_seconds());
        for place in 0..self.streams.len() {
            self.send(place)?;
        }
        let mut events = Events::with_capacity(1024);
        while self.unanswered > 0 {
            self.poll.poll(&mut events, None)?;
            for event in &events {
                self.drain(event.token().0)?;
            }
        }
        Ok(BareCost {
            wall_s: started.elapsed().as_secs_f64(),
            cpu_s: own_cpu_seconds() - cpu,
            lines: self.lines,
            latencies: self.latencies,
        })
    }

    /// Sends the next request, if there is one. A request is far smaller than a socket's buffer,
    /// and the buffer is empty: it goes out whole.
    fn send(&mut self, place: usize) -> std::io::Result<()> {
        if self.unsent > 0 {
            self.unsent -= 1;
            let stream = &mut self.streams[place];
            if self.stamps == Stamps::None {
                return stream.socket.write_all(&self.request);
            }
            let (number, first_token) = (self.unsent, None);
            let named = named(&self.request, number);
            stream.asked = Some(Asked { number, sent: Instant::now(), first_token });
            stream.socket.write_all(&named)?;
        }
        Ok(())
    }

    fn drain(&mut self, place: usize) -> std::io::Result<()> {
        loop {
            let stream = &mut self.streams[place];
            let read = match stream.socket.read(&mut self.buffer) {
                Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
                Ok(read) => read,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            };
            let bytes = &self.buffer[..read];
            self.lines += memchr::memchr_iter(b'\n', bytes).count() as u64;
            stream.remember(bytes);
            if let Some(asked) = &mut stream.asked {
                let now = Instant::now();
                if asked.first_token.is_none() && memchr::memmem::find(bytes, TOKEN).is_some() {
                    asked.first_token = Some(now);
                }
                if let Some(first) = asked.first_token.filter(|_| stream.tail == END) {
                    let ms = |span: std::time::Duration| span.as_secs_f64() * 1e3;
                    let timed = (ms(first - asked.sent), ms(now - first) / self.later_tokens);
                    self.latencies.insert(format!("bare-{}", asked.number), timed);
                }
            }
            if stream.tail == END {
                stream.tail = [0; END.len()];
                self.unanswered -= 1;
                self.send(place)?;
            }
            if read < BUFFER {
                return Ok(());
            }
        }
    }
}

impl Stream {
    fn remember(&mut self, bytes: &[u8]) {
        let fresh = &bytes[bytes.len().saturating_sub(END.len())..];
        self.tail.rotate_left(fresh.len() % END.len());
        self.tail[END.len() - fresh.len()..].copy_from_slice(fresh);
    }
}

/// What stands in a token's event, and in no other of the exact server's.
const TOKEN: &[u8] = b" tok";

/// The request with an id of its own.
fn named(request: &[u8], number: u64) -> Vec<u8> {
    let line = memchr::memchr(b'\n', request).map_or(0, |end| end + 1);
    let id = format!("x-request-id: bare-{number}\r\n");
    [&request[..line], id.as_bytes(), &request[line..]].concat()
}

/// The request of a chat client, with a prompt of 128 words.
fn request(osl: u32) -> Vec<u8> {
    let body = json!({
        "model": "scripted",
        "messages": [{"role": "user", "content": "word ".repeat(128)}],
        "stream": true,
        "stream_options": {"include_usage": true},
        "max_tokens": osl,
        "temperature": 0.0,
        "ignore_eos": true,
    })
    .to_string();
    let length = body.len();
    format!(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: bare\r\ncontent-type: application/json\r\n\
         accept: text/event-stream\r\ncontent-length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use farebox_testkit::{Flood, Script, ScriptedServer};

    #[test]
    fn every_answer_is_read_to_its_end_and_every_line_counted() {
        let server = ScriptedServer::start(Script::always(Flood::new(3))).unwrap();
        let load = BareLoad {
            address: server.address(),
            streams: 4,
            requests: 9,
            osl: 10,
            stamps: Stamps::None,
        };
        let cost = Reader::connect(load).and_then(Reader::run).unwrap();
        // Each event is a line and a blank one: 10 tokens, finish, usage, [DONE].
        assert!(cost.lines >= 9 * 2 * 13, "{cost:?}");
        let truth = server.settled_truth(std::time::Duration::from_secs(1));
        assert_eq!(truth.iter().map(farebox_testkit::Exchange::tokens).sum::<u64>(), 90);
    }
}
