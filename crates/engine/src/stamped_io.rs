//! A TCP stream for hyper that tells the connection's ledger when bytes really left.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use hyper::rt::{Read, ReadBufCursor, Write};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use crate::clock::Clock;
use crate::ledger::Ledger;

/// Bytes taken from the socket per read; a prompt of a few thousand tokens comes in a handful.
const READ_SIZE: usize = 16 * 1024;

#[derive(Debug)]
pub(crate) struct StampedIo {
    stream: TcpStream,
    ledger: Ledger,
    clock: Clock,
}

impl StampedIo {
    pub(crate) fn new(stream: TcpStream, ledger: Ledger, clock: Clock) -> Self {
        Self { stream, ledger, clock }
    }
}

impl Read for StampedIo {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        mut into: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let mut space = [0; READ_SIZE];
        let room = into.remaining().min(READ_SIZE);
        let mut buffer = ReadBuf::new(&mut space[..room]);
        let polled = Pin::new(&mut self.stream).poll_read(context, &mut buffer);
        into.put_slice(buffer.filled());
        polled
    }
}

/// Vectored writes stay off (hyper's default for a writer that does not offer them), so hyper keeps
/// everything unsent in one buffer and offers all of it at every write: a write that takes the
/// whole slice has sent every token noted before it.
impl Write for StampedIo {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        // Before the call: a client on another core may have read the bytes before it returns.
        let began = self.clock.now();
        let polled = Pin::new(&mut self.stream).poll_write(context, bytes);
        if matches!(polled, Poll::Ready(Ok(written)) if written == bytes.len()) {
            self.ledger.drained(began);
        }
        polled
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
