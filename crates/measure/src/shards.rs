//! The event loops: one thread each, with the connections that were opened on it.
//!
//! A connection stays on its loop, so that nothing that a token touches is shared between cores.
//! One loop carries hundreds of streams; more are started as streams ask for them, up to one per
//! core.

use crate::rest;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::thread::{self, JoinHandle};
use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;

/// Streams that one loop is given before another is started.
const STREAMS_PER_LOOP: usize = 512;

/// Event loops that end when dropped.
#[derive(Default)]
pub(crate) struct Shards {
    loops: Vec<Shard>,
    next: Arc<AtomicUsize>,
    may_rest: Arc<AtomicBool>,
}

struct Shard {
    handle: Handle,
    /// Dropped to end it.
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// Hands loops out in turn.
#[derive(Clone)]
pub(crate) struct Loops {
    handles: Vec<Handle>,
    next: Arc<AtomicUsize>,
}

impl Shards {
    /// Loops for so many streams: those there are, and more where they are not enough. Where the
    /// system starts none, the caller's own.
    pub(crate) fn for_streams(&mut self, streams: usize) -> Loops {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let wanted = streams.div_ceil(STREAMS_PER_LOOP).clamp(1, cores);
        let missing = wanted.saturating_sub(self.loops.len());
        self.loops.extend((0..missing).map_while(|_| Shard::start(&self.may_rest).ok()));
        let loops = self.loops.iter().take(wanted);
        let mut handles: Vec<Handle> = loops.map(|shard| shard.handle.clone()).collect();
        if handles.is_empty() {
            handles.push(Handle::current());
        }
        Loops { handles, next: self.next.clone() }
    }
}

impl Shards {
    /// Whether loops may [rest](crate::rest) between two looks. Not where requests go out by a
    /// schedule: it would make them late.
    pub(crate) fn may_rest(&self, may: bool) {
        self.may_rest.store(may, Relaxed);
    }
}

impl Loops {
    /// The next one in turn.
    pub(crate) fn take_turn(&self) -> Handle {
        self.handles[self.next.fetch_add(1, Relaxed) % self.handles.len()].clone()
    }
}

impl Shard {
    fn start(may_rest: &Arc<AtomicBool>) -> io::Result<Self> {
        let may_rest = may_rest.clone();
        let rest = move || may_rest.load(Relaxed).then(rest::take).unwrap_or_default();
        let runtime = Builder::new_current_thread().enable_all().on_thread_park(rest).build()?;
        let handle = runtime.handle().clone();
        let (stop, stopped) = oneshot::channel::<()>();
        let thread = thread::Builder::new().name("load".to_owned());
        let thread = thread.spawn(move || {
            // It ends as the other end is dropped.
            let _ = runtime.block_on(stopped);
        })?;
        Ok(Self { handle, stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Shard {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
