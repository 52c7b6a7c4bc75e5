//! A socket that notes when it was read from and first written to.
//!
//! The stamp is taken at the read, before TLS, HTTP framing or parsing see a byte: whatever the
//! client does afterwards, it cannot make the server look slower.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};
use std::task::{Context, Poll, ready};
use std::time::Instant;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// The stamps of one connection, shared between the socket and whoever reads from it.
///
/// Both run in the same task, so the atomics never contend; they are there because the compiler
/// cannot know that.
#[derive(Debug)]
pub(crate) struct Stamps {
    base: Instant,
    last_read: AtomicU64,
    reads: AtomicU32,
    first_write: AtomicU64,
}

/// Nothing stamped yet.
const NEVER: u64 = u64::MAX;

/// When the latest bytes were read, and in which read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ReadStamp {
    /// The moment the read returned.
    pub(crate) at: Instant,
    /// Counted from 1 over the life of the connection.
    pub(crate) id: u32,
}

impl Stamps {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            base: Instant::now(),
            last_read: AtomicU64::new(0),
            reads: AtomicU32::new(0),
            first_write: AtomicU64::new(NEVER),
        })
    }

    /// Forgets the first write, so that the next one is stamped.
    pub(crate) fn arm(&self) {
        self.first_write.store(NEVER, Relaxed);
    }

    /// When the first byte after [`Self::arm`] was written.
    pub(crate) fn first_write(&self) -> Option<Instant> {
        let nanos = self.first_write.load(Relaxed);
        (nanos != NEVER).then(|| self.base + std::time::Duration::from_nanos(nanos))
    }

    /// The latest read.
    pub(crate) fn last_read(&self) -> ReadStamp {
        let since_base = std::time::Duration::from_nanos(self.last_read.load(Relaxed));
        ReadStamp { at: self.base + since_base, id: self.reads.load(Relaxed) }
    }

    fn now(&self) -> u64 {
        self.base.elapsed().as_nanos() as u64
    }

    fn note_read(&self) {
        self.last_read.store(self.now(), Relaxed);
        self.reads.fetch_add(1, Relaxed);
    }

    fn note_write(&self) {
        if self.first_write.load(Relaxed) == NEVER {
            self.first_write.store(self.now(), Relaxed);
        }
    }
}

/// A TCP stream that keeps [`Stamps`].
pub(crate) struct StampedTcp {
    stream: TcpStream,
    stamps: Arc<Stamps>,
}

impl StampedTcp {
    pub(crate) fn new(stream: TcpStream) -> (Self, Arc<Stamps>) {
        let stamps = Stamps::new();
        (Self { stream, stamps: stamps.clone() }, stamps)
    }
}

impl AsyncRead for StampedTcp {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buf))?;
        if buf.filled().len() > before {
            self.stamps.note_read();
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for StampedTcp {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.stream).poll_write(cx, bytes))?;
        if written > 0 {
            self.stamps.note_write();
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
