//! One connection: what has been read of it and what is being answered.

use crate::request::{self, Request};
use crate::truth::Answered;
use farebox_net::arrival::{Receiver, ask_for_arrivals};
use std::io::{self, ErrorKind};
use std::net::TcpStream;
use std::time::Instant;

/// A client's connection.
pub(crate) struct Stream {
    pub(crate) socket: TcpStream,
    pub(crate) answering: Option<Answering>,
    unread: Vec<u8>,
}

/// An answer under way.
pub(crate) struct Answering {
    pub(crate) truth: Answered,
    /// Tokens left to write.
    pub(crate) left: u32,
    /// When the next event is due.
    pub(crate) due: Instant,
    /// Whether the head has been written.
    pub(crate) opened: bool,
}

/// What a read brought.
pub(crate) enum Read {
    /// A request, and when it arrived.
    Request(Request, Instant),
    /// Not yet.
    Nothing,
    /// The client has gone.
    Gone,
}

impl Stream {
    pub(crate) fn new(socket: TcpStream) -> io::Result<Self> {
        socket.set_nonblocking(true)?;
        socket.set_nodelay(true)?;
        // Where the kernel keeps no times the read's own will do.
        let _ = ask_for_arrivals(&socket);
        Ok(Self { socket, answering: None, unread: Vec::new() })
    }

    pub(crate) fn read(&mut self, receiver: &mut Receiver, buffer: &mut [u8]) -> Read {
        let received = match receiver.receive(&self.socket, buffer) {
            Ok(received) if received.bytes == 0 => return Read::Gone,
            Ok(received) => received,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Read::Nothing,
            Err(_) => return Read::Gone,
        };
        self.unread.extend_from_slice(&buffer[..received.bytes]);
        // One request at a time: clients that pipeline are not served.
        let Some((request, length)) = request::parse(&self.unread) else { return Read::Nothing };
        self.unread.drain(..length);
        Read::Request(request, received.at)
    }
}
