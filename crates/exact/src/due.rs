//! Waiting for sockets until something is due, to within microseconds.

use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use nix::sys::time::TimeSpec;
use nix::sys::timerfd::{ClockId, Expiration, TimerFd, TimerFlags, TimerSetTimeFlags};
use std::io;
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

/// The rest of a wait that is spent awake: a thread that sleeps wakes about this late.
const SPIN: Duration = Duration::from_micros(80);
/// The longest wait, so that a request to stop is seen.
const LONGEST: Duration = Duration::from_millis(20);
/// Sockets told of in one wait, at most.
const AT_ONCE: usize = 256;
/// What the timer is called among the sockets.
const TIMER: u64 = u64::MAX;

/// Sockets and a timer. `epoll_wait` alone counts in milliseconds.
pub(crate) struct Waiter {
    epoll: Epoll,
    timer: TimerFd,
    events: Vec<EpollEvent>,
}

impl Waiter {
    pub(crate) fn new() -> io::Result<Self> {
        let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
        let flags = TimerFlags::TFD_CLOEXEC | TimerFlags::TFD_NONBLOCK;
        let timer = TimerFd::new(ClockId::CLOCK_MONOTONIC, flags)?;
        epoll.add(&timer, EpollEvent::new(EpollFlags::EPOLLIN, TIMER))?;
        Ok(Self { epoll, timer, events: vec![EpollEvent::empty(); AT_ONCE] })
    }

    /// From now on `socket` is told of under this name.
    pub(crate) fn watch(&self, socket: impl AsFd, name: u64) -> io::Result<()> {
        Ok(self.epoll.add(socket, EpollEvent::new(EpollFlags::EPOLLIN, name))?)
    }

    /// The names of sockets that can be read, as soon as there is one or `due` is near.
    pub(crate) fn wait(&mut self, due: Option<Instant>) -> io::Result<Vec<u64>> {
        let left = due.map_or(LONGEST, |due| due.saturating_duration_since(Instant::now()));
        let sleep = left.min(LONGEST).saturating_sub(SPIN);
        let timeout = if sleep.is_zero() {
            EpollTimeout::ZERO
        } else {
            let once = Expiration::OneShot(TimeSpec::from(sleep));
            self.timer.set(once, TimerSetTimeFlags::empty())?;
            EpollTimeout::NONE
        };
        let ready = match self.epoll.wait(&mut self.events, timeout) {
            Err(nix::errno::Errno::EINTR) => 0,
            ready => ready?,
        };
        let names = self.events[..ready].iter().map(EpollEvent::data);
        Ok(names.filter(|name| *name != TIMER).collect())
    }
}

/// The kernel may delay a thread's timers by 50 us to save wake-ups; this thread's no more.
pub(crate) fn wake_on_time() {
    // Where it will not be told, the spin is a little short.
    let _ = nix::sys::prctl::set_timerslack(1);
}
