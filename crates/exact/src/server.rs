//! The server's one thread: reads what comes, writes what is due, never waits for one stream.

use crate::bytes::{self, Phrases};
use crate::due::{self, Waiter};
use crate::request::Request;
use crate::schedule::{Opening, Schedule};
use crate::stream::{Answering, Read, Stream};
use crate::truth::{Answered, Write};
use farebox_net::arrival::Receiver;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io::{self, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// A running server on 127.0.0.1; it ends when dropped.
pub struct ExactServer {
    address: SocketAddr,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    stop: AtomicBool,
    truth: Mutex<Vec<Answered>>,
}

impl ExactServer {
    /// Starts it on a free port.
    pub fn start(schedule: Schedule) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared::default());
        let serving = Serving::new(listener, schedule, shared.clone())?;
        let thread = std::thread::Builder::new().name("exact".to_owned());
        let thread = thread.spawn(move || serving.run())?;
        Ok(Self { address, shared, thread: Some(thread) })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its base URL.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Every request whose last token has been written, in the order of their ends.
    pub fn truth(&self) -> Vec<Answered> {
        self.shared.truth.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for ExactServer {
    fn drop(&mut self) {
        self.shared.stop.store(true, Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// What the listener is called among the sockets.
const LISTENER: u64 = u64::MAX - 1;
/// Writes before the sockets are looked at again.
const WRITES_AT_ONCE: usize = 32;
/// Largest single read, in bytes.
const BUFFER: usize = 64 * 1024;

struct Serving {
    listener: TcpListener,
    schedule: Schedule,
    shared: Arc<Shared>,
    waiter: Waiter,
    phrases: Phrases,
    streams: Vec<Option<Stream>>,
    due: BinaryHeap<Reverse<(Instant, usize)>>,
    receiver: Receiver,
    buffer: Vec<u8>,
    out: Vec<u8>,
    completions: u64,
    /// Nothing is written before this.
    stalled_until: Option<Instant>,
}

impl Serving {
    fn new(listener: TcpListener, schedule: Schedule, shared: Arc<Shared>) -> io::Result<Self> {
        let waiter = Waiter::new()?;
        waiter.watch(&listener, LISTENER)?;
        Ok(Self {
            listener,
            schedule,
            shared,
            waiter,
            phrases: Phrases::of(&schedule),
            streams: Vec::new(),
            due: BinaryHeap::new(),
            receiver: Receiver::default(),
            buffer: vec![0; BUFFER],
            out: Vec::new(),
            completions: 0,
            stalled_until: None,
        })
    }

    fn run(mut self) {
        due::wake_on_time();
        while !self.shared.stop.load(Relaxed) {
            for _ in 0..WRITES_AT_ONCE {
                let Some(Reverse((due, place))) = self.due.peek().copied() else { break };
                if due > Instant::now() {
                    break;
                }
                self.due.pop();
                self.write(place);
            }
            let next = self.due.peek().map(|Reverse((due, _))| *due);
            let Ok(ready) = self.waiter.wait(next) else { return };
            for name in ready {
                if name == LISTENER { self.accept() } else { self.read(name as usize) }
            }
        }
    }

    fn accept(&mut self) {
        while let Ok((socket, _)) = self.listener.accept() {
            let Ok(stream) = Stream::new(socket) else { continue };
            let place = self.streams.iter().position(Option::is_none);
            let place = place.unwrap_or(self.streams.len());
            if self.waiter.watch(&stream.socket, place as u64).is_err() {
                continue;
            }
            if place == self.streams.len() {
                self.streams.push(None);
            }
            self.streams[place] = Some(stream);
        }
    }

    fn read(&mut self, place: usize) {
        let Some(stream) = self.streams.get_mut(place).and_then(Option::as_mut) else { return };
        match stream.read(&mut self.receiver, &mut self.buffer) {
            Read::Nothing => {}
            Read::Gone => self.streams[place] = None,
            Read::Request(Request::Completion { id, tokens }, arrived) => {
                self.begin(place, id, (tokens, arrived));
            }
            Read::Request(request, _) => {
                let answer = match request {
                    Request::Models => bytes::plain(
                        "200 OK",
                        r#"{"object":"list","data":[{"id":"exact","object":"model"}]}"#,
                    ),
                    Request::Other => bytes::plain("404 Not Found", "{}"),
                    Request::Bad => bytes::plain("400 Bad Request", "{}"),
                    _ => bytes::plain("200 OK", r#"{"status":"ok"}"#),
                };
                self.say(place, &answer);
            }
        }
    }

    fn begin(&mut self, place: usize, request_id: String, asked: (u32, Instant)) {
        let (tokens, arrived) = asked;
        if let Some(stall) = self.schedule.stall.filter(|s| s.at_request == self.completions) {
            self.stalled_until = Some(arrived + stall.lasts);
        }
        self.completions += 1;
        let due = self.when(arrived + self.schedule.ttft);
        let truth = Answered { request_id, arrived, writes: Vec::new(), tokens };
        let stalled = self.stalled_until.is_some_and(|until| until > Instant::now());
        let at_once = self.schedule.opening == Opening::RoleAtOnce && !stalled;
        let Some(stream) = self.streams[place].as_mut() else { return };
        stream.answering = Some(Answering { truth, left: tokens, due, opened: at_once });
        if at_once {
            let opening = std::mem::take(&mut self.phrases.opening);
            self.say(place, &opening);
            self.phrases.opening = opening;
        }
        if due <= Instant::now() { self.write(place) } else { self.due.push(Reverse((due, place))) }
    }

    /// `at`, or the end of a stall that it falls into.
    fn when(&self, at: Instant) -> Instant {
        self.stalled_until.map_or(at, |until| at.max(until))
    }

    /// Writes the event that is due, and with the last one the end.
    fn write(&mut self, place: usize) {
        let Some(mut answer) = self.take_answer(place) else { return };
        if let Some(until) = self.stalled_until.filter(|until| *until > Instant::now()) {
            // It was due in a stall that began after it was put down.
            answer.due = until;
            return self.put_down(place, answer);
        }
        let mut out = std::mem::take(&mut self.out);
        out.clear();
        if !std::mem::replace(&mut answer.opened, true) {
            out.extend_from_slice(&self.phrases.opening);
        }
        let events = if self.schedule.gap.is_zero() { u32::MAX } else { 1 };
        for _ in 0..events.min(answer.left.div_ceil(self.schedule.tokens_per_event)) {
            out.extend_from_slice(&self.phrases.event);
            answer.left = answer.left.saturating_sub(self.schedule.tokens_per_event);
        }
        if answer.left == 0 {
            out.extend(bytes::tail(answer.truth.tokens));
        }
        answer.truth.writes.push(Write { due: answer.due, at: Instant::now() });
        if answer.left > 0 {
            if self.say(place, &out) {
                self.go_on(place, answer);
            }
        } else {
            // Logged first: whoever has the whole answer must find it in the log.
            self.shared.truth.lock().unwrap_or_else(PoisonError::into_inner).push(answer.truth);
            self.say(place, &out);
        }
        self.out = out;
    }

    fn go_on(&mut self, place: usize, mut answer: Answering) {
        answer.due = self.when(answer.due + self.schedule.gap);
        self.put_down(place, answer);
    }

    /// Remembers an answer until its next event is due.
    fn put_down(&mut self, place: usize, answer: Answering) {
        self.due.push(Reverse((answer.due, place)));
        if let Some(stream) = self.streams[place].as_mut() {
            stream.answering = Some(answer);
        }
    }

    /// The answer under way at `place`, if the client is still there and it is not another one.
    fn take_answer(&mut self, place: usize) -> Option<Answering> {
        let stream = self.streams.get_mut(place)?.as_mut()?;
        stream.answering.take_if(|answer| answer.due <= Instant::now() + Duration::from_millis(1))
    }

    /// Writes, or gives the client up: one that reads nothing has no place among exact times.
    fn say(&mut self, place: usize, bytes: &[u8]) -> bool {
        let Some(stream) = self.streams[place].as_mut() else { return false };
        let said = stream.socket.write_all(bytes).is_ok();
        if !said {
            self.streams[place] = None;
        }
        said
    }
}
