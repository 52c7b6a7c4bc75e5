//! One HTTP/1.1 connection, read and written by hand: no pool, no hidden retry, no task of its
//! own. What reads it decides what its bytes mean.

use crate::lag::ReadLags;
use crate::stamped::{ReadStamp, StampedTcp};
use bytes::{Buf, Bytes};
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, Waker, ready};
use std::time::Instant;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_rustls::client::TlsStream;

/// An open connection with at most one request under way.
pub(crate) struct Connection {
    stream: Stream,
    unsent: Bytes,
    /// Why the request could not be written whole. The server may have answered all the same.
    write_error: Option<io::Error>,
    /// Requests it has carried.
    pub(crate) carried: u64,
    /// Whether it can carry another: nothing is under way, and neither end has closed it.
    pub(crate) may_go_on: bool,
}

#[expect(clippy::large_enum_variant, reason = "nearly every stream of a run is plain")]
enum Stream {
    Plain(StampedTcp),
    Tls(Box<TlsStream<StampedTcp>>),
}

impl From<StampedTcp> for Connection {
    fn from(tcp: StampedTcp) -> Self {
        Self::over(Stream::Plain(tcp))
    }
}

impl From<TlsStream<StampedTcp>> for Connection {
    fn from(tls: TlsStream<StampedTcp>) -> Self {
        Self::over(Stream::Tls(Box::new(tls)))
    }
}

impl Connection {
    fn over(stream: Stream) -> Self {
        Self { stream, unsent: Bytes::new(), write_error: None, carried: 0, may_go_on: true }
    }

    /// Whether it is still open with nothing unasked for in it.
    pub(crate) fn is_usable(&mut self) -> bool {
        let mut byte = [0];
        let mut cx = Context::from_waker(Waker::noop());
        self.may_go_on && self.stream.poll_read(&mut cx, &mut byte).is_pending()
    }

    /// Starts a request; [`Self::poll_answer`] writes it.
    pub(crate) fn send(&mut self, request: Bytes) {
        self.stream.tcp_mut().arm();
        self.carried += 1;
        self.may_go_on = false;
        self.unsent = request;
    }

    /// Writes what is left of the request and reads what has come of the answer, 0 at its end.
    pub(crate) fn poll_answer(
        &mut self,
        cx: &mut Context<'_>,
        buf: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        while !self.unsent.is_empty() {
            match self.stream.poll_write(cx, &self.unsent) {
                Poll::Ready(Ok(written)) if written > 0 => self.unsent.advance(written),
                Poll::Ready(stopped) => {
                    self.unsent.clear();
                    self.write_error =
                        Some(stopped.err().unwrap_or(io::ErrorKind::WriteZero.into()));
                }
                Poll::Pending => break,
            }
        }
        match ready!(self.stream.poll_read(cx, buf)) {
            Ok(0) | Err(_) if self.write_error.is_some() => {
                Poll::Ready(Err(self.write_error.take().unwrap_or(io::ErrorKind::Other.into())))
            }
            // TLS that ends without saying so: what was read tells whether it is whole.
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Poll::Ready(Ok(0)),
            read => Poll::Ready(read),
        }
    }

    /// The moment before the first byte of the request under way was written.
    pub(crate) fn first_write(&self) -> Option<Instant> {
        self.stream.tcp().first_write()
    }

    /// The read that brought the latest bytes.
    pub(crate) fn last_read(&self) -> ReadStamp {
        self.stream.tcp().last_read()
    }

    /// How late its reads were since the last time it was asked.
    pub(crate) fn take_lags(&mut self) -> ReadLags {
        self.stream.tcp_mut().take_lags()
    }

    /// Who takes its times.
    pub(crate) fn clock(&self) -> farebox_core::ArrivalClock {
        self.stream.tcp().clock()
    }
}

impl Stream {
    fn tcp(&self) -> &StampedTcp {
        match self {
            Self::Plain(tcp) => tcp,
            Self::Tls(tls) => tls.get_ref().0,
        }
    }

    fn tcp_mut(&mut self) -> &mut StampedTcp {
        match self {
            Self::Plain(tcp) => tcp,
            Self::Tls(tls) => tls.get_mut().0,
        }
    }

    fn poll_read(&mut self, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        match self {
            Self::Plain(tcp) => tcp.poll_receive(cx, buf),
            Self::Tls(tls) => {
                let mut room = ReadBuf::new(buf);
                ready!(Pin::new(tls).poll_read(cx, &mut room))?;
                Poll::Ready(Ok(room.filled().len()))
            }
        }
    }

    fn poll_write(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self {
            Self::Plain(tcp) => Pin::new(tcp).poll_write(cx, bytes),
            Self::Tls(tls) => Pin::new(tls).poll_write(cx, bytes),
        }
    }
}
