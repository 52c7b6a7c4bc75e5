//! Wake-ups between the two halves of one connection, kept inside its task.
//!
//! hyper's connection and the answer that is read from it wake each other for every frame. Both
//! are polled by the same task, so a wake-up during a poll need not go through the scheduler and
//! come back as another poll of everything: it is enough to look once more before going to sleep.
//! Only what wakes the connection from outside, bytes above all, wakes the task.

use atomic_waker::AtomicWaker;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::task::{Context, Poll, Wake, Waker};

/// Stands between the parts of a connection and the task that polls them.
pub(crate) struct Relay {
    shared: Arc<Shared>,
    /// What the parts are given in the place of the task's own waker.
    waker: Waker,
}

struct Shared {
    /// A poll is under way: it will look at `woken` before it ends.
    polling: AtomicBool,
    woken: AtomicBool,
    task: AtomicWaker,
}

/// Looks in one poll at most. Then the scheduler has its turn: tokio lets a task that has had
/// more than its share wake itself without end.
const MOST_LOOKS: usize = 4;

impl Relay {
    pub(crate) fn new() -> Self {
        let shared = Arc::new(Shared {
            polling: AtomicBool::new(false),
            woken: AtomicBool::new(false),
            task: AtomicWaker::new(),
        });
        Self { waker: Waker::from(shared.clone()), shared }
    }

    /// Polls with `poll` until it is ready or nothing inside wants another look.
    ///
    /// A wake-up that came with a ready answer is forgotten: whoever has it must poll the
    /// connection again before it waits for anything else of it.
    pub(crate) fn poll<T>(
        &self,
        cx: &mut Context<'_>,
        mut poll: impl FnMut(&mut Context<'_>) -> Poll<T>,
    ) -> Poll<T> {
        self.shared.task.register(cx.waker());
        let mut inner = Context::from_waker(&self.waker);
        for _ in 0..MOST_LOOKS {
            self.shared.polling.store(true, SeqCst);
            self.shared.woken.store(false, SeqCst);
            let polled = poll(&mut inner);
            self.shared.polling.store(false, SeqCst);
            // Read after `polling` is taken back: whoever wakes from now on wakes the task.
            if polled.is_ready() || !self.shared.woken.load(SeqCst) {
                return polled;
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

impl Wake for Shared {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.woken.store(true, SeqCst);
        if !self.polling.load(SeqCst) {
            self.task.wake();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicUsize;

    #[derive(Default)]
    struct Counted(AtomicUsize);

    impl Wake for Counted {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, SeqCst);
        }
    }

    #[test]
    fn a_wake_inside_a_poll_is_another_look_and_one_outside_wakes_the_task() {
        let (relay, task) = (Relay::new(), Arc::new(Counted::default()));
        let waker = Waker::from(task.clone());
        let mut cx = Context::from_waker(&waker);
        let (mut looks, mut kept) = (0, None);
        let polled = relay.poll(&mut cx, |inner| {
            looks += 1;
            if looks == 1 {
                inner.waker().wake_by_ref();
            }
            kept = Some(inner.waker().clone());
            Poll::<()>::Pending
        });
        assert_eq!((polled, looks, task.0.load(SeqCst)), (Poll::Pending, 2, 0));
        kept.unwrap().wake();
        assert_eq!(task.0.load(SeqCst), 1);
    }

    #[test]
    fn whoever_wakes_itself_without_end_gives_the_scheduler_its_turn() {
        let (relay, task) = (Relay::new(), Arc::new(Counted::default()));
        let waker = Waker::from(task.clone());
        let mut looks = 0;
        let polled = relay.poll(&mut Context::from_waker(&waker), |inner| {
            looks += 1;
            inner.waker().wake_by_ref();
            Poll::<()>::Pending
        });
        assert_eq!((polled, looks, task.0.load(SeqCst)), (Poll::Pending, MOST_LOOKS, 1));
    }
}
