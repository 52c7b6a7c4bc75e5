//! A socket that notes when its bytes came and when it was first written to.
//!
//! The time is taken before TLS, HTTP framing or parsing see a byte: by the kernel as a packet
//! comes, where it does that, else as the read returns. Whatever the client does afterwards, it
//! cannot make the server look slower.

use crate::lag::ReadLags;
use crate::rest;
use farebox_core::ArrivalClock;
use farebox_net::arrival::{Receiver, ask_for_arrivals};
use std::io::{self, ErrorKind};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Instant;
use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf};
use tokio::net::TcpStream;

/// When the latest bytes came, and in which read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ReadStamp {
    /// The moment the last of them came.
    pub(crate) at: Instant,
    /// Counted from 1 over the life of the connection.
    pub(crate) id: u32,
}

/// A TCP stream that keeps stamps.
pub(crate) struct StampedTcp {
    stream: TcpStream,
    receiver: Receiver,
    clock: ArrivalClock,
    last_read: ReadStamp,
    first_write: Option<Instant>,
    lags: ReadLags,
}

impl StampedTcp {
    pub(crate) fn new(stream: TcpStream) -> Self {
        let kernel = ask_for_arrivals(&stream).is_ok();
        Self {
            stream,
            receiver: Receiver::default(),
            clock: if kernel { ArrivalClock::Kernel } else { ArrivalClock::Read },
            last_read: ReadStamp { at: Instant::now(), id: 0 },
            first_write: None,
            lags: ReadLags::default(),
        }
    }

    /// Who takes the times.
    pub(crate) fn clock(&self) -> ArrivalClock {
        self.clock
    }

    /// Forgets the first write, so that the next one is stamped.
    pub(crate) fn arm(&mut self) {
        self.first_write = None;
    }

    /// The moment before the first byte after [`Self::arm`] was written.
    pub(crate) fn first_write(&self) -> Option<Instant> {
        self.first_write
    }

    /// The latest read.
    pub(crate) fn last_read(&self) -> ReadStamp {
        self.last_read
    }

    /// How late its reads were since the last time it was asked.
    pub(crate) fn take_lags(&mut self) -> ReadLags {
        std::mem::take(&mut self.lags)
    }

    /// Reads what has come, 0 at the end of the stream.
    pub(crate) fn poll_receive(
        &mut self,
        cx: &mut Context<'_>,
        buf: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        loop {
            ready!(self.stream.poll_read_ready(cx))?;
            let Self { stream, receiver, .. } = self;
            let mut received = None;
            let read = stream.try_io(Interest::READABLE, || {
                let got = receiver.receive(stream, buf)?;
                received = Some(got);
                // A short read has taken all there was: saying so spares one that finds nothing.
                let emptied = got.bytes > 0 && got.bytes < buf.len();
                if emptied { Err(ErrorKind::WouldBlock.into()) } else { Ok(()) }
            });
            match (received, read) {
                (Some(got), _) => {
                    if got.bytes > 0 {
                        if self.clock == ArrivalClock::Kernel {
                            rest::note_read(got.at.saturating_duration_since(self.last_read.at));
                        }
                        self.last_read = ReadStamp { at: got.at, id: self.last_read.id + 1 };
                        self.lags.note(got.read_at.saturating_duration_since(got.at));
                    }
                    return Poll::Ready(Ok(got.bytes));
                }
                (None, Err(error)) if error.kind() != ErrorKind::WouldBlock => {
                    return Poll::Ready(Err(error));
                }
                (None, _) => {}
            }
        }
    }
}

impl AsyncRead for StampedTcp {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let read = ready!(self.poll_receive(cx, buf.initialize_unfilled()))?;
        buf.advance(read);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for StampedTcp {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let before = Instant::now();
        let written = ready!(Pin::new(&mut self.stream).poll_write(cx, bytes))?;
        if written > 0 {
            self.first_write.get_or_insert(before);
        }
        Poll::Ready(Ok(written))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
