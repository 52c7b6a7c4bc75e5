//! One connection: read a request, play its answer, write down the truth.

use std::io::{self, BufReader, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use farebox_wire::EventKind;
use socket2::SockRef;

use crate::answer::Answer;
use crate::flood::Flood;
use crate::http::Received;
use crate::plan::{End, Plan};
use crate::server::Shared;
use crate::stop::Woken;
use crate::truth::{Ended, Exchange, Label, Wrote};

/// How often a held connection looks whether the client has left.
const HOLD_POLL: Duration = Duration::from_millis(10);

/// A connection being served.
pub(crate) struct Connection {
    pub(crate) id: u64,
    pub(crate) stream: TcpStream,
    pub(crate) shared: Arc<Shared>,
}

impl Connection {
    /// Serves requests until either side ends it. An error is the client's going away.
    pub(crate) fn serve(self) {
        let Ok(reading) = self.stream.try_clone() else { return };
        let mut reading = BufReader::new(reading);
        while let Ok(Some(mut request)) = Received::read(&mut reading) {
            request.ordinal = self.shared.next_ordinal(&request);
            let answer = self.shared.script.answer(&request, || self.shared.truth());
            let mut play = Play::begin(&self, &request);
            let ended = match answer.plan(&request) {
                Some(plan) => play.run(&plan),
                None => play.flood(&answer, &request),
            };
            play.end(ended);
            if ended != Ended::KeptAlive {
                break;
            }
        }
        // The registry's handle first: a socket is closed, or reset, with its last handle.
        self.shared.forget(self.id);
    }
}

/// The playing of one answer.
struct Play<'a> {
    shared: &'a Shared,
    stream: &'a TcpStream,
    received_at: Instant,
    /// Where in the log the exchange is; `None` for requests that are not logged.
    entry: Option<usize>,
}

impl<'a> Play<'a> {
    fn begin(connection: &'a Connection, request: &Received) -> Self {
        let shared = &*connection.shared;
        let received_at = request.received_at;
        let entry = request.ordinal.map(|ordinal| {
            shared.log(Exchange {
                connection: connection.id,
                ordinal,
                request_id: request.header("x-request-id").map(str::to_owned),
                method: request.method.clone(),
                path: request.path.clone(),
                headers: request.headers.clone(),
                body: request.body.clone(),
                received_at,
                writes: Vec::new(),
                ended: Ended::Open,
            })
        });
        Self { shared, stream: &connection.stream, received_at, entry }
    }

    fn run(&mut self, plan: &Plan) -> Ended {
        for write in &plan.writes {
            if let ControlFlow::Break(ended) = self.write(write.at, &write.bytes, &write.labels) {
                return ended;
            }
        }
        match plan.end {
            End::KeepAlive => Ended::KeptAlive,
            End::Hold => self.hold(),
            End::CloseAt(at) => match self.wait(at) {
                Woken::Stopped => Ended::Stopped,
                Woken::OnTime => Ended::Closed,
            },
            End::ResetAt(at) => match self.wait(at) {
                Woken::Stopped => Ended::Stopped,
                Woken::OnTime => self.reset(),
            },
        }
    }

    fn flood(&mut self, answer: &Answer, request: &Received) -> Ended {
        let Answer::Flood(flood) = answer else { return Ended::Closed };
        let tokens = Flood::tokens(request);
        let content = Label::Event { kind: EventKind::Content, tokens };
        let ends = [Label::event(EventKind::Finish), Label::event(EventKind::Usage), Label::Done];
        let mut parts = || -> ControlFlow<Ended> {
            self.write(Duration::ZERO, &Flood::head(), &[Label::Head])?;
            let at = Instant::now();
            if flood.write_tokens(&mut self.stream, tokens).is_err() {
                return ControlFlow::Break(self.left());
            }
            self.note(Wrote { due: at, at, labels: vec![content], bytes: 0 });
            self.write(Duration::ZERO, &Flood::tail(tokens), &ends)
        };
        match parts() {
            ControlFlow::Continue(()) => Ended::KeptAlive,
            ControlFlow::Break(ended) => ended,
        }
    }

    fn write(&mut self, at: Duration, bytes: &[u8], labels: &[Label]) -> ControlFlow<Ended> {
        if self.wait(at) == Woken::Stopped {
            return ControlFlow::Break(Ended::Stopped);
        }
        let due = self.received_at + at;
        // Noted first: whoever has seen the bytes must find them in the log.
        self.note(Wrote { due, at: Instant::now(), labels: labels.to_vec(), bytes: bytes.len() });
        if self.stream.write_all(bytes).is_err() {
            self.shared.update(self.entry, |exchange| drop(exchange.writes.pop()));
            return ControlFlow::Break(self.left());
        }
        ControlFlow::Continue(())
    }

    fn wait(&self, at: Duration) -> Woken {
        self.shared.stop.wait_until(self.received_at + at)
    }

    /// Holds the connection open until the client closes it or the server stops.
    fn hold(&mut self) -> Ended {
        let polls = self.stream.set_read_timeout(Some(HOLD_POLL));
        let mut byte = [0];
        while polls.is_ok() && !self.shared.stop.is_stopped() {
            match self.stream.read(&mut byte) {
                Ok(0) => return self.left(),
                Err(error) if !is_timeout(&error) => return self.left(),
                Ok(_) | Err(_) => {}
            }
        }
        Ended::Stopped
    }

    /// With a linger time of zero, closing sends a reset.
    fn reset(&self) -> Ended {
        match SockRef::from(self.stream).set_linger(Some(Duration::ZERO)) {
            Ok(()) => Ended::Reset,
            Err(_) => Ended::Closed,
        }
    }

    /// Why the socket failed: a stopping server shuts its sockets down itself.
    fn left(&self) -> Ended {
        if self.shared.stop.is_stopped() { Ended::Stopped } else { Ended::ClientLeft }
    }

    fn note(&self, wrote: Wrote) {
        self.shared.update(self.entry, |exchange| exchange.writes.push(wrote));
    }

    fn end(&self, ended: Ended) {
        self.shared.update(self.entry, |exchange| exchange.ended = ended);
    }
}

fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted)
}

/// Ends both directions, so that a thread blocked on the socket wakes.
pub(crate) fn shut(stream: &TcpStream) {
    // Already closed is as good.
    let _ = stream.shutdown(Shutdown::Both);
}
